"""What one release was found to keep of the contract: docs/conformance/RELEASE.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from packaging.version import Version
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from noetl_acceptance.conformance.releases.given_up_early import told_as_today
from noetl_acceptance.generations.editions import RUST, is_rust
from noetl_acceptance.model.file_schemas import CONFORMANCE, read_own, write_whole
from noetl_acceptance.places import ROOT

FOLDER = ROOT / "docs" / "conformance"

Word = Literal["holds", "deviates", "fails", "not judged"]
"""What is said of a claim: it holds, is broken as recorded, is broken, or nothing can be said."""

Hindrance = Literal["", "install", "start", "starved", "pair"]
"""Why nothing is said of a release: it cannot be installed, or does not start; the machine was
starved; or its generation cannot read the pair."""


SLOW_LATE = "late-on-a-slow-machine"
"""The kind of a failure that is only a missed deadline, where work took twice as long as usual."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class ScenarioOutcome(_Data):
    """How one scenario of the core set ended.

    ``verdict`` is as in a run's results.json. ``kinds`` are those of all findings, recorded ones
    included, or a word of ``release_outcome`` (``hangs``, ``late``) where no check found anything.
    ``said`` is the first finding or the reason, in a line. ``late`` is what was seen after its
    verdict and alone has failed it: that is about the execution and not about its claims. ``kept``
    are the claims of which every check has found nothing, though another one has; ``unjudged`` are
    those of which a check could not be applied. ``commit`` is that of the suite where it was tried
    again, apart from the others.
    """

    feature: str
    scenario: str
    rows: tuple[str, ...]
    verdict: str
    kinds: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    said: str = ""
    late: str = ""
    kept: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    seconds: float = 0.0
    commit: str = ""


class RowOutcome(_Data):
    """What is said of one claim, the kinds of the findings against it, and the first one.

    Where batches overlap, which batch a call belongs to cannot be told: that is no finding against
    a claim about a batch's own travelers, which is not judged then.
    """

    verdict: Word
    kinds: tuple[str, ...] = ()
    said: str = ""

    @model_validator(mode="before")
    @classmethod
    def _as_today(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        if tuple(data.get("kinds", ())) == _UNTOLD:
            return {**data, "verdict": "not judged", "kinds": ()}
        if str(data.get("said", "")).endswith(_NO_CALL):
            return {**data, "kinds": ("nothing-to-judge",)}
        return data


_UNTOLD = ("slices-overlap",)
_NO_CALL = "in flight wanted, peak 0"
"""How files of before commit cbb574c end what they say where no call was made at all."""


class ExecutionOutcome(_Data):
    """What became of one execution.

    ``about`` says what was special about it; nothing was about a ``plain`` one: all its answers
    are good, its credential is registered, and no fault is made. ``lost`` says where its missing
    rows stand. ``pace`` is how many times as long as it needs the services' work took.
    """

    about: str
    workload: str
    end: str
    expected: int
    stored: int
    missing: int
    lost: str = ""
    calls: int
    seconds: float
    pace: float


class Pattern(_Data):
    """What becomes of a pair in the documents' own pattern.

    ``outcome`` is what is said of the smoke test; ``end``, ``stored`` and ``lost`` are those of its
    execution. ``rows`` has what is said of each claim that this one shows, or the one with many
    calls at a time. ``edition`` is that of the pair.
    """

    edition: str
    outcome: RowOutcome
    rows: dict[str, RowOutcome] = Field(default_factory=dict)
    end: str = ""
    stored: int = 0
    lost: str = ""


class Durations(_Data):
    """Seconds: of the installation, until the first sandbox was ready, of the run, of all."""

    install: float = 0.0
    ready: float = 0.0
    run: float = 0.0
    total: float = 0.0


class ReleaseFile(_Data):
    """One release, tried with the core set.

    Args:
        release: as it tells its version, or as it was asked for where it did not start.
        asked: what ``-D noetl=`` takes for it.
        wheel: the name of its file on the package index; empty for Rust.
        sha256: of that file, or of the server's crate.
        installed: all packages of its environment, as ``NAME==VERSION``.
        edition: of the pair of playbooks that it was judged with.
        pair: a digest of these.
        when: in UTC.
        commit: of the suite.
        machine: on which it ran.
        hindrance: why nothing is said of it, if so; ``reason`` tells it in words.
        rows: what is said of each claim of the core set.
        pattern: what becomes of the documents' own pattern, where that was tried.
    """

    schema_number: Annotated[int, AfterValidator(CONFORMANCE.check)] = CONFORMANCE.field()
    release: str
    asked: str
    wheel: str = ""
    sha256: str = ""
    installed: tuple[str, ...] = ()
    edition: str = ""
    pair: str = ""
    when: str = ""
    commit: str = ""
    machine: str = ""
    hindrance: Hindrance = ""
    reason: str = ""
    rows: dict[str, RowOutcome] = Field(default_factory=dict)
    pattern: Pattern | None = None
    scenarios: tuple[ScenarioOutcome, ...] = ()
    executions: tuple[ExecutionOutcome, ...] = ()
    seconds: Durations = Durations()

    @model_validator(mode="before")
    @classmethod
    def _as_today(cls, data: object) -> object:
        return told_as_today(data) if isinstance(data, dict) else data

    @property
    def unproven(self) -> bool:
        """Whether it is to be tried again: the machine was too slow to tell something of it."""
        starved = self.hindrance == "starved" or any(
            each.verdict == "sandbox" or each.kinds == (SLOW_LATE,) for each in self.scenarios
        )
        return starved or (
            self.pattern is not None and self.pattern.outcome.verdict == "not judged"
        )


def name_of(asked: str) -> str:
    """Return what the file of a release is called, without its ending."""
    return re.sub(r"[^\w.]+", "-", asked).strip("-")


def order_of(asked: str) -> tuple[bool, Version]:
    """Return what releases are sorted by: Rust's come last, by their server's version."""
    named = asked.removeprefix(f"{RUST}:").partition("+")[0]
    return is_rust(asked), Version(named if named != RUST else "999")


def write_release(found: ReleaseFile, folder: Path = FOLDER) -> Path:
    """Write what was found of a release in place of what was found before."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name_of(found.asked)}.json"
    data = found.model_dump(mode="json", exclude_defaults=True)
    document = {"schema": CONFORMANCE.number, **data}
    write_whole(_text(document) + "\n", file)
    return file


def _text(document: Mapping[str, object]) -> str:
    """Return JSON with one line for each field, and for each entry of a list or mapping."""
    lines = []
    for key, value in document.items():
        if isinstance(value, dict):
            inner = [f"  {_line(name)}: {_line(each)}" for name, each in value.items()]
            told = "{\n" + ",\n".join(inner) + "\n }"
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            told = "[\n" + ",\n".join(f"  {_line(each)}" for each in value) + "\n ]"
        else:
            told = _line(value)
        lines.append(f" {_line(key)}: {told}")
    return "{\n" + ",\n".join(lines) + "\n}"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_release(file: Path) -> ReleaseFile:
    """Read what was found of a release.

    Raises:
        UsageError: it cannot be read, is not of a release, or is newer or older than what can.
    """
    return read_own(file, _parsed)


def _parsed(content: bytes) -> ReleaseFile:
    found = ReleaseFile.model_validate_json(content)
    order_of(found.asked)  # what cannot be put in order is not a release
    return found


def read_releases(folder: Path = FOLDER) -> list[ReleaseFile]:
    """Read what was found of all releases, the oldest first; none where there is no folder.

    Raises:
        UsageError: as ``read_release``.
    """
    return sorted(map(read_release, folder.glob("*.json")), key=lambda each: order_of(each.asked))
