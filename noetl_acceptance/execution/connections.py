"""The suite's own connections to the databases of one sandbox."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.generations.editions import is_rust
from noetl_acceptance.sandbox.postgres import reachable
from noetl_acceptance.sandbox.protocol import Sandbox
from noetl_acceptance.support.database import Connection, connect
from noetl_acceptance.support.lasting_connection import FAILURES, USUAL, LastingConnection, Patience

_KNOWN = "SELECT 1 FROM pg_database WHERE datname = %s"


class Connections:
    """Connections that outlast a Postgres which is started anew, at whatever port it then has.

    Args:
        sandbox: up and ready.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached, or refuses.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.refusals: list[str] = []
        """Why connections were not to be had, in Postgres's words."""
        self._noetl_unnamed = is_rust(sandbox.noetl_version)
        self.main = LastingConnection(self.connect)
        """To NoETL's own database."""
        self._others: dict[str, LastingConnection] = {}

    def connect(self, patience: Patience = USUAL, **more: str) -> Connection[tuple[Any, ...]]:
        """Return a further connection to NoETL's own database, where it is by now.

        Args:
            patience: how long to wait for Postgres.
            more: instead of what the sandbox's conninfo says.

        Raises:
            psycopg.OperationalError: Postgres cannot be reached, or refuses.
        """
        try:
            return connect(
                self._sandbox.endpoints.database,
                connect_seconds=patience.connect,
                statement_seconds=patience.statement,
                lock_seconds=patience.lock,
                silent_seconds=patience.silent,
                noetl_unnamed=self._noetl_unnamed,
                **more,
            )
        except psycopg.OperationalError as error:
            self.refusals.append(str(error))
            raise

    def to(self, database: str) -> LastingConnection:
        """Return the connection to a database beside NoETL's own; make what there is not.

        Raises:
            NotJudgedError: the user may make no database.
        """
        if database not in self._others:
            self._make(database)
            self._others[database] = LastingConnection(
                lambda patience: self.connect(patience, dbname=database)
            )
        return self._others[database]

    def _make(self, database: str) -> None:
        if self.main.execute(_KNOWN, (database,)).fetchone() is not None:
            return
        try:
            self.main.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        except psycopg.errors.InsufficientPrivilege:
            raise NotJudgedError("the user may make no second database") from None

    def expect_outage(self) -> None:
        """Have Postgres go away: from now on a look at it takes 2 s at most.

        One that fails raises ``OutageError``, until ``reconnect``.

        Raises:
            SandboxError: Postgres has gone already.
        """
        with reachable():
            for connection in self._all():
                connection.expect_outage()

    def reconnect(self) -> None:
        """Make all connections anew, to where Postgres is by now; no outage is expected any more.

        Raises:
            SandboxError: Postgres cannot be reached.
        """
        with reachable():
            for connection in self._all():
                connection.renew()

    def lost(self) -> str:
        """Return why one of them is of no use, in words; empty where all work."""
        try:
            for connection in self._all():
                connection.execute("SELECT 1")
        except FAILURES as error:
            return f"the connection to Postgres is lost: {str(error).strip()}"
        return ""

    def close(self) -> None:
        """Disconnect."""
        for connection in self._all():
            connection.close()

    def _all(self) -> list[LastingConnection]:
        return [self.main, *self._others.values()]
