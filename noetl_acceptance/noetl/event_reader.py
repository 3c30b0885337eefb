"""Reads the events of an execution while it goes on, so that little is left to read at its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any

from psycopg.rows import dict_row

from noetl_acceptance.generations.logs import RENAMED, dialect_of, written_as
from noetl_acceptance.model.event_types import (
    CANCELLED,
    ENDINGS,
    FAILURES,
    HEARTBEATS,
    INITIALIZED,
)
from noetl_acceptance.model.record import Event
from noetl_acceptance.noetl.event_log import COMMAND_ID, FAMILY, WORKER_ID, seconds
from noetl_acceptance.noetl.zones import require_shift
from noetl_acceptance.support.database import Database

_EVENT_FIELDS = set(Event.model_fields)

_BEFORE_ALL = -(2**63)
"""Less than the id of any event."""

_ROWS_AT_ONCE = 500

Key = tuple[str, int]
"""What tells an event from all others: the ids of its execution and of itself."""

# A command's context repeats the whole state and a loop's result all of its items: both grow with
# the square of the batch, so only what a check reads is fetched. A row that is written anew gets
# another xmin (PostgreSQL's documentation, "System Columns").
_EVENTS = (
    FAMILY
    + f"""
    SELECT event_id, execution_id::text, parent_execution_id::text, event_type, node_name,
           node_type, status, created_at,
           {WORKER_ID} AS worker_id,
           CASE WHEN event_type = ANY(%(cancelled)s)
                THEN coalesce(error, meta ->> 'reason', result -> 'data' ->> 'reason')
                ELSE error END AS error,
           {COMMAND_ID} AS command_id,
           CASE WHEN event_type = ANY(%(told)s)
                  OR (event_type = %(gave)s AND execution_id = %(id)s
                      AND split_part(node_name, ':', 1) = ANY(%(steps)s))
                THEN result END AS result,
           xmin::text::bigint AS version
    FROM noetl.event
    WHERE execution_id IN (SELECT id FROM family)
      AND (event_id > %(after)s OR event_id = ANY(%(again)s))
"""
)

_TYPES = "SELECT DISTINCT event_type FROM noetl.event WHERE execution_id = %(id)s"

_VERSIONS = (
    FAMILY
    + """
    SELECT execution_id::text, array_agg(event_id), array_agg(xmin::text::bigint) FROM noetl.event
    WHERE execution_id IN (SELECT id FROM family)
    GROUP BY execution_id
"""
)


class EventReader:
    """Reads the events of an execution and of its children, part by part.

    Args:
        connection: to the database with NoETL's tables, in autocommit mode.
        execution_id: the parent's.
        asked: when it was asked for, in epoch seconds; as ``zones.shift_of``.
        steps: the parent's steps whose results are kept; other results are left out.
    """

    def __init__(
        self, connection: Database, execution_id: str, asked: float | None, steps: Sequence[str]
    ) -> None:
        self._connection = connection
        self._asked = asked
        self._wanted: dict[str, Any] = {
            "id": execution_id,
            "steps": list(steps),
            "told": written_as(INITIALIZED, *FAILURES),
            "cancelled": written_as(CANCELLED),
        }
        self._id = execution_id
        self._events: dict[Key, Event] = {}
        self._versions: dict[Key, int] = {}
        self._last = _BEFORE_ALL
        self._ended: set[str] = set()
        self.event_types: set[str] = set()
        """The types of the events that were read, in the suite's words."""
        self.newest = 0.0
        """When the newest event that tells more than a heartbeat was read, by our own clock (epoch
        seconds); 0 before the first."""

    @property
    def ended_children(self) -> int:
        """How many children, one for each batch, have ended by the events that were read."""
        return len(self._ended - {self._id})

    def read(self) -> None:
        """Read the events that came since the last time."""
        self._read(after=self._last, again=())

    def all(self) -> tuple[Event, ...]:
        """Return the events as they stand now, oldest first.

        Raises:
            SandboxError: the times of the events are in several zones.
        """
        self.read()
        self._read_overtaken()
        shift = require_shift(
            self._connection,
            [event.at for event in self._events.values()],
            self._asked,
            time.time(),
        )
        ordered = sorted(self._events.values(), key=attrgetter("at", "event_id"))
        if not shift:
            return tuple(ordered)
        return tuple(event.model_copy(update={"at": event.at - shift}) for event in ordered)

    def _read(self, *, after: int, again: Sequence[int]) -> None:
        """Read the events with higher ids, and those with these ids."""
        if not self._wanted.get("gave"):
            self._wanted["gave"] = self._result_event()
        with self._connection.cursor(row_factory=dict_row) as cursor:
            asked = {**self._wanted, "after": after, "again": list(again)}
            for row in cursor.stream(_EVENTS, asked, size=_ROWS_AT_ONCE):
                version = row.pop("version")
                self._last = max(self._last, row["event_id"])
                self._keep(_event(row, seconds(row.pop("created_at"))), version)

    def _keep(self, event: Event, version: int) -> None:
        key = event.execution_id, event.event_id
        self._events[key], self._versions[key] = event, version
        self.event_types.add(event.event_type)
        if event.event_type in ENDINGS:
            self._ended.add(event.execution_id)
        if event.event_type not in HEARTBEATS:
            self.newest = time.time()

    def _read_overtaken(self) -> None:
        """Read what is there and was not read, or otherwise; forget what has gone.

        An event may be committed after one with a higher id, or be changed.
        """
        there: dict[Key, int] = {}
        for execution_id, ids, versions in self._connection.execute(_VERSIONS, self._wanted):
            there.update(zip(zip(repeat(execution_id), ids), versions, strict=True))
        if there == self._versions:
            return
        for key in [key for key in self._versions if there.get(key) != self._versions[key]]:
            del self._events[key], self._versions[key]
        again = {event_id for _, event_id in there.keys() - self._versions.keys()}
        self._read(after=self._last, again=sorted(again))

    def _result_event(self) -> str:
        """Return the type of event that holds what a step gave; empty while nothing tells."""
        types = self._connection.execute(_TYPES, self._wanted).fetchall()
        dialect = dialect_of(row[0] for row in types)
        return dialect.result_event if dialect else ""


def _event(row: dict[str, Any], at: float) -> Event:
    """Return an event that shares with others what it can: there may be hundreds of thousands.

    Words that come again, and the note of which fields are set, take most of the memory.
    """
    row["event_type"] = RENAMED.get(row["event_type"], row["event_type"])
    shared = {name: sys.intern(v) if type(v) is str else v for name, v in row.items()}
    event = Event.model_validate({**shared, "at": at})
    return Event.model_construct(_EVENT_FIELDS, **vars(event))
