"""Where the time of a run goes, as rows of docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.measure.bench_table import Row


def lanes_rows(
    what: str, target: str, one: Sequence[Figures], several: Sequence[Figures]
) -> list[Row]:
    """Return how long runs take in one lane and in several, and where the time goes in each.

    Args:
        what: was run.
        target: the most that it is to take in several lanes.
        one: the figures of runs in one lane.
        several: those of runs in several lanes, each beside the one of the same place.
    """
    ratios = [each.wall / alone.wall for alone, each in zip(one, several, strict=True)]
    return [
        Row(f"{what}, one lane, wall", "–", [run.wall for run in one]),
        Row(f"{what}, lanes auto, wall", target, [run.wall for run in several]),
        Row(f"{what}, lanes auto / one lane", "–", ratios, "{:.2f}"),
        *time_spent_rows(f"{what}, one lane", one),
        *time_spent_rows(f"{what}, lanes auto", several),
    ]


def time_spent_rows(what: str, runs: Sequence[Figures]) -> list[Row]:
    """Return where the time of runs goes, in shares of the wall seconds of all lanes together.

    What is neither bring-up, nor an execution, nor processor time of behave's own processes is
    waiting: for the quiet after an end, for a fault's healing, for a process to start or to end.
    Executions that go on side by side count once each, so shares may add up to more than all.

    Args:
        what: was run.
        runs: their figures, at least one, each with an execution.
    """
    longest = [max(each.duration for each in run.executions) for run in runs]
    shares = {
        "bringing sandboxes up": [sum(run.bring_ups) / run.lane_seconds for run in runs],
        "executions": [_executions(run) / run.lane_seconds for run in runs],
        "behave's own processor time": [run.cpu / run.lane_seconds for run in runs],
    }
    parts = zip(*shares.values(), strict=True)
    shares["waiting beyond these"] = [max(0.0, 1 - sum(of_run)) for of_run in parts]
    walls = [run.wall / most for run, most in zip(runs, longest, strict=True)]
    return [
        *(
            Row(
                f"{what}, {part} / time of all lanes",
                "–",
                [100 * each for each in share],
                "{:.0f} %",
            )
            for part, share in shares.items()
        ),
        Row(f"{what}, its longest execution: no run is shorter", "–", longest),
        Row(f"{what}, wall / longest execution", "–", walls, "{:.1f}"),
    ]


def _executions(run: Figures) -> float:
    return sum(each.duration for each in run.executions)
