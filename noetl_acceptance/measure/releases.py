"""How long the same two executions take on each NoETL, one after the other in one run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.conformance.seconds import FILE, Seconds, SecondsFile, write_seconds
from noetl_acceptance.evidence.commit import current_commit
from noetl_acceptance.evidence.figures import Figures, utc_now
from noetl_acceptance.measure.behave_run import behave_run
from noetl_acceptance.measure.bench_table import Row
from noetl_acceptance.options import load_settings

RELEASES = (load_settings({}, {}).noetl, "4.26.0", "rust")
"""One of each generation, measured side by side; the others are compared with the first."""

_SCENARIOS = {
    200: "The smoke test stores all 200 travelers",
    2000: "The execution stores the default number of travelers",
}
"""The scenario whose execution is timed, by its number of travelers."""


@dataclass(frozen=True, slots=True)
class ReleaseRow(Row):
    """The seconds of one execution on one NoETL, as it tells its version."""

    noetl: str = ""
    travelers: int = 0


def measure_releases(kind: str, runs: int) -> list[ReleaseRow]:
    """Time both executions on each NoETL, in turns, so that a busy hour slows all of them.

    Args:
        kind: of sandbox.
        runs: how often.

    Raises:
        SuiteError: a run was not green.
    """
    names = [f"--name={name}" for name in _SCENARIOS.values()]
    measured: dict[str, list[Figures]] = defaultdict(list)
    for _ in range(runs):
        for noetl in RELEASES:
            figures = behave_run(kind, "-D", f"noetl={noetl}", "-D", "lanes=1", *names)
            measured[figures.noetl].append(figures)
    return [
        row for noetl, figures in measured.items() for row in release_rows(kind, noetl, figures)
    ]


def release_rows(kind: str, noetl: str, measured: Sequence[Figures]) -> Iterator[ReleaseRow]:
    """Return the seconds of each execution on one NoETL.

    Args:
        kind: of sandbox.
        noetl: as it tells its version.
        measured: one for each run. Where an execution was carried out once more, the last counts.
    """
    durations = [
        {int(each.workload.split()[0]): each.duration for each in run.executions}
        for run in measured
    ]
    for size in _SCENARIOS:
        figure = f"{kind}: {size} travelers on {noetl}, the execution's own duration"
        values = [each[size] for each in durations]
        yield ReleaseRow(figure, "–", values, noetl=noetl, travelers=size)


def keep(kind: str, machine: str, rows: Sequence[ReleaseRow], file: Path = FILE) -> None:
    """Write what the contract's page shows, where there is any."""
    releases: dict[str, dict[int, list[float]]] = defaultdict(dict)
    for row in rows:
        releases[row.noetl][row.travelers] = list(row.values)
    if releases:
        write_seconds(
            SecondsFile(
                machine=machine,
                sandbox=kind,
                when=utc_now(),
                commit=current_commit(),
                releases=[Seconds(noetl=name, values=of) for name, of in releases.items()],
            ),
            file,
        )
