"""NoETL's event log, read straight from its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from noetl_acceptance.generations.log_dialect import LogDialect
from noetl_acceptance.generations.logs import (
    DIALECTS,
    RENAMED,
    dialect_of,
    written_as,
)
from noetl_acceptance.model.event_types import (
    CANCELLED,
    COMMAND_ENDINGS,
    ENDINGS,
    WAITING_KIND,
    EndReason,
)
from noetl_acceptance.noetl.zones import require_shift
from noetl_acceptance.support.database import Database

# Only the first event of a child may name its parent.
FAMILY = """
    WITH RECURSIVE family(id) AS (
        SELECT %(id)s::bigint
        UNION
        SELECT event.execution_id
        FROM noetl.event JOIN family ON event.parent_execution_id = family.id
    )
"""

COMMAND_ID = """coalesce(meta ->> 'command_id', result -> 'data' ->> 'command_id',
                    result -> 'context' ->> 'command_id')"""

WORKER_ID = "coalesce(worker_id, meta ->> 'worker_id', result -> 'context' ->> 'worker_id')"

_NEWEST_BEGIN = """
    SELECT event_type FROM noetl.event WHERE event_type = ANY(%s) ORDER BY event_id DESC LIMIT 1
"""

_ENDINGS = """
    SELECT event_type, created_at FROM noetl.event
    WHERE execution_id = %(id)s AND event_type = ANY(%(endings)s)
    ORDER BY event_type = 'command.failed', created_at, event_id
    LIMIT 1
"""

_OVER = ", ".join(f"'{ending}'" for ending in COMMAND_ENDINGS)

_CANCELLED = ", ".join(f"'{written}'" for written in written_as(CANCELLED))

# Open is what was issued and not finished. What a cancelled execution has issued and nobody has
# claimed is open no more: NoETL gives it to no worker.
_OPEN = f"""
    SELECT execution_id, step, kind, issued, claimed, finished
    FROM (
        SELECT execution_id,
               min(node_name) FILTER (WHERE event_type = 'command.issued') AS step,
               min(node_type) FILTER (WHERE event_type = 'command.issued') AS kind,
               min(created_at) FILTER (WHERE event_type = 'command.issued') AS issued,
               bool_or(event_type = 'command.claimed') AS claimed,
               max(created_at) FILTER (WHERE event_type IN ({_OVER})) AS finished
        FROM noetl.event
        WHERE event_type IN ('command.issued', 'command.claimed', {_OVER})
          AND {{which}}
        GROUP BY execution_id, {COMMAND_ID}
    ) AS command
    WHERE finished IS NOT NULL OR claimed OR NOT EXISTS (
        SELECT FROM noetl.event AS cancelled
        WHERE cancelled.execution_id = command.execution_id
          AND cancelled.event_type IN ({_CANCELLED}))
"""
_FAMILYS = _OPEN.format(which="execution_id IN (SELECT id FROM family)")
_COUNTS = "SELECT count(*) FILTER (WHERE finished IS NULL), max(finished) FROM ({}) AS command"
_OPEN_COMMANDS = FAMILY + _COUNTS.format(_FAMILYS)
_OWN_OPEN_COMMANDS = _COUNTS.format(_OPEN.format(which="execution_id = %(id)s"))
_OPEN_STEPS = (
    FAMILY
    + f"""
    SELECT step, count(*), min(issued) FROM ({_FAMILYS}) AS command
    WHERE finished IS NULL
    GROUP BY step
    ORDER BY min(issued)
"""
)
_WORKING = (
    FAMILY
    + f"""
    SELECT count(*) FROM ({_FAMILYS}) AS command
    WHERE finished IS NULL AND claimed
      AND (execution_id <> %(id)s OR (kind IS DISTINCT FROM '{WAITING_KIND}'
           AND regexp_replace(coalesce(step, ''), ':task_sequence$', '') <> ALL(%(waiting)s)))
"""
)
_AT_WORK = f"""
    SELECT count(DISTINCT execution_id) FROM ({_OPEN.format(which="true")}) AS command
    WHERE finished IS NULL
"""

_HELD = (
    FAMILY
    + f"""
    SELECT step, worker_id, execution_id = %(id)s AS of_parent, command_id
    FROM (
        SELECT execution_id,
               {COMMAND_ID} AS command_id,
               min(node_name) FILTER (WHERE event_type = 'command.issued') AS step,
               (array_agg({WORKER_ID} ORDER BY event_id DESC)
                   FILTER (WHERE event_type = 'command.claimed'))[1] AS worker_id,
               bool_or(event_type IN ({_OVER})) AS finished
        FROM noetl.event
        WHERE event_type IN ('command.issued', 'command.claimed', {_OVER})
          AND execution_id IN (SELECT id FROM family)
        GROUP BY execution_id, {COMMAND_ID}
    ) AS command
    WHERE NOT finished AND worker_id IS NOT NULL
    ORDER BY of_parent, step
"""
)

_CHILDREN = (
    FAMILY
    + """
    SELECT count(DISTINCT execution_id),
           count(DISTINCT execution_id) FILTER (WHERE event_type = ANY(%(endings)s))
    FROM noetl.event WHERE execution_id IN (SELECT id FROM family) AND execution_id <> %(id)s
"""
)

_TIMES = "SELECT created_at FROM noetl.event WHERE execution_id = %(id)s"
_ANY = "SELECT FROM noetl.event WHERE execution_id = %s LIMIT 1"

QUIET_SECONDS = 3.0
"""How long no command may be open before a failed command ends an execution (reference/pair.md)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How and when (epoch seconds) an execution ended."""

    reason: EndReason
    at: float


@dataclass(frozen=True, slots=True)
class HeldCommand:
    """A command that a worker has claimed and not finished.

    Args:
        step: the step that issued it.
        worker_id: who claimed it last, by NoETL's own name.
        of_parent: whether it is the parent's, and not a child's.
        command_id: which it is, among those of a step.
    """

    step: str
    worker_id: str
    of_parent: bool
    command_id: str = ""


def seconds(moment: datetime) -> float:
    """Turn a time of the event log (without a zone, taken for UTC) into epoch seconds."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def written_by(connection: Database) -> LogDialect | None:
    """Return which generation has written the newest execution of the log; None for no known one.

    Args:
        connection: to the database with NoETL's tables.
    """
    begins = [dialect.begins for dialect in DIALECTS]
    row = connection.execute(_NEWEST_BEGIN, (begins,)).fetchone()
    return dialect_of(row) if row else None


@contextmanager
def as_it_stands(connection: Database) -> Iterator[Callable[[str], bool]]:
    """Give a function that tells whether the log had events of an execution at the entry.

    The log is read as it stood then, whatever clocks and zones say.

    Args:
        connection: to the database with NoETL's tables; its statements are one transaction inside.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SELECT 1")  # from the first query on, nothing new is seen

        yield lambda execution_id: connection.execute(_ANY, (execution_id,)).fetchone() is not None


def find_ending(
    connection: Database, execution_id: str, asked: float | None, now: float
) -> Ending | None:
    """Return how an execution ended, by the rule of docs/reference/pair.md; None while it goes on.

    Args:
        connection: to the database with NoETL's tables.
        execution_id: the parent's.
        asked: when it was asked for, in epoch seconds; as ``zones.shift_of``.
        now: epoch seconds.

    Raises:
        SandboxError: the times of its events are in several zones.
    """
    endings = written_as(*ENDINGS, "command.failed")
    row = connection.execute(_ENDINGS, {"id": execution_id, "endings": endings}).fetchone()
    if row is None:
        return None
    shift = _shift(connection, execution_id, asked, now)
    reason, at = RENAMED.get(row[0], row[0]), seconds(row[1]) - shift
    if reason != "command.failed":
        return Ending(reason, at)
    found = connection.execute(_OPEN_COMMANDS, {"id": execution_id}).fetchone()
    still_open, finished = found or (0, None)
    quiet_since = max(at, seconds(finished) - shift) if finished else at
    quiet = not still_open and now - quiet_since >= QUIET_SECONDS
    return Ending("command.failed", quiet_since) if quiet else None


def open_commands(connection: Database, execution_id: str) -> int:
    """Return how many commands of an execution and its children are open."""
    found = connection.execute(_OPEN_COMMANDS, {"id": execution_id}).fetchone()
    return int(found[0]) if found else 0


def working_commands(connection: Database, execution_id: str, waiting: Sequence[str]) -> int:
    """Return how many commands of an execution and its children a worker is at work on.

    A parent's that only waits for its child is left out.

    Args:
        connection: to NoETL's database, in autocommit mode.
        execution_id: the parent's.
        waiting: its steps that run a playbook: as one tool of a list they are of another kind.
    """
    found = connection.execute(_WORKING, {"id": execution_id, "waiting": list(waiting)}).fetchone()
    return int(found[0]) if found else 0


def held_commands(connection: Database, execution_id: str) -> list[HeldCommand]:
    """Return the commands of an execution and its children that a worker holds.

    Those of its children come first.
    """
    rows = connection.execute(_HELD, {"id": execution_id}).fetchall()
    return [HeldCommand(*row) for row in rows]


def count_children(connection: Database, execution_id: str) -> tuple[int, int]:
    """Return how many children of an execution have begun, and how many of them have ended."""
    endings = written_as(*ENDINGS)
    row = connection.execute(_CHILDREN, {"id": execution_id, "endings": endings}).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def own_open_commands(connection: Database, execution_id: str) -> int:
    """Return how many commands of an execution are open, those of its children left out.

    Its children's may be thousands, so this is the one to ask again and again.
    """
    found = connection.execute(_OWN_OPEN_COMMANDS, {"id": execution_id}).fetchone()
    return int(found[0]) if found else 0


def at_work(connection: Database) -> int:
    """Return how many executions, children among them, have open commands."""
    found = connection.execute(_AT_WORK).fetchone()
    return int(found[0]) if found else 0


def open_steps(
    connection: Database, execution_id: str, asked: float | None, now: float
) -> list[str]:
    """Return the steps with open commands, each with their number and the age of the oldest.

    Args:
        connection: as ``find_ending``, and so on.
        execution_id: the parent's.
        asked: when it was asked for.
        now: epoch seconds.
    """
    rows = connection.execute(_OPEN_STEPS, {"id": execution_id}).fetchall()
    shift = _shift(connection, execution_id, asked, now)
    return [
        f"{count} of step {step}, for {now - seconds(since) + shift:.0f} s"
        for step, count, since in rows
    ]


def _shift(connection: Database, execution_id: str, asked: float | None, now: float) -> float:
    rows = connection.execute(_TIMES, {"id": execution_id}).fetchall()
    return require_shift(connection, [seconds(row[0]) for row in rows], asked, now)
