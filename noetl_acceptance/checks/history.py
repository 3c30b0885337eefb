"""What the event log tells of an execution: its children, its commands, its steps."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from noetl_acceptance.run import Event, Run

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
        ending = next((e for e in events if e.event_type in ENDINGS), None)
        found.append(
            Child(
                execution_id=execution_id,
                started=min(e.at for e in events),
                ended=ending.at if ending else None,
                ending=ending.event_type if ending else None,
            )
        )
    return tuple(sorted(found, key=lambda child: child.started))


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
                step=issued.node_name or "",
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
        event.node_name
        for event in run.events
        if event.event_type == "step.enter"
        and event.node_name is not None
        and (event.execution_id == run.execution_id) == parent
    )
