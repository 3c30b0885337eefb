"""What the picture of an execution shows, on one clock: seconds from its start. No markup here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from noetl_acceptance.checks.calls import peak_in_flight
from noetl_acceptance.checks.history import batches_by_child, children
from noetl_acceptance.evidence.timeline import Moment, timeline
from noetl_acceptance.model.record import Call, ExecutionRecord
from noetl_acceptance.noetl.log_parser import headline

FAULTS = ("bad answers", "failure events", "services", "log errors", "made on purpose")
"""The kinds of marks."""

MOST_COLUMNS = 600
"""How finely the calls in flight are told: so many parts of the whole time."""

MOST_MARKS = 60
"""The most marks of one kind; what is nearer to each other than a part of the time shares one."""

_KINDS = dict(zip(("call", "engine", "service", "log", "suite"), FAULTS, strict=True))
_TOLD = 3
_MOST_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Bar:
    """One worker execution.

    Args:
        execution_id: its own.
        batch: the one that it handled; its turn, where it made no call (an empty window).
        start: second of its first event.
        end: second of its last one, or of the picture's end where it has not ended.
        ending: the event that ended it; None where none did.
    """

    execution_id: str
    batch: int
    start: float
    end: float
    ending: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Faults of one kind that happened close to each other.

    Args:
        kind: one of ``FAULTS``.
        start: second of the first.
        end: second of the last.
        count: how many.
        texts: what the first of them say.
    """

    kind: str
    start: float
    end: float
    count: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of one execution; all times in seconds from its start.

    Args:
        seconds: where the clock ends: the last thing that is drawn.
        ended: the second of the execution's own end.
        bars: the worker executions in the order of their starts.
        flight: the calls in flight, as steps: from each second on so many.
        peak: the most of them at once.
        rows: how many rows were stored, as far as it was looked at.
        expected: how many rows there should be.
        marks: the faults.
    """

    seconds: float
    ended: float
    bars: tuple[Bar, ...]
    flight: tuple[tuple[float, int], ...]
    peak: int
    rows: tuple[tuple[float, int], ...]
    expected: int
    marks: tuple[Mark, ...]


def picture_of(record: ExecutionRecord) -> Picture:
    """Return what is to be drawn of an execution."""
    ran = children(record)
    batches = batches_by_child(record)
    calls = record.outcome.calls
    moments = [record.ended_at, *(child.ended or child.started for child in ran)]
    moments += [call.departed or call.arrived for call in calls]
    seconds = max(max(moments) - record.started_at, 0.001)

    def since(at: float) -> float:
        return min(max(at - record.started_at, 0.0), seconds)

    bars = tuple(
        Bar(
            execution_id=child.execution_id,
            batch=batches[child.execution_id],
            start=since(child.started),
            end=seconds if child.ended is None else since(child.ended),
            ending=child.ending,
        )
        for child in ran
    )
    samples = [(since(sample.at), sample.stored) for sample in record.samples]
    ended = since(record.ended_at)
    return Picture(
        seconds=seconds,
        ended=ended,
        bars=bars,
        flight=thinned([(since(at), now) for at, now in in_flight(calls)], seconds),
        peak=peak_in_flight(calls),
        rows=_corners([(0.0, 0), *samples, (ended, len(record.outcome.stored))]),
        expected=record.workload.expected_rows,
        marks=_marks([(since(at), kind, text) for at, kind, text in faults(record)], seconds),
    )


def in_flight(calls: Sequence[Call]) -> list[tuple[float, int]]:
    """Return how many calls were open, as steps: from each time (epoch seconds) on so many."""
    changes: Counter[float] = Counter()
    for call in calls:
        changes[call.arrived] += 1
        if call.departed is not None:
            changes[call.departed] -= 1
    steps, now = [], 0
    for at in sorted(changes):
        if changes[at]:
            now += changes[at]
            steps.append((at, now))
    return steps


def thinned(
    steps: Sequence[tuple[float, int]], seconds: float, columns: int = MOST_COLUMNS
) -> tuple[tuple[float, int], ...]:
    """Return a step function with at most two steps in each of so many equal parts of the time.

    These are the highest of the part, at its own time, and the last: no peak is lost, and what
    holds at the end of a part is true.

    Args:
        steps: in the order of their times.
        seconds: the whole time, from 0.
        columns: how many parts.
    """
    if len(steps) <= 2 * columns:
        return tuple(steps)
    parts: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for step in steps:
        parts[int(step[0] / seconds * columns)].append(step)
    kept: list[tuple[float, int]] = []
    for part in parts.values():
        highest = max(part, key=lambda step: step[1])
        kept += [highest] if highest is part[-1] else [highest, part[-1]]
    return tuple(kept)


def _corners(points: Sequence[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    """Return the points of a line without those in the middle of a level part."""
    points = sorted(points)
    middle = [
        point
        for before, point, after in zip(points, points[1:], points[2:], strict=False)
        if not before[1] == point[1] == after[1]
    ]
    return (points[0], *middle, points[-1])


def faults(record: ExecutionRecord) -> list[tuple[float, str, str]]:
    """Return what went wrong in sight: when (epoch seconds), which of ``FAULTS``, in words."""
    return [
        (moment.at, _KINDS[moment.source], _words(moment))
        for moment in timeline(record)
        if moment.fault and moment.source in _KINDS
    ]


def _words(moment: Moment) -> str:
    match moment.source:
        case "engine":
            return f"{moment.kind} {moment.text}"
        case "log":
            service, _, text = moment.text.partition(": ")
            return f"{service}: {headline(text)}"
    return moment.text


def _marks(found: Iterable[tuple[float, str, str]], seconds: float) -> tuple[Mark, ...]:
    shared: dict[tuple[int, int], list[tuple[float, str]]] = defaultdict(list)
    for at, kind, text in sorted(found):
        part = min(int(at / seconds * MOST_MARKS), MOST_MARKS - 1)
        shared[FAULTS.index(kind), part].append((at, text))
    return tuple(
        Mark(
            kind=FAULTS[kind],
            start=together[0][0],
            end=together[-1][0],
            count=len(together),
            texts=tuple(text[:_MOST_CHARACTERS] for _, text in together[:_TOLD]),
        )
        for (kind, _), together in sorted(shared.items())
    )
