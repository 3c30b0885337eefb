"""What the event log tells of an execution: its children, its commands, its steps."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from noetl_acceptance.run import Call, Event, Run

STARTED = "playbook.initialized"
"""The first event of an execution; its node is the path of the playbook."""

ENDINGS = ("playbook.completed", "playbook.failed")


@dataclass(frozen=True, slots=True)
class Child:
    """One worker execution; times in epoch seconds, ``ended`` None while it goes on."""

    execution_id: str
    started: float
    ended: float | None
    ending: str | None


@dataclass(frozen=True, slots=True)
class Command:
    """One command that a worker carried out, or should have.

    ``claimed`` is when a worker took it and ``done`` when its result reached the event log
    (``call.done`` or an error), both None until then.
    """

    command_id: str
    execution_id: str
    step: str
    kind: str | None
    issued: float
    claimed: float | None
    done: float | None
    worker_id: str | None


def children(run: Run) -> tuple[Child, ...]:
    """Return the worker executions in the order of their starts."""
    found = []
    by_execution: dict[str, list[Event]] = defaultdict(list)
    for event in run.events:
        if event.execution_id != run.execution_id:
            by_execution[event.execution_id].append(event)
    for execution_id, events in by_execution.items():
        playbook = next((e.node_name for e in events if e.event_type == STARTED), None)
        if playbook not in (None, run.pair.worker.path):
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

    Not every release tells the end of such a one (docs/pair.md).
    """
    failed = next((e for e in events if e.event_type == "command.failed"), None)
    issued = {e.command_id for e in events if e.event_type == "command.issued"}
    over = {e.command_id for e in events if e.event_type in ("command.completed", "command.failed")}
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


def batches_handled(run: Run, ran: Sequence[Child]) -> list[int | None]:
    """Return the batch that each worker execution handled: that of most calls during it.

    None when no call that names its traveler arrived meanwhile (an empty window).
    """
    arrivals = Arrivals(run.outcome.calls)
    batches = [run.workload.batch_of(call.traveler_id or 0) for call in arrivals.calls]
    seen = [Counter(batches[arrivals.during(child)]) for child in ran]
    return [counts.most_common(1)[0][0] if counts else None for counts in seen]


def batches_by_child(run: Run) -> dict[str, int]:
    """Return the batch of each worker execution by its id; of one without calls, its turn."""
    ran = children(run)
    turns = enumerate(zip(ran, batches_handled(run, ran), strict=True), start=1)
    return {child.execution_id: batch or number for number, (child, batch) in turns}


def commands(run: Run) -> tuple[Command, ...]:
    """Return the commands of the execution and its children in the order they were issued."""
    by_command: dict[str, list[Event]] = defaultdict(list)
    for event in run.events:
        if event.command_id is not None:
            by_command[event.command_id].append(event)
    found = []
    for command_id, events in by_command.items():
        issued = next((e for e in events if e.event_type == "command.issued"), None)
        if issued is None:
            continue
        claimed = next((e for e in events if e.event_type == "command.claimed"), None)
        done = [
            e.at
            for e in events
            if e.event_type in ("call.done", "call.error", "command.completed", "command.failed")
        ]
        found.append(
            Command(
                command_id=command_id,
                execution_id=issued.execution_id,
                step=step_of(issued),
                kind=issued.node_type,
                issued=issued.at,
                claimed=claimed.at if claimed else None,
                done=max(done, default=None),
                worker_id=claimed.worker_id if claimed else None,
            )
        )
    return tuple(sorted(found, key=lambda command: command.issued))


def steps_entered(run: Run, *, parent: bool) -> frozenset[str]:
    """Return the names of the steps that ran in the parent, or in its children."""
    return frozenset(
        step_of(event)
        for event in run.events
        if event.event_type == "step.enter"
        and event.node_name is not None
        and (event.execution_id == run.execution_id) == parent
    )


def step_of(event: Event) -> str:
    """Return the name of an event's step (a list of tools stands there with a suffix)."""
    return (event.node_name or "").removesuffix(":task_sequence")
