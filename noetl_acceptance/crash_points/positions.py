"""The positions of an execution: where a service is killed, and how near a kill came to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from noetl_acceptance.conformance.faults.sweep_results import Position
from noetl_acceptance.model.event_types import HEARTBEATS
from noetl_acceptance.model.fault import EventMoment
from noetl_acceptance.model.record import Event, ExecutionRecord
from noetl_acceptance.noetl.written_events import PLAYBOOK, step_of

NEAR_SECONDS = 0.002
"""How soon after another of its step an event comes from which no kill can tell it: a kill takes
longer."""

_WHOLE = {"workflow": PLAYBOOK}
"""Of an execution as a whole 2.8.x tells twice, as two steps."""


def positions_of(record: ExecutionRecord) -> list[Position]:
    """Return the positions of an execution that nothing disturbed, in their order.

    There is one for the first event of each step and type, the parent's apart from those of its
    worker executions. Those of one step that follow within ``NEAR_SECONDS`` share one, named by
    the last.

    Args:
        record: of the execution.
    """
    found: list[Position] = []
    begins: Event | None = None
    for name, event in first_events(record).items():
        if begins is not None and _near(begins, event):
            last = found.pop()
            found.append(Position(name=name, near=(*last.near, last.name)))
        else:
            begins = event
            found.append(Position(name=name))
    return found


def _near(event: Event, after: Event) -> bool:
    of_one = event.execution_id == after.execution_id
    steps = {
        _WHOLE.get(step, step) for step in (step_of(event.node_name), step_of(after.node_name))
    }
    return of_one and len(steps) == 1 and after.at - event.at <= NEAR_SECONDS


def first_events(record: ExecutionRecord) -> dict[str, Event]:
    """Return the first event of each step and type, by the names of their moments."""
    found: dict[str, Event] = {}
    for event in record.events:
        if event.event_type not in HEARTBEATS:
            found.setdefault(moment_of(event, record.execution_id), event)
    return found


def moment_of(event: Event, parent: str) -> str:
    """Return the name of the moment at which the first such event is written.

    Args:
        event: an event.
        parent: the id of the parent execution.
    """
    of_parent = event.execution_id == parent
    step = step_of(event.node_name)
    return str(EventMoment(of_parent=of_parent, step=step, event_type=event.event_type))


@dataclass(frozen=True, slots=True)
class Aim:
    """How near a kill came to its position.

    Args:
        late: how many seconds after the event it came.
        meanwhile: the events that were written in between, by the names of their moments.
    """

    late: float
    meanwhile: Sequence[str]


def aim_of(record: ExecutionRecord, position: str) -> Aim | None:
    """Return how near the kill came; None where it did not, or the event is not there.

    Args:
        record: of the execution that met it.
        position: its name.
    """
    aimed = first_events(record).get(position)
    if aimed is None or not record.faults:
        return None
    killed = record.faults[0].given or record.faults[0].began
    between = [
        moment_of(event, record.execution_id)
        for event in record.events
        if aimed.at < event.at <= killed and event.event_type not in HEARTBEATS
    ]
    return Aim(max(0.0, killed - aimed.at), between)
