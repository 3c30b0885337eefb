"""Finds one event in NoETL's log as soon as it is written, and the worker that it is about."""

from __future__ import annotations

from dataclasses import dataclass

from noetl_acceptance.generations.logs import written_as
from noetl_acceptance.noetl.event_log import COMMAND_ID, FAMILY, WORKER_ID
from noetl_acceptance.support.database import Database

PLAYBOOK = "playbook"
"""The step of the events that are about an execution as a whole; their node is its path."""

# An item of a loop has its number after a colon.
_STEP = f"""CASE WHEN strpos(node_name, '/') > 0 THEN '{PLAYBOOK}'
                 ELSE split_part(node_name, ':', 1) END"""

_FIRST = (
    FAMILY
    + f"""
    SELECT {WORKER_ID}, {COMMAND_ID}
    FROM noetl.event
    WHERE execution_id IN (SELECT id FROM family)
      AND (execution_id = %(id)s) = %(of_parent)s
      AND event_type = ANY(%(types)s) AND {_STEP} = %(step)s
    ORDER BY created_at, event_id
    LIMIT 1
"""
)

_CLAIMED = (
    FAMILY
    + f"""
    SELECT {WORKER_ID}
    FROM noetl.event
    WHERE execution_id IN (SELECT id FROM family) AND event_type = 'command.claimed'
    ORDER BY {COMMAND_ID} IS NOT DISTINCT FROM %(command)s DESC, event_id DESC
    LIMIT 1
"""
)


@dataclass(frozen=True, slots=True)
class WrittenEvent:
    """An event that is there.

    Args:
        worker_id: who wrote it, by NoETL's own name; None where it was no worker.
        command_id: of its command; None where it is about none.
    """

    worker_id: str | None
    command_id: str | None


def step_of(node_name: str | None) -> str:
    """Return the step that an event's node is; ``PLAYBOOK`` for an execution as a whole."""
    name = node_name or ""
    return PLAYBOOK if "/" in name else name.partition(":")[0]


def first_written(
    connection: Database, execution_id: str, step: str, event_type: str, *, of_parent: bool
) -> WrittenEvent | None:
    """Return the first event of a step and a type; None while it is not written.

    Args:
        connection: to the database with NoETL's tables, in autocommit mode.
        execution_id: the parent's.
        step: as ``step_of`` tells it.
        event_type: in the suite's words.
        of_parent: whether it is the parent's own, and not of one of its worker executions.
    """
    asked = {
        "id": execution_id,
        "step": step,
        "types": written_as(event_type),
        "of_parent": of_parent,
    }
    row = connection.execute(_FIRST, asked).fetchone()
    return WrittenEvent(*row) if row else None


def worker_of(connection: Database, execution_id: str, event: WrittenEvent) -> str:
    """Return the worker that an event is about, by NoETL's own name; empty where there is none.

    It is the one that wrote it; else the one that claimed its command; else the one that has
    claimed the execution's newest command.
    """
    if event.worker_id:
        return event.worker_id
    row = connection.execute(_CLAIMED, {"id": execution_id, "command": event.command_id}).fetchone()
    return str(row[0]) if row and row[0] else ""
