"""NoETL's event log, read straight from its database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from noetl_acceptance.run import EndReason, Event

Connection = psycopg.Connection[Any]

_FAMILY = """
    WITH RECURSIVE family(id) AS (
        SELECT %(id)s::bigint
        UNION
        SELECT event.execution_id
        FROM noetl.event JOIN family ON event.parent_execution_id = family.id
    )
"""

# A command's context repeats the whole state and a loop's result all of its items: both grow with
# the square of the batch, so only what a check reads is fetched.
_EVENTS = (
    _FAMILY
    + """
    SELECT event_id, execution_id::text, parent_execution_id::text, event_type, node_name,
           node_type, status, created_at, worker_id, error,
           coalesce(meta ->> 'command_id', result -> 'data' ->> 'command_id') AS command_id,
           CASE WHEN event_type IN ('playbook.initialized', 'call.error', 'command.failed',
                                    'playbook.failed')
                  OR (event_type = 'step.exit' AND execution_id = %(id)s
                      AND split_part(node_name, ':', 1) = ANY(%(steps)s))
                THEN result END AS result
    FROM noetl.event
    WHERE execution_id IN (SELECT id FROM family)
    ORDER BY created_at, event_id
"""
)

_ENDINGS = """
    SELECT event_type, created_at FROM noetl.event
    WHERE execution_id = %(id)s
      AND event_type IN ('playbook.completed', 'playbook.failed', 'command.failed')
    ORDER BY event_type LIKE 'playbook.%%' DESC, created_at
    LIMIT 1
"""

_COMMANDS = """
    SELECT count(*) FILTER (WHERE finished IS NULL), max(finished)
    FROM (
        SELECT max(created_at) FILTER (WHERE event_type <> 'command.issued') AS finished
        FROM noetl.event
        WHERE event_type IN ('command.issued', 'command.completed', 'command.failed')
          AND execution_id {which}
        GROUP BY coalesce(meta ->> 'command_id', result -> 'data' ->> 'command_id')
    ) AS command
"""
_OPEN_COMMANDS = _FAMILY + _COMMANDS.format(which="IN (SELECT id FROM family)")
_OWN_OPEN_COMMANDS = _COMMANDS.format(which="= %(id)s")

_ENDED_CHILDREN = """
    SELECT count(DISTINCT execution_id) FROM noetl.event
    WHERE parent_execution_id = %(id)s
      AND event_type IN ('playbook.completed', 'playbook.failed')
"""

_OPEN_STEPS = (
    _FAMILY
    + """
    SELECT step, count(*), min(issued)
    FROM (
        SELECT min(node_name) FILTER (WHERE event_type = 'command.issued') AS step,
               min(created_at) FILTER (WHERE event_type = 'command.issued') AS issued,
               bool_or(event_type <> 'command.issued') AS finished
        FROM noetl.event
        WHERE execution_id IN (SELECT id FROM family)
          AND event_type IN ('command.issued', 'command.completed', 'command.failed')
        GROUP BY coalesce(meta ->> 'command_id', result -> 'data' ->> 'command_id')
    ) AS command
    WHERE NOT finished
    GROUP BY step
    ORDER BY min(issued)
"""
)

_AT_WORK = """
    SELECT count(DISTINCT execution_id)
    FROM (
        SELECT execution_id, bool_or(event_type <> 'command.issued') AS finished
        FROM noetl.event
        WHERE event_type IN ('command.issued', 'command.completed', 'command.failed')
        GROUP BY execution_id, coalesce(meta ->> 'command_id', result -> 'data' ->> 'command_id')
    ) AS command
    WHERE NOT finished
"""

QUIET_SECONDS = 3.0
"""How long no command may be open before a failed command ends an execution (docs/pair.md)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How and when (epoch seconds) an execution ended."""

    reason: EndReason
    at: float


def seconds(time: datetime) -> float:
    """Turn a time of the event log (UTC without a zone) into epoch seconds."""
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def find_ending(connection: Connection, execution_id: str, now: float) -> Ending | None:
    """Return how an execution ended, by the rule of docs/pair.md; None while it goes on.

    Args:
        connection: to the database with NoETL's tables.
        execution_id: the parent's.
        now: epoch seconds.
    """
    row = connection.execute(_ENDINGS, {"id": execution_id}).fetchone()
    if row is None:
        return None
    reason, at = row[0], seconds(row[1])
    if reason != "command.failed":
        return Ending(reason, at)
    found = connection.execute(_OPEN_COMMANDS, {"id": execution_id}).fetchone()
    still_open, finished = found or (0, None)
    quiet_since = max(at, seconds(finished)) if finished else at
    quiet = not still_open and now - quiet_since >= QUIET_SECONDS
    return Ending("command.failed", quiet_since) if quiet else None


def open_commands(connection: Connection, execution_id: str) -> int:
    """Return how many commands of an execution and its children are open."""
    found = connection.execute(_OPEN_COMMANDS, {"id": execution_id}).fetchone()
    return int(found[0]) if found else 0


def own_open_commands(connection: Connection, execution_id: str) -> int:
    """Return how many commands of an execution are open, those of its children left out.

    Its children's may be thousands, so this is the one to ask again and again.
    """
    found = connection.execute(_OWN_OPEN_COMMANDS, {"id": execution_id}).fetchone()
    return int(found[0]) if found else 0


def at_work(connection: Connection) -> int:
    """Return how many executions, children among them, have open commands."""
    found = connection.execute(_AT_WORK).fetchone()
    return int(found[0]) if found else 0


def ended_children(connection: Connection, execution_id: str) -> int:
    """Return how many children of an execution, one for each batch, have ended."""
    found = connection.execute(_ENDED_CHILDREN, {"id": execution_id}).fetchone()
    return int(found[0]) if found else 0


def open_steps(connection: Connection, execution_id: str, now: float) -> list[str]:
    """Return the steps with open commands, each with their number and the age of the oldest."""
    rows = connection.execute(_OPEN_STEPS, {"id": execution_id}).fetchall()
    return [
        f"{count} of step {step}, for {now - seconds(since):.0f} s" for step, count, since in rows
    ]


def read_events(
    connection: Connection, execution_id: str, steps: Sequence[str]
) -> tuple[Event, ...]:
    """Return the events of an execution and of its children, oldest first.

    Args:
        connection: to the database with NoETL's tables.
        execution_id: the parent's.
        steps: the parent's steps whose results are kept; other results are left out.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(_EVENTS, {"id": execution_id, "steps": list(steps)})
        return tuple(Event(at=seconds(row.pop("created_at")), **row) for row in cursor.fetchall())
