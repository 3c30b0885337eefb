"""Holds an execution's new rows back at their commit, so that a gap before or after it is met."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from psycopg import sql

from noetl_acceptance.execution.faults.database import Connect, Session
from noetl_acceptance.execution.fixtures.target_trigger import TABLE

# The trigger is deferred: whoever stores a row has been told that it is in, and waits at the
# commit. A lock on the table would let him wait before, and what follows it could not be held.
_MAKE = (
    sql.SQL(
        "CREATE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_advisory_xact_lock_shared({key}); RETURN NULL; END'"
    ),
    sql.SQL(
        "CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.execution_id::text = {id}) EXECUTE FUNCTION public.{name}()"
    ),
)
_REMOVE = sql.SQL("DROP FUNCTION IF EXISTS public.{name} CASCADE")
_LOCK = "SELECT pg_advisory_lock(%s::bigint)"
_WAITING = "SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
_BUSY = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s) AND state <> 'idle'"

# By default a session that waits does not notice that its client has gone, and stores the row.
_NOTICE = "ALTER SYSTEM SET client_connection_check_interval = '100ms'"
_UNNOTICE = "ALTER SYSTEM RESET client_connection_check_interval"
_RELOAD = "SELECT pg_reload_conf()"


class RowGate:
    """Lets nobody commit a row of one execution in the target table until it is opened.

    Meanwhile Postgres ends sessions whose clients have gone.

    Args:
        connect: makes a connection to the database of the execution's rows.
        execution_id: the execution's.
    """

    def __init__(self, connect: Connect, execution_id: str) -> None:
        self._connect = connect
        self._id = execution_id
        self._name = sql.Identifier(f"acceptance_gate_{execution_id}")
        self._holder: Session | None = None
        self._looking: Session | None = None

    def shut(self) -> None:
        """Hold rows back from now on; the target table must be there.

        Raises:
            psycopg.Error: Postgres refuses.
        """
        self._looking = self._connect()
        for statement in (_NOTICE, _RELOAD):
            self._looking.execute(statement)
        self._holder = self._connect()
        self._holder.execute(_LOCK, (self._id,))
        for make in _MAKE:
            self._looking.execute(
                make.format(
                    name=self._name, key=sql.SQL(str(int(self._id))), id=self._id, table=TABLE
                )
            )

    @property
    def is_shut(self) -> bool:
        """Whether rows are held back."""
        return self._holder is not None

    def waiting(self) -> frozenset[int]:
        """Return the sessions of NoETL's that wait, by their process ids."""
        if self._holder is None:
            return frozenset()
        return frozenset(row[0] for row in self._ask(_WAITING, self._holder.info.backend_pid))

    def rest(self, sessions: Collection[int]) -> bool:
        """Whether these sessions have done what they were asked for, or have gone."""
        return self._ask(_BUSY, list(sessions)) == [(0,)]

    def open(self) -> None:
        """Let all rows in."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    def remove(self) -> None:
        """Open it, and leave nothing of it; what fails is done the next time.

        Raises:
            psycopg.Error: Postgres is out of reach, or refuses.
        """
        self.open()
        if self._looking is None:
            return
        self._looking.close()
        with self._connect() as session:
            for statement in (_UNNOTICE, _RELOAD):
                session.execute(statement)
            session.execute(_REMOVE.format(name=self._name))
        self._looking = None

    def _ask(self, query: str, parameter: object) -> list[tuple[Any, ...]]:
        if self._looking is None:
            return []
        return self._looking.execute(query, (parameter,)).fetchall()
