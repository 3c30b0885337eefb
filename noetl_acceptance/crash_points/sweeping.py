"""A whole sweep: its positions, what of it is still to do, how far it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.bdd.session import Session
from noetl_acceptance.conformance.faults.sweep_results import (
    Head,
    Service,
    Sweep,
    Trial,
    append,
    begin,
    read_sweep,
)
from noetl_acceptance.crash_points.positions import positions_of
from noetl_acceptance.crash_points.trials import SIZES, Laboratory
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence.commit import current_commit
from noetl_acceptance.evidence.figures import utc_now
from noetl_acceptance.evidence.writable_places import require_appendable
from noetl_acceptance.execution.pair_under_test import pair_under_test
from noetl_acceptance.model.wording import counted
from noetl_acceptance.options import PLACEMENT, Settings, changed_options
from noetl_acceptance.sandbox import chosen_kind
from noetl_acceptance.sandbox.builds.asked import build_of
from noetl_acceptance.support.console import Console

BROKEN_IN_A_ROW = 3
"""After so many trials in a row whose sandbox broke the sweep ends: the next would break too."""

OTHER_FILE = "give another --into"
"""What helps where the file is not of this sweep, or cannot be written."""

Task = tuple[str, int]
"""A trial to carry out: its position, and the number of the repeat."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Which part of a sweep is carried out here: each ``count``-th trial, from ``number`` on."""

    number: int = 1
    count: int = 1

    def part(self, tasks: Sequence[Task]) -> Sequence[Task]:
        """Return the part of some tasks."""
        return tasks[self.number - 1 :: self.count]


WHOLE = Lane()
"""The only lane."""


def subject_of(settings: Settings) -> str:
    """Return in words what a sweep is about: the build, the pair, and the options that were given.

    Raises:
        UsageError: there can be no such build or pair.
    """
    build = build_of(settings.noetl, settings.noetl_worker).key
    told = f"NoETL {build}, pair {pair_under_test(settings).digest}"
    left_out = (*PLACEMENT, "sandbox", "noetl")  # the head has the sandbox, and the build the rest
    options = (e for e in changed_options(settings).items() if e[0] not in left_out)
    return ", ".join([told, *(f"{key}={value}" for key, value in options)])


def found_positions(settings: Settings, service: Service) -> Head:
    """Return the head of a sweep: the positions of an execution that nothing disturbs.

    Args:
        settings: the NoETL under test, and where it runs.
        service: what is to be killed.

    Raises:
        UsageError: this machine cannot run what was asked for; or the execution is not whole.
        SandboxError: the sandbox broke.
    """
    with _opened(settings) as session:
        record = Laboratory(session).undisturbed()
        return Head(
            release=record.noetl_version,
            sandbox=record.sandbox,
            service=service,
            workload=str(SIZES),
            workers=record.workers,
            seconds=round(record.ended_at - record.started_at, 1),
            subject=subject_of(settings),
            commit=session.figures.commit,
            positions=tuple(positions_of(record)),
        )


def open_file(settings: Settings, service: Service, file: Path, beside: Path) -> Sweep:
    """Return the sweep in a file as far as it has come; one that is not there is begun.

    Args:
        settings: as ``found_positions``.
        service: what is killed.
        file: of the sweep.
        beside: of the sweep of the other service, whose positions are taken where it is there: so
            both can be told side by side.

    Raises:
        UsageError: the file is of another service, build, pair or size, on another kind of sandbox,
            or was begun with other options; it cannot be written; or as ``found_positions``, and so
            on.
    """
    subject, kind = subject_of(settings), chosen_kind(settings)
    if not file.exists():
        require_appendable(file, OTHER_FILE)
        other = read_sweep(beside, "remove it").head if beside.exists() else None
        same = (subject, kind, str(SIZES))
        if other and (other.subject, other.sandbox, other.workload) == same:
            told = {"service": service, "when": utc_now(), "commit": current_commit()}
            begin(other.model_copy(update=told), file)
        else:
            begin(found_positions(settings, service), file)
    sweep = read_sweep(file)
    if sweep.head.service != service:
        raise UsageError(
            f"{file} is a sweep of the {sweep.head.service}, not of the {service}", OTHER_FILE
        )
    if sweep.head.subject != subject:
        raise UsageError(
            f"{file} is a sweep of {sweep.head.subject or 'something else'}, not of {subject}",
            OTHER_FILE,
        )
    if sweep.head.workload != str(SIZES):
        raise UsageError(f"{file} is a sweep of {sweep.head.workload}, not of {SIZES}", OTHER_FILE)
    if sweep.head.sandbox != kind:
        raise UsageError(f"{file} is a sweep on {sweep.head.sandbox}, not on {kind}", OTHER_FILE)
    return sweep


def tasks_of(
    sweep: Sweep, times: int, only: Collection[str] = (), lane: Lane = WHOLE
) -> list[Task]:
    """Return the trials that are to do: those that are not there, and those that were not judged.

    Each position gets its first trial before any gets its second: a sweep that is broken off has
    seen most.

    Args:
        sweep: as far as it has come.
        times: how often each position is tried.
        only: the names of those that are tried; empty for all.
        lane: the part that is carried out here.

    Raises:
        UsageError: there is no such position.
    """
    names = [each.name for each in sweep.head.positions]
    for each in only:
        if each not in names:
            raise UsageError(f"{each} is not a position of this sweep", "`--positions` lists them")
    judged = {(each.position, each.number) for each in sweep.trials if each.outcome}
    tried = [name for name in names if not only or name in only]
    wanted = [(name, number) for number in range(1, times + 1) for name in tried]
    # Cut before the judged ones go: lanes that start one after the other must cut alike.
    return [each for each in lane.part(wanted) if each not in judged]


def carry_out(
    settings: Settings, service: Service, tasks: Sequence[Task], file: Path, console: Console
) -> None:
    """Carry trials out, one after the other, and add each to the file as soon as it has ended.

    Args:
        settings: as ``found_positions``, and so on.
        service: what is killed.
        tasks: the trials.
        file: of the sweep.
        console: is told of each, and how long the rest may take.

    Raises:
        UsageError: this machine cannot run what was asked for; the file cannot be added to; or the
            NoETL is another one than the file's.
        SandboxError: the sandbox broke several times in a row.
    """
    head = read_sweep(file).head
    require_appendable(file, OTHER_FILE)
    with _opened(settings) as session:
        _require_same(head, session)
        laboratory, broken, took = Laboratory(session), 0, 0.0
        for done, (position, number) in enumerate(tasks, start=1):
            with console.phase(f"{done}/{len(tasks)} {position}"):
                ended = laboratory.try_at(position, number, service)
            append(ended.trial, file)
            took += ended.trial.seconds
            left = took / done * (len(tasks) - done)
            console.say(f"{done}/{len(tasks)} {told(ended.trial)}; {rest(left)}")
            broken = broken + 1 if ended.broken else 0
            if broken == BROKEN_IN_A_ROW:
                raise SandboxError(
                    f"the sandbox broke in {broken} trials in a row: {ended.trial.why}",
                    "the same command goes on where this one ended",
                )


def told(trial: Trial) -> str:
    """Return in one line what became of a trial."""
    line = f"{trial.position} #{trial.number}: {trial.word}"
    if trial.late is not None:
        near = f", {counted(len(trial.meanwhile), 'event')} later" if trial.meanwhile else ""
        line += f" ({trial.killed} killed after {trial.late * 1000:.0f} ms{near})"
    more = "; ".join(filter(None, (trial.lost, trial.why)))
    return f"{line}: {more}" if more else line


def rest(seconds: float) -> str:
    """Return in words how long what is left may take."""
    if seconds >= 5400:
        return f"about {seconds / 3600:.1f} h to go"
    return f"about {seconds / 60:.0f} min to go" if seconds >= 60 else "less than a minute to go"


@contextmanager
def _opened(settings: Settings) -> Iterator[Session]:
    """Bring a session up, and take it down whatever happens."""
    session = Session(settings)
    try:
        session.open()
        yield session
    finally:
        session.close(failed=False)


def _require_same(head: Head, session: Session) -> None:
    """Refuse another NoETL, or another sandbox, than the file is about.

    Raises:
        UsageError: it is another.
    """
    figures = session.figures
    here = (figures.noetl, figures.sandbox, counted(figures.workers, "worker"))
    there = (head.release, head.sandbox, counted(head.workers, "worker"))
    if session.broken is None and here != there:
        raise UsageError(
            f"the file is of NoETL {', '.join(there)}, and this is {', '.join(here)}", OTHER_FILE
        )
