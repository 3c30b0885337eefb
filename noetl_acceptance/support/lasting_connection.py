"""A connection to Postgres that can be made anew, while those who hold it notice nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from psycopg.abc import Params, QueryNoTemplate
from psycopg.rows import RowFactory

from noetl_acceptance.errors import AcceptanceError, NotJudgedError, SandboxError
from noetl_acceptance.support.database import (
    CONNECT_SECONDS,
    LOCK_SECONDS,
    SILENT_SECONDS,
    STATEMENT_SECONDS,
    Connection,
    LockedByNoetlError,
    RowOf,
)

FAILURES = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    AcceptanceError,
    NotJudgedError,
    LockedByNoetlError,
)
"""What a statement raises where Postgres is lost, frozen, refuses or lets it wait."""


class OutageError(SandboxError):
    """Postgres did not answer a statement, as was to be expected at that time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the suite waits for Postgres, in seconds.

    Args:
        connect: for a connection.
        statement: for Postgres to work on one statement.
        lock: for a lock that a statement needs.
        silent: how much longer for an answer than Postgres may work.
    """

    connect: int = CONNECT_SECONDS
    statement: float = STATEMENT_SECONDS
    lock: float = LOCK_SECONDS
    silent: float = SILENT_SECONDS


USUAL = Patience()

OUTAGE = Patience(connect=2, statement=1.5, lock=1.0, silent=0.5)
"""While an outage is expected: whatever is asked, an answer or an error comes within 2 s."""


class Connect(Protocol):
    """Makes a connection to where the database is by now."""

    def __call__(self, patience: Patience) -> Connection[tuple[Any, ...]]:
        """Return a new connection.

        Raises:
            psycopg.OperationalError: the server cannot be reached, or refuses.
        """
        ...


class LastingConnection:
    """A connection in autocommit mode, and after that is lost another one.

    As a rule a lost connection stays lost, and whoever uses it gets psycopg's error. While an
    outage is expected, whatever goes wrong is an ``OutageError`` that comes soon, and the next
    statement tries another connection.

    Args:
        connect: makes a connection; called at once.

    Raises:
        psycopg.OperationalError: the server cannot be reached, or refuses.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._outage = False
        self._connection = connect(USUAL)

    @property
    def info(self) -> psycopg.ConnectionInfo:
        """What is known of the connection of now."""
        return self._connection.info

    def execute(
        self, query: QueryNoTemplate, params: Params | None = None
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one statement.

        Raises:
            OutageError: it cannot be run now, and an outage is expected. The same for what follows.
        """
        with self._usable() as connection:
            return connection.execute(query, params)

    @contextmanager
    def cursor(self, *, row_factory: RowFactory[RowOf]) -> Iterator[psycopg.Cursor[RowOf]]:
        """Give a cursor whose rows are made by a factory; it is closed in the end."""
        with self._usable() as connection, connection.cursor(row_factory=row_factory) as cursor:
            yield cursor

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Have the statements inside take effect together, or not at all."""
        with self._usable() as connection, connection.transaction():
            yield

    def expect_outage(self) -> None:
        """Be impatient from now on, and call what goes wrong an outage.

        Raises:
            SandboxError: Postgres does not answer now.
            psycopg.OperationalError: the connection is lost already.
        """
        self._connection.limit(
            statement_seconds=OUTAGE.statement,
            lock_seconds=OUTAGE.lock,
            silent_seconds=OUTAGE.silent,
        )
        self._outage = True

    def renew(self) -> None:
        """Make the connection anew, as patient as usual; no outage is expected any more.

        Raises:
            psycopg.OperationalError: the server cannot be reached, or refuses; nothing has changed.
        """
        renewed = self._connect(USUAL)
        self._connection.close()
        self._connection, self._outage = renewed, False

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    @contextmanager
    def _usable(self) -> Iterator[Connection[tuple[Any, ...]]]:
        if not self._outage:
            yield self._connection
            return
        try:
            if self._connection.closed:
                self._connection = self._connect(OUTAGE)
            yield self._connection
        except OutageError:
            raise
        except FAILURES as error:
            raise OutageError(f"Postgres is out of reach, as is expected: {error}") from error
