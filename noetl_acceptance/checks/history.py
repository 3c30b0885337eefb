"""What the event log tells of an execution: its children, its commands, its steps."""

from __future__ import annotations

import itertools
import json
import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from noetl_acceptance.checks.keeping import kept
from noetl_acceptance.model.event_types import COMMAND_ENDINGS, ENDINGS, INITIALIZED
from noetl_acceptance.model.record import Call, Event, ExecutionRecord

_DONE = (*COMMAND_ENDINGS, "call.done", "call.error")


@dataclass(frozen=True, slots=True)
class Child:
    """One worker execution; times in epoch seconds, ``ended`` None while it goes on."""

    execution_id: str
    started: float
    ended: float | None
    ending: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker took a command, at a time in epoch seconds."""

    worker_id: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Command:
    """One command that a worker carried out, or should have; times in epoch seconds.

    ``claims`` are all of them, oldest first. ``done`` is when its result reached the event log
    (``call.done`` or an error), ``over`` the event that it ended with, and ``finished`` when; None
    until then.
    """

    command_id: str
    execution_id: str
    step: str
    kind: str | None
    issued: float
    claims: tuple[Claim, ...]
    done: float | None
    over: str | None
    finished: float | None

    @property
    def claimed(self) -> float | None:
        """When a worker first took it."""
        return self.claims[0].at if self.claims else None

    @property
    def worker_id(self) -> str | None:
        """The worker that first took it."""
        return self.claims[0].worker_id if self.claims else None


@kept
def children(record: ExecutionRecord) -> tuple[Child, ...]:
    """Return the worker executions in the order of their starts."""
    found = []
    by_execution: dict[str, list[Event]] = defaultdict(list)
    for event in record.events:
        if event.execution_id != record.execution_id:
            by_execution[event.execution_id].append(event)
    for execution_id, events in by_execution.items():
        playbook = next((e.node_name for e in events if e.event_type == INITIALIZED), None)
        if playbook not in (None, record.pair.worker.path):
            continue  # a helper playbook of the pair's own
        ending = next((e for e in events if e.event_type in ENDINGS), None) or _given_up(events)
        found.append(
            Child(
                execution_id=execution_id,
                started=min(e.at for e in events),
                ended=ending.at if ending else None,
                ending=ending.event_type if ending else None,
            )
        )
    return tuple(sorted(found, key=lambda child: child.started))


def _given_up(events: Sequence[Event]) -> Event | None:
    """Return the last event of an execution with a failed command and none open, else None.

    Not every release tells the end of such a one (docs/reference/pair.md).
    """
    failed = next((e for e in events if e.event_type == "command.failed"), None)
    issued = {e.command_id for e in events if e.event_type == "command.issued"}
    over = {e.command_id for e in events if e.event_type in COMMAND_ENDINGS}
    if failed is None or issued - over:
        return None
    return failed.model_copy(update={"at": max(e.at for e in events)})


def side_by_side(ran: Sequence[Child]) -> bool:
    """Whether executions, in the order of their starts, overlap.

    What happens during one then cannot be told from what happens during another.
    """
    return any(
        before.ended is None or after.started < before.ended
        for before, after in itertools.pairwise(ran)
    )


class Intervals:
    """Times from one moment to another, to be asked whether one of them spans a given one."""

    def __init__(self, intervals: Iterable[tuple[float, float]]) -> None:
        ordered = sorted(intervals)
        self._starts = [start for start, _ in ordered]
        self._latest = list(itertools.accumulate((end for _, end in ordered), max))

    def span(self, start: float, end: float) -> bool:
        """Whether one had begun at ``start`` and did not end before ``end``."""
        begun = bisect_right(self._starts, start)
        return begun > 0 and self._latest[begun - 1] >= end


class Arrivals:
    """The calls that name a traveler, as they arrived: those of one time found among thousands."""

    def __init__(self, calls: Iterable[Call]) -> None:
        named = [call for call in calls if call.traveler_id is not None]
        self.calls = sorted(named, key=_arrival)
        self._times = [call.arrived for call in self.calls]

    def during(self, child: Child) -> slice:
        """Return where in ``calls`` those stand that arrived during a worker execution."""
        until = child.ended if child.ended is not None else math.inf
        return slice(bisect_left(self._times, child.started), bisect_right(self._times, until))


def _arrival(call: Call) -> float:
    return call.arrived


def batches_handled(record: ExecutionRecord, ran: Sequence[Child]) -> list[int | None]:
    """Return the batch that each worker execution handled: that of most calls during it.

    One during which no call that names its traveler arrived is left out (an empty window). Calls
    during executions side by side are nobody's, unless these were asked for the same: then both
    handled that batch, whichever made the calls.
    """
    alike = requests(record, ran)
    moments: list[tuple[float, int, str, int]] = [
        (call.arrived, 1, "", record.workload.batch_of(call.traveler_id))
        for call in record.outcome.calls
        if call.traveler_id is not None
    ]
    for child in ran:
        request = alike[child.execution_id]
        moments.append((child.started, 0, request, 0))
        if child.ended is not None:
            moments.append((child.ended, 2, request, 0))
    at_work: Counter[str] = Counter()
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    for _, what, request, batch in sorted(moments):
        if what == 1:
            if len(at_work) == 1:
                seen[next(iter(at_work))][batch] += 1
            continue
        at_work[request] += 1 if what == 0 else -1
        at_work += Counter()  # drops those that have ended
    counts = [seen[alike[child.execution_id]] for child in ran]
    return [each.most_common(1)[0][0] if each else None for each in counts]


@kept
def batches_by_child(record: ExecutionRecord) -> dict[str, int]:
    """Return the batch of each worker execution by its id; of one without calls, its turn.

    Its turn is the one after the execution before it; those asked for the same share theirs.
    """
    ran = children(record)
    alike = requests(record, ran)
    batches: dict[str, int] = {}
    turns: dict[str, int] = {}
    before = 0
    for child, handled in zip(ran, batches_handled(record, ran), strict=True):
        request = alike[child.execution_id]
        before = handled or turns.get(request) or before + 1
        turns[request] = batches[child.execution_id] = before
    return batches


def requests(record: ExecutionRecord, ran: Sequence[Child]) -> dict[str, str]:
    """Return what each worker execution was asked for, by its id; its id where that is not told."""
    asked = {
        event.execution_id: json.dumps(event.result, sort_keys=True)
        for event in record.events
        if event.event_type == INITIALIZED and event.result
    }
    return {child.execution_id: asked.get(child.execution_id, child.execution_id) for child in ran}


@kept
def commands(record: ExecutionRecord) -> tuple[Command, ...]:
    """Return the commands of the execution and its children in the order they were issued."""
    by_command: dict[str, list[Event]] = defaultdict(list)
    for event in record.events:
        if event.command_id is not None:
            by_command[event.command_id].append(event)
    told = (_command(command_id, events) for command_id, events in by_command.items())
    return tuple(sorted(filter(None, told), key=attrgetter("issued")))


def _command(command_id: str, events: Sequence[Event]) -> Command | None:
    """Return what the events of a command, oldest first, tell; None where none says its issue."""
    issued = over = done = None
    claims = []
    for event in events:
        kind = event.event_type
        if kind == "command.claimed":
            claims.append(Claim(event.worker_id, event.at))
        elif kind == "command.issued":
            issued = issued or event
        elif kind in _DONE:
            done = event.at if done is None else max(done, event.at)
            if over is None and kind in COMMAND_ENDINGS:
                over = event
    if issued is None:
        return None
    return Command(
        command_id=command_id,
        execution_id=issued.execution_id,
        step=step_of(issued),
        kind=issued.node_type,
        issued=issued.at,
        claims=tuple(claims),
        done=done,
        over=over.event_type if over else None,
        finished=over.at if over else None,
    )


def steps_entered(record: ExecutionRecord, *, parent: bool) -> frozenset[str]:
    """Return the names of the steps that ran in the parent, or in its children."""
    return frozenset(
        step_of(event)
        for event in record.events
        if event.event_type == "step.enter"
        and event.node_name is not None
        and (event.execution_id == record.execution_id) == parent
    )


def step_of(event: Event) -> str:
    """Return the name of an event's step (a list of tools stands there with a suffix)."""
    return (event.node_name or "").removesuffix(":task_sequence")
