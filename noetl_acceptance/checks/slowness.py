"""Slow answers cost what calls of that length need side by side, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from noetl_acceptance.checks.calls import peak_in_flight
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.model.event_types import ENDINGS
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted

TIMED = frozenset(
    {
        "not-parallel",
        "not-more-parallel",
        "too-slow",
        "not-side-by-side",
        "end-late",
        "connections",
        "not-idle",
        "workers",
    }
)
"""The kinds of finding that tell how fast NoETL was, and nothing of what it did: those about speed,
about connections that are kept for a while, and about workers that got nothing to do."""


def pace_of(subjects: Iterable[object]) -> float:
    """Return the worst pace of the records among what a check was held against; 1 without any."""
    return max((each.pace for each in records_in(subjects)), default=1.0)


def failed_pace_of(subjects: Iterable[object]) -> float:
    """Return the worst pace of the records among these that did not complete; 1 without any."""
    return pace_of(each for each in records_in(subjects) if each.end != ENDINGS[0])


def records_in(subjects: Iterable[object]) -> Iterator[ExecutionRecord]:
    """Yield the execution records among subjects, of which some checks take several at once."""
    for each in subjects:
        if isinstance(each, ExecutionRecord):
            yield each
        elif isinstance(each, list | tuple):
            yield from records_in(each)


@check("slowdown-at-most")
def costs_at_most(record: ExecutionRecord, quick: ExecutionRecord, factor: float) -> list[Finding]:
    """Slow answers cost at most ``factor`` times what calls of that length need side by side (C33).

    What they need is answer time × calls / peak in flight, and one answer time more for each
    batch, whose last round may be short. What they cost is the time beyond that of a quick run of
    the same sizes.

    Args:
        record: the one with slow answers.
        quick: the one with answers at once.
        factor: a wide bound.
    """
    latency = sum(rule.seconds for rule in record.request.rules if rule.kind == "delay")
    peak = peak_in_flight(record.outcome.calls)
    if not peak or not latency:
        return [Finding("nothing-to-judge", "no slow calls")]
    needed = latency * (len(record.outcome.calls) / peak + record.workload.max_batches)
    cost = (record.ended_at - record.started_at) - (quick.ended_at - quick.started_at)
    if cost <= factor * needed:
        return []
    message = f"{cost:.1f} s more than a quick run, where {needed:.1f} s are needed"
    return [Finding("too-slow", message)]


@check("more-workers-more-parallel")
def more_parallel(record: ExecutionRecord, fewer: ExecutionRecord) -> list[Finding]:
    """With more workers more calls are in flight at once (C05, C37)."""
    most, least = peak_in_flight(record.outcome.calls), peak_in_flight(fewer.outcome.calls)
    if most > least:
        return []
    more = counted(record.workers, "worker")
    message = f"at most {counted(most, 'call')} in flight with {more}, {least} with {fewer.workers}"
    return [Finding("not-more-parallel", message, seen=most)]
