"""How each scenario ended, and whose fault it was: ``results.json`` in the run's folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from noetl_acceptance.errors import AcceptanceError
from noetl_acceptance.evidence.store import read_file
from noetl_acceptance.model.file_schemas import RESULTS, write_whole
from noetl_acceptance.support.redaction import redacted_data
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.claims import case_name

RESULTS_FILE = "results.json"

REPORT_FILE = "report.html"
"""The page of a run; ``report.py`` makes it, and is slow to import."""

THE_RUN = "the run"
"""The feature of a result that is about the run, not about a scenario; it has no location."""

INTERRUPTED = "interrupted"
NOT_RUN = ("not run", INTERRUPTED)
"""Why a scenario that was selected has not run, or not to its end."""

Key = tuple[str, str]
"""What stands for a scenario in any commit: its feature's name and its own, for lines move."""

_NOT_LASTING = re.compile(r"(?<=lane)-\d+|(?<=\.feature):\d+")
"""What another run has otherwise in the same place of the run: a lane's number, a hook's line."""


@dataclass(frozen=True)
class StepResult:
    """One step: its words, how it ended (behave's status), its seconds, its error if it had one."""

    words: str
    status: str
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class ScenarioResult:
    """One scenario: where it stands, its contract rows, its verdict and, if not passed, why.

    What went wrong outside of every scenario is a result as well (``of_the_run``).
    ``deviations`` are the recorded ones that it has shown; its verdict is then ``deviates``.
    ``rule`` and ``about`` are the words of its Rule and of its feature, ``tags`` all that hold for
    it, ``began`` is in epoch seconds, and ``executions`` are the ids of those that it judged.
    ``differs`` is what did not show of the recorded ones, with settings of the user's own.
    ``earlier`` is why an attempt beside others did not pass, where this is what came after it.
    """

    feature: str
    scenario: str
    location: str
    rows: tuple[str, ...]
    verdict: str
    reason: str = ""
    deviations: tuple[str, ...] = ()
    rule: str = ""
    about: str = ""
    tags: tuple[str, ...] = ()
    began: float = 0.0
    seconds: float = 0.0
    steps: tuple[StepResult, ...] = ()
    executions: tuple[str, ...] = ()
    earlier: str = ""
    differs: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """The scenario's key; ``key_of`` makes it of the names.

        That of a place in the run has no lane's number and no line.
        """
        of_the_run = self.feature == THE_RUN
        name = _NOT_LASTING.sub("", self.scenario) if of_the_run else self.scenario
        return key_of(self.feature, name)


def key_of(feature: str, scenario: str) -> Key:
    """Return the key of a scenario, or of an outline's case, by the names as behave has them."""
    return feature, case_name(scenario)


@dataclass(frozen=True)
class Noted:
    """What the hooks have noted about one scenario: when it began, what it judged and has shown.

    The fields are those of ``ScenarioResult``.
    """

    began: float = 0.0
    executions: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()


def of_the_run(place: str, error: BaseException) -> ScenarioResult:
    """Return what is told of an error that no scenario can tell.

    Args:
        place: where in the run it was, in words.
        error: it decides the verdict, as it does for a scenario.
    """
    verdict, reason = policy.of_error(error, in_step=False), words_of(error)
    if verdict == INTERRUPTED:
        reason = "a signal ended the run before it was through"
    return ScenarioResult(THE_RUN, place, location="", rows=(), verdict=verdict, reason=reason)


def words_of(error: BaseException) -> str:
    """Return what an error says; of a crash also what it is."""
    if isinstance(error, AssertionError | AcceptanceError):
        return str(error)
    return f"{type(error).__name__}: {error}"


_RESULTS = TypeAdapter(list[ScenarioResult])


class ResultsFile(BaseModel):
    """What ``results.json`` holds; schema 1 was the list of scenarios alone."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)

    schema_number: Annotated[int, AfterValidator(RESULTS.check)] = RESULTS.field()
    scenarios: list[ScenarioResult]


def without(secrets: Iterable[str], results: Sequence[ScenarioResult]) -> list[ScenarioResult]:
    """Return results without secrets, wherever those stand."""
    document = redacted_data(_RESULTS.dump_python(list(results), mode="json"), secrets)
    return _RESULTS.validate_json(json.dumps(document))


def reworded(
    results: Sequence[ScenarioResult], change: Callable[[str], str]
) -> list[ScenarioResult]:
    """Return results of which a function has changed the text, all of them in JSON at once."""
    return _RESULTS.validate_json(change(_RESULTS.dump_json(list(results)).decode()))


def write(results: Sequence[ScenarioResult], folder: Path) -> None:
    """Write the results into a run's folder.

    Raises:
        OSError: they cannot be written; those of before are left.
    """
    text = ResultsFile(scenarios=list(results)).model_dump_json(indent=1)
    write_whole(text, folder / RESULTS_FILE)


def read(folder: Path) -> list[ScenarioResult]:
    """Read the results from a run's folder; none when the run left none.

    Raises:
        UsageError: they cannot be read.
    """
    file = folder / RESULTS_FILE
    return read_file(file, _parsed) if file.exists() else []


def _parsed(content: bytes) -> list[ScenarioResult]:
    if content.lstrip().startswith(b"["):
        return _RESULTS.validate_json(content)
    return ResultsFile.model_validate_json(content).scenarios
