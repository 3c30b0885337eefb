"""The results of a crash-point sweep: a file of lines, the head first, then one for each trial."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from noetl_acceptance.conformance.release_results import RECORDS, release_order
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence.figures import utc_now
from noetl_acceptance.model.file_schemas import SWEEP, fault_in, naming

SWEEPS = RECORDS / "sweeps"
"""Where those are committed that docs/faults.md draws."""

ENDING = ".jsonl"

Service = Literal["worker", "server"]
"""What is killed: the worker that an event is about, or NoETL's server."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Position(_Data):
    """One place in an execution.

    Args:
        name: of the event at which the service is killed, as ``EventMoment`` tells it.
        near: the events just before it, from which no kill can tell it.
    """

    name: str
    near: tuple[str, ...] = ()


class Trial(_Data):
    """One kill at one position.

    Args:
        position: its name.
        number: which of the repeats it is, from 1.
        outcome: what the execution and the one after it came to, in the words of docs/faults.md,
            the worst first; empty where that was not judged.
        why: why it was not judged, or more about the outcome.
        killed: the service.
        held: the steps of the commands that it held.
        late: how many seconds after the event it was killed; None where it was not.
        meanwhile: the events that were written in between.
        lost: which rows are missing, in words; empty where none is.
        repeated: how many calls were made again.
        seconds: how long all of it took.
        pace: of the services, while it went on.
        execution: its id in the evidence.
    """

    position: str
    number: int
    outcome: tuple[str, ...] = ()
    why: str = ""
    killed: str = ""
    held: tuple[str, ...] = ()
    late: float | None = None
    meanwhile: tuple[str, ...] = ()
    lost: str = ""
    repeated: int = 0
    seconds: float = 0.0
    pace: float = 1.0
    execution: str = ""

    @property
    def word(self) -> str:
        """The outcome as it is counted: two trials are alike where it is the same."""
        return ", ".join(self.outcome) or "not judged"


class Head(_Data):
    """What a sweep is about.

    Args:
        release: of the NoETL under test.
        sandbox: of which kind.
        service: what is killed.
        workload: the sizes of each execution, in words.
        workers: how many there are.
        seconds: how long an execution takes that nothing disturbs.
        positions: in the order of their events in that execution.
        subject: the build, the pair and the options that were given: one file is about one.
        when: it was begun (UTC).
        commit: of the suite.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    schema_number: Annotated[int, AfterValidator(SWEEP.check)] = SWEEP.field()
    release: str
    sandbox: str
    service: Service
    workload: str
    workers: int
    seconds: float
    subject: str = ""
    when: str = Field(default_factory=utc_now)
    commit: str = ""
    positions: tuple[Position, ...]


class Sweep(_Data):
    """A sweep as far as it has come.

    Args:
        head: what it is about.
        trials: the newest one of each position and number.
        ended: how many trials there were, those that were tried again among them.
    """

    head: Head
    trials: tuple[Trial, ...] = ()
    ended: int = 0

    def at(self, position: str) -> list[Trial]:
        """Return the trials at a position, in the order of their numbers."""
        found = (each for each in self.trials if each.position == position)
        return sorted(found, key=lambda each: each.number)


def begin(head: Head, file: Path) -> None:
    """Write a new file with its head.

    Args:
        head: of the sweep.
        file: where to.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{head.model_dump_json()}\n", encoding="utf-8")


def append(trial: Trial, file: Path) -> None:
    """Add a trial to a file, to which other lanes add as well: in one write, which none divides.

    Args:
        trial: that has ended.
        file: of its sweep.
    """
    line = trial.model_dump_json(exclude_defaults=True)
    # A line that a killed process has not finished stays one of its own.
    begin = "" if file.read_bytes().endswith(b"\n") else "\n"
    with file.open("ab", buffering=0) as lines:
        lines.write(f"{begin}{line}\n".encode())


def read_sweep(file: Path, remedy: str = "give another --into") -> Sweep:
    """Read a file.

    Args:
        file: of a sweep.
        remedy: what the user can do where it is none.

    Raises:
        UsageError: it cannot be read, is no sweep's, or is newer than what can be read.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="replace")  # a line may be cut in a letter
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", remedy) from None
    first, *lines = text.splitlines() or [""]
    whole = [line for line in lines if line.startswith("{") and line.endswith("}")]
    try:
        with naming(file):
            head = Head.model_validate_json(first)
            trials = [Trial.model_validate_json(each) for each in whole]
    except ValueError as error:
        raise UsageError(f"{file} is no sweep's: {fault_in(error)}", remedy) from None
    return Sweep(head=head, trials=newest(trials), ended=len(trials))


def newest(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Return the newest trial of each position and number: one may be tried again."""
    return tuple({(each.position, each.number): each for each in trials}.values())


def read_sweeps(folder: Path = SWEEPS) -> list[Sweep]:
    """Read all that are committed, by release, sandbox and service; none without the folder.

    Raises:
        UsageError: as ``read_sweep``.
    """
    remedy = "restore it with git, or remove it"
    found = (read_sweep(file, remedy) for file in folder.glob(f"*{ENDING}"))
    return sorted(
        found,
        key=lambda each: (
            release_order(each.head.release),
            each.head.sandbox,
            each.head.service == "server",
        ),
    )


def file_name(noetl: str, sandbox: str, service: Service) -> str:
    """Return what the file of a sweep is called by default.

    Args:
        noetl: as it is asked for, or the release.
        sandbox: likewise.
        service: what is killed.
    """
    return f"{re.sub('[^A-Za-z0-9.]+', '-', noetl)}-{sandbox}-{service}{ENDING}"
