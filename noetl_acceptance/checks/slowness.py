"""Slow answers cost what calls of that length need side by side, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from noetl_acceptance.checks.calls import peak_in_flight
from noetl_acceptance.checks.findings import Finding
from noetl_acceptance.run import Run
from noetl_acceptance.support.starvation import STARVED

TIMED = frozenset({"not-parallel", "not-more-parallel", "too-slow", "not-side-by-side"})
"""The kinds of finding that tell how fast NoETL was, and nothing of what it did."""


def starved(findings: Sequence[Finding], subjects: Iterable[object]) -> float | None:
    """Return the pace of a machine that was too slow for these findings to say anything of NoETL.

    Args:
        findings: of one check.
        subjects: what it was held against; the Runs among it count.

    Returns:
        How many times as long as it needs a piece of work took; None where they count.
    """
    pace = max((each.pace for each in subjects if isinstance(each, Run)), default=1.0)
    slow = pace >= STARVED and {finding.kind for finding in findings} <= TIMED
    return pace if slow else None


def costs_at_most(run: Run, quick: Run, factor: float) -> list[Finding]:
    """Slow answers cost at most ``factor`` times what calls of that length need side by side (C33).

    What they need is answer time × calls / peak in flight, and one answer time more for each
    batch, whose last round may be short. What they cost is the time beyond that of a quick run of
    the same sizes.

    Args:
        run: the one with slow answers.
        quick: the one with answers at once.
        factor: a wide bound.
    """
    latency = sum(rule.seconds for rule in run.order.rules if rule.kind == "delay")
    peak = peak_in_flight(run.outcome.calls)
    if not peak or not latency:
        return [Finding("nothing-to-judge", "no slow calls")]
    needed = latency * (len(run.outcome.calls) / peak + run.workload.max_batches)
    cost = (run.ended_at - run.started_at) - (quick.ended_at - quick.started_at)
    if cost <= factor * needed:
        return []
    message = f"{cost:.1f} s more than a quick run, where {needed:.1f} s are needed"
    return [Finding("too-slow", message)]


def more_parallel(run: Run, fewer: Run) -> list[Finding]:
    """With more workers more calls are in flight at once (C05, C37)."""
    most, least = peak_in_flight(run.outcome.calls), peak_in_flight(fewer.outcome.calls)
    if most > least:
        return []
    message = (
        f"at most {most} calls in flight with {run.workers} workers, {least} with {fewer.workers}"
    )
    return [Finding("not-more-parallel", message, seen=most)]
