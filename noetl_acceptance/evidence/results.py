"""How each scenario ended, and whose fault it was: ``results.json`` in the run's folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from behave.model import Rule
from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from noetl_acceptance.errors import AcceptanceError
from noetl_acceptance.evidence.store import read_file
from noetl_acceptance.model.file_schemas import RESULTS
from noetl_acceptance.support.redaction import redacted_data
from noetl_acceptance.verdict import policy

RESULTS_FILE = "results.json"

_ROW = re.compile(r"[CP]\d+")

THE_RUN = "the run"
"""The feature of a result that is about the run, not about a scenario; it has no location."""

INTERRUPTED = "interrupted"
NOT_RUN = ("not run", INTERRUPTED)
"""Why a scenario that was selected has not run, or not to its end."""


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


@dataclass(frozen=True)
class Noted:
    """What the hooks have noted about one scenario: when it began, what it judged and has shown."""

    began: float = 0.0
    executions: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()


def collect(
    features: Iterable[Any],
    noted: Mapping[str, Noted],
    *,
    selected: Callable[[Any], bool] = lambda _: True,
    not_run: str = NOT_RUN[0],
) -> list[ScenarioResult]:
    """Read the results off behave's features; scenarios that were not selected are left out.

    Args:
        features: behave's.
        noted: by the scenario's location.
        selected: whether a scenario was to run.
        not_run: why some of those have not, one of ``NOT_RUN``.
    """
    return [
        _result(feature, scenario, noted.get(str(scenario.location), Noted()), not_run)
        for feature in features
        for scenario in feature.walk_scenarios()
        if not _deselected(scenario, selected)
    ]


def _deselected(scenario: Any, selected: Callable[[Any], bool]) -> bool:
    """Whether a scenario was skipped by the selection, not by the suite with a reason."""
    if scenario.status.is_untested():
        return not selected(scenario)
    return scenario.status.name == "skipped" and not scenario.skip_reason


def of_the_run(place: str, error: BaseException) -> ScenarioResult:
    """Return what is told of an error that no scenario can tell.

    Args:
        place: where in the run it was, in words.
        error: it decides the verdict, as it does for a scenario.
    """
    verdict, reason = policy.of_error(error, in_step=False), _words(error)
    if verdict == INTERRUPTED:
        reason = "a signal ended the run before it was through"
    return ScenarioResult(THE_RUN, place, location="", rows=(), verdict=verdict, reason=reason)


def _result(feature: Any, scenario: Any, noted: Noted, not_run: str) -> ScenarioResult:
    verdict, reason = _verdict(scenario, not_run)
    if verdict == "passed" and noted.deviations:
        verdict = "deviates"
    return ScenarioResult(
        feature=str(feature.name),
        scenario=str(scenario.name),
        location=str(scenario.location),
        rows=tuple(sorted(str(tag) for tag in scenario.effective_tags if _ROW.fullmatch(tag))),
        verdict=verdict,
        reason=reason,
        deviations=noted.deviations,
        rule=_rule_of(scenario),
        about=" ".join(feature.description),
        tags=tuple(str(tag) for tag in scenario.effective_tags),
        began=noted.began,
        seconds=scenario.duration,
        steps=tuple(
            StepResult(
                words=f"{step.keyword} {step.name}",
                status=step.status.name,
                seconds=step.duration,
                error=str(step.exception or ""),
            )
            for step in scenario.all_steps
        ),
        executions=noted.executions,
    )


def _verdict(scenario: Any, not_run: str) -> tuple[str, str]:
    """Return a scenario's verdict, and why if it has not passed."""
    if scenario.status.name == "passed":
        return ("passed", "") if list(scenario.all_steps) else ("suite", "it has no step")
    if scenario.status.name == "skipped":
        return "skipped", str(scenario.skip_reason)
    if scenario.status.is_untested():
        return "skipped", not_run
    step = next((each for each in scenario.all_steps if each.status.has_failed()), None)
    error = scenario.exception if step is None else step.exception
    in_a_hook = step is None or step.status.name == "hook_error"
    interrupted = in_a_hook and error is None and not_run == INTERRUPTED
    if interrupted or isinstance(error, KeyboardInterrupt):
        return "skipped", INTERRUPTED
    return _of_a_hook(scenario, error) if step is None else _of_a_step(step, error)


def _of_a_step(step: Any, error: BaseException | None) -> tuple[str, str]:
    if error is None:
        return "suite", f"{step.status.name} step: {step.keyword} {step.name}"
    return policy.of_error(error), _words(error)


def _of_a_hook(scenario: Any, error: BaseException | None) -> tuple[str, str]:
    """Return the verdict of a failed hook or clean-up."""
    verdict = "suite" if error is None else policy.of_error(error, in_step=False)
    return verdict, str(scenario.error_message or scenario.status.name)


def _rule_of(scenario: Any) -> str:
    """Return the words of the Rule that holds a scenario; empty outside of every Rule."""
    parent = scenario.parent
    while parent is not None and not isinstance(parent, Rule):
        parent = getattr(parent, "parent", None)
    return str(parent.name) if parent is not None else ""


def _words(error: BaseException) -> str:
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


def write(results: Sequence[ScenarioResult], folder: Path) -> None:
    """Write the results into a run's folder."""
    text = ResultsFile(scenarios=list(results)).model_dump_json(indent=1)
    (folder / RESULTS_FILE).write_text(text, encoding="utf-8")


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
