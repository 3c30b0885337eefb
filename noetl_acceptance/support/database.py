"""The suite's own connections to Postgres.

Nothing of the user's environment decides about them, and none waits for good: for a connection, an
answer or a lock. Who holds a lock for too long is told by name.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, Self, TypeVar, cast

import psycopg
from psycopg import sql
from psycopg.abc import Params, PQGen, QueryNoTemplate
from psycopg.conninfo import make_conninfo
from psycopg.rows import Row, RowFactory

from noetl_acceptance.errors import NotJudgedError, SandboxError, SuiteError

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 120.0
"""How long Postgres may work on one statement."""

LOCK_SECONDS = 30.0
"""How long a statement may wait for a lock that somebody else holds."""

SILENT_SECONDS = 30.0
"""How much longer we wait than Postgres may work: one that is frozen ends no statement itself."""

SUITE = "noetl-acceptance"
NOETL = "noetl"
"""The application names of the suite's sessions, and of NoETL's in a sandbox of the suite's own."""

_ENVIRONMENT = threading.Lock()

RowOf = TypeVar("RowOf")


class Database(Protocol):
    """What statements are run on, in autocommit mode: a connection, or one that lasts."""

    @property
    def info(self) -> psycopg.ConnectionInfo:
        """What is known of the connection."""
        ...

    def execute(
        self, query: QueryNoTemplate, params: Params | None = None
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one statement."""
        ...

    def cursor(
        self, *, row_factory: RowFactory[RowOf]
    ) -> AbstractContextManager[psycopg.Cursor[RowOf]]:
        """Return a cursor whose rows are made by a factory; it is closed in the end."""
        ...

    def transaction(self) -> AbstractContextManager[object]:
        """Have the statements inside take effect together, or not at all."""
        ...


class LockedByNoetlError(AssertionError):
    """A session of NoETL's holds a lock for so long that the outcome cannot be read."""


class Cursor(psycopg.Cursor[Row]):
    """A cursor that tells what a statement has waited for in vain."""

    def execute(  # type: ignore[override] # templates are not used here
        self,
        query: QueryNoTemplate,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """Run one statement.

        Raises:
            LockedByNoetlError: a session of NoETL's own held a lock for too long.
            NotJudgedError: a session did that may be NoETL's, and may be somebody else's.
            SandboxError: another session did, or the statement took too long.
            psycopg.Error: the database refuses it, or the connection is lost.
        """
        try:
            return super().execute(query, params, prepare=prepare, binary=binary)
        except psycopg.errors.LockNotAvailable as error:
            raise _locked(cast("Connection[Any]", self.connection)) from error
        except psycopg.errors.QueryCanceled as error:
            text = query.as_string(self) if isinstance(query, sql.Composable) else query
            raise SandboxError(
                f"Postgres ended a query of the suite ({error}): {_words(text)}",
                "try again when the machine is less busy",
            ) from error


class Connection(psycopg.Connection[Row]):
    """A connection that does not wait for good for a Postgres that is frozen."""

    silent_after: float | None = None
    """Seconds of silence after which it gives up; None for any time."""
    lock_seconds: float = LOCK_SECONDS
    """How long its statements wait for a lock."""
    noetl_unnamed: bool = False
    """Whether a session without a name may be NoETL's."""

    def limit(
        self, *, statement_seconds: float | None, lock_seconds: float, silent_seconds: float
    ) -> None:
        """Say how long a statement may take, and how long it may wait for a lock.

        Args:
            statement_seconds: how long Postgres may work on one; None for any time.
            lock_seconds: how long it may wait for a lock.
            silent_seconds: how much longer we wait than Postgres may work.

        Raises:
            SandboxError: Postgres does not answer.
        """
        self.lock_seconds = lock_seconds
        if statement_seconds is None:
            self.silent_after = None
        else:
            self.silent_after = statement_seconds + silent_seconds
        self.execute(
            f"SET statement_timeout = {round((statement_seconds or 0) * 1000)}; "
            f"SET lock_timeout = {round(lock_seconds * 1000)}"
        )

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for Postgres.

        Raises:
            SandboxError: it answered nothing for too long; the connection is closed.
        """
        try:
            return super().wait(gen, interval, self.silent_after if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - it has no public name
            self.pgconn.finish()
            raise SandboxError(
                f"Postgres has answered nothing for {self.silent_after:.0f} s",
                "see logs/postgres.log in the run's folder",
            ) from None


def connect(
    conninfo: str,
    *,
    connect_seconds: int = CONNECT_SECONDS,
    statement_seconds: float | None = STATEMENT_SECONDS,
    lock_seconds: float = LOCK_SECONDS,
    silent_seconds: float = SILENT_SECONDS,
    variables: Collection[str] = (),
    noetl_unnamed: bool = False,
    **more: str,
) -> Connection[tuple[Any, ...]]:
    """Return a connection in autocommit mode.

    Args:
        conninfo: libpq's.
        connect_seconds: how long the server may take to answer.
        statement_seconds: how long a statement may take; None for any time.
        lock_seconds: how long it may wait for a lock.
        silent_seconds: how much longer we wait than Postgres may work.
        variables: which of libpq's environment variables (``PG…``) count; none, as a rule.
        noetl_unnamed: whether a session without an application name may be NoETL's.
        more: instead of what conninfo says.

    Raises:
        psycopg.OperationalError: the server cannot be reached, or refuses.
    """
    with _without_variables(variables):
        settled = make_conninfo(
            conninfo, connect_timeout=connect_seconds, application_name=SUITE, **more
        )
        connection = Connection.connect(
            settled,
            autocommit=True,
            cursor_factory=cast("type[Cursor[Any]]", Cursor),
        )
    connection.noetl_unnamed = noetl_unnamed
    connection.limit(
        statement_seconds=statement_seconds,
        lock_seconds=lock_seconds,
        silent_seconds=silent_seconds,
    )
    return connection


@contextmanager
def _without_variables(kept: Collection[str]) -> Iterator[None]:
    """Hide the user's settings of libpq, which it takes for all that a conninfo leaves open."""
    with _ENVIRONMENT:
        names = [name for name in os.environ if name.startswith("PG") and name not in kept]
        hidden = {name: os.environ.pop(name) for name in names}
        try:
            yield
        finally:
            os.environ.update(hidden)


_HOLDER = """
SELECT a.application_name, a.pid, a.usename, coalesce(host(a.client_addr), 'this machine'),
       extract(epoch FROM clock_timestamp() - a.query_start)::float8, a.query,
       l.relation::regclass::text
FROM pg_stat_activity AS a
JOIN pg_locks AS l ON l.pid = a.pid AND l.granted AND l.locktype = 'relation'
JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()
JOIN pg_class AS c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_'
WHERE a.pid NOT IN (pg_backend_pid(), %(waiting)s)
  AND a.xact_start <= clock_timestamp() - %(seconds)s * interval '1 s'
ORDER BY array_position(
  ARRAY['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock',
        'ShareUpdateExclusiveLock', 'RowExclusiveLock', 'RowShareLock', 'AccessShareLock'], l.mode),
  a.xact_start
LIMIT 1
"""
"""Whose transaction has lasted at least as long as we have waited, the strongest lock first."""


def _locked(waiting: Connection[Any]) -> Exception:
    """Return what a lock that was not to be had means, with the session that holds it."""
    seconds = waiting.lock_seconds
    with connect(waiting.info.dsn, password=waiting.info.password) as asking:
        held = asking.execute(
            _HOLDER, {"waiting": waiting.info.backend_pid, "seconds": seconds}
        ).fetchone()
    if held is None:
        return SandboxError(
            f"a lock in the database {waiting.info.dbname} was not to be had within {seconds:g} s",
            "nothing that holds one for so long is in sight any more: try again",
        )
    name, pid, user, host, since, query, table = held
    session = f"the session {name or 'without a name'} (pid {pid}, user {user}, from {host}"
    began = "" if since is None else f", its last query began {since:.0f} s ago: {_words(query)}"
    line = f"{table} has been locked for {seconds:g} s or more by {session}{began})"
    if name == NOETL:
        return LockedByNoetlError(f"NoETL does not let go of a table: {line}")
    if name == SUITE:
        return SuiteError(line, "the suite stands in its own way")
    if not name and waiting.noetl_unnamed:
        return NotJudgedError(f"{line}; the sessions of NoETL's workers have no name here either")
    return SandboxError(line, f"end that session: SELECT pg_terminate_backend({pid})")


def _words(query: object) -> str:
    text = query.decode(errors="replace") if isinstance(query, bytes) else str(query)
    return " ".join(text.split())[:100]
