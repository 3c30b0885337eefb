"""Faults of the database: sessions ended, read-only, a table locked.

All are made through SQL, so that they are the same on every sandbox and need no rights on the
machine. What a session of the suite holds ends with the suite's process, whatever happens to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Protocol

import psycopg
from psycopg import sql

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.model.wording import counted
from noetl_acceptance.support.database import SUITE, Connection
from noetl_acceptance.support.lasting_connection import FAILURES, OUTAGE, Patience

Session = Connection[tuple[Any, ...]]

END_MILLISECONDS = 5000
"""How long Postgres waits for a session to have ended."""

_NOETLS = f"""
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND application_name <> '{SUITE}'
"""
_END = f"SELECT pid, backend_start, pg_terminate_backend(pid, {END_MILLISECONDS}) {_NOETLS}"
_STILL_THERE = f"SELECT pid, backend_start {_NOETLS}"
_END_OLDER = f"SELECT count(pg_terminate_backend(pid)) {_NOETLS} AND backend_start <= %s"
_WAIT_FOR = f"SELECT count(*) {_NOETLS} AND %s = ANY(pg_blocking_pids(pid))"


class Connect(Protocol):
    """Makes a connection of the suite's to NoETL's database."""

    def __call__(self, patience: Patience = ...) -> Session:
        """Return a new connection.

        Raises:
            psycopg.OperationalError: Postgres cannot be reached, or refuses.
        """
        ...


class DatabaseFault:
    """What all faults of the database have in common.

    Args:
        connect: makes a connection of the suite's.
    """

    name: ClassVar[str]
    """What it is, in words."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    def unfelt(self, seconds: float) -> Exception:
        """Return that nobody has noticed it: nothing can be told of what NoETL makes of it."""
        return NotJudgedError(f"{self.name}: {seconds:.0f} s later nothing shows that it hit")

    def unhealed(self, seconds: float) -> Exception:
        """Return that the database is not as it was: the sandbox's failure."""
        return SandboxError(
            f"{self.name}: {seconds:.0f} s after the healing nothing shows that it is over",
            "see logs/postgres.log in the run's folder",
        )


class EndedSessions(DatabaseFault):
    """Ends all sessions of NoETL's at NoETL's database, once."""

    name = "NoETL's sessions ended"

    def __init__(self, connect: Connect) -> None:
        super().__init__(connect)
        self._ended: set[tuple[Any, ...]] = set()

    def make(self) -> None:
        """End them."""
        with self._connect() as session:
            self._ended = end_sessions(session)

    def felt(self) -> str:
        """Tell how many there were, once all have gone."""
        with self._connect() as session:
            there = self._ended & set(session.execute(_STILL_THERE).fetchall())
        if there or not self._ended:
            return ""
        return f"{counted(len(self._ended), 'session')} of NoETL's ended"

    def heal(self) -> None:
        """Do nothing: whoever needs a session may make another one at once."""

    def healed(self) -> str:
        """Tell of a new connection."""
        return new_connection(self._connect)


class ReadOnlyDatabase(DatabaseFault):
    """Makes NoETL's database read-only to all new sessions, and ends NoETL's old ones."""

    name = "the database made read-only"

    def __init__(self, connect: Connect) -> None:
        super().__init__(connect)
        self._changed: datetime | None = None

    def make(self) -> None:
        """Make it read-only."""
        self._set("SET default_transaction_read_only = on")

    def felt(self) -> str:
        """Tell how a new session is refused a table, once no session of NoETL's is older."""
        refusal = self._refusal()
        return f"a new session can write nothing: {refusal}" if refusal and self._is_new() else ""

    def heal(self) -> None:
        """Make it as it was; the sessions that are read-only are ended."""
        self._set("RESET default_transaction_read_only")

    def healed(self) -> str:
        """Tell that a new session can make a table, once no session of NoETL's is older."""
        return "a new session can write" if not self._refusal() and self._is_new() else ""

    def _set(self, change: str) -> None:
        with self._connect() as session:
            session.execute("SET default_transaction_read_only = off")
            name = sql.Identifier(session.info.dbname)
            session.execute(sql.SQL("ALTER DATABASE {} {}").format(name, sql.SQL(change)))
            ((self._changed,),) = session.execute("SELECT clock_timestamp()").fetchall()
            end_sessions(session)

    def _is_new(self) -> bool:
        """Whether each session of NoETL's has begun after the change; end those that have not.

        One that was being made at that moment, or takes long to end, keeps the setting of before.
        """
        with self._connect() as session:
            return session.execute(_END_OLDER, (self._changed,)).fetchall() == [(0,)]

    def _refusal(self) -> str:
        with self._connect() as session:
            try:
                with session.transaction(force_rollback=True):
                    session.execute("CREATE TABLE public.acceptance_probe ()")
            except psycopg.errors.ReadOnlySqlTransaction as error:
                return str(error)
        return ""


class LockedTable(DatabaseFault):
    """Holds a lock on a table that lets nobody read or write it.

    Args:
        connect: makes a connection.
        table: its name, in the schema ``public``.
    """

    name = "a table locked"

    def __init__(self, connect: Connect, table: str) -> None:
        super().__init__(connect)
        self._table = sql.SQL("public.{}").format(sql.Identifier(table))
        self._name = table
        self._holder: Session | None = None

    def make(self) -> None:
        """Take the lock, as soon as nobody reads or writes the table."""
        self._holder = self._connect()
        self._holder.autocommit = False
        lock = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE")
        self._holder.execute(lock.format(self._table))

    def felt(self) -> str:
        """Tell how many sessions of NoETL's wait for it."""
        if self._holder is None:
            return ""
        with self._connect() as session:
            row = session.execute(_WAIT_FOR, (self._holder.info.backend_pid,)).fetchone()
        if not row or not row[0]:
            return ""
        return f"{counted(row[0], 'session')} of NoETL's waited for the table {self._name}"

    def heal(self) -> None:
        """Let go of it."""
        if self._holder is not None:
            self._holder.close()

    def healed(self) -> str:
        """Tell that the table can be read."""
        with self._connect(OUTAGE) as session:
            try:
                session.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(self._table))
            except FAILURES:
                return ""
        return "the table can be read"


def end_sessions(session: Session) -> set[tuple[Any, ...]]:
    """End all sessions at a session's database that are not the suite's.

    Returns:
        The process id and the beginning of each that was ended.

    Raises:
        psycopg.Error: the database is out of reach, or refuses.
    """
    return {(pid, began) for pid, began, ended in session.execute(_END) if ended}


def new_connection(connect: Connect) -> str:
    """Tell of a new connection to Postgres; empty where there is none."""
    try:
        connect(OUTAGE).close()
    except psycopg.OperationalError:
        return ""
    return "Postgres takes a new connection"
