"""A sandbox that is up, and the suite's connections to it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from noetl_acceptance.console import Console
from noetl_acceptance.interrupts import shielded
from noetl_acceptance.noetl.api import NoetlApi
from noetl_acceptance.noetl.catalog import registered
from noetl_acceptance.noetl.pair import Pair
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.recorder import Recorder
from noetl_acceptance.sandbox import open_sandbox
from noetl_acceptance.sandbox.protocol import RunFolder, Sandbox
from noetl_acceptance.settings import Settings

SECOND_DATABASE = "second"


class Stage:
    """One sandbox from bring-up to take-down, with what has been registered in it.

    Args:
        sandbox: up and ready; the stage owns it from here on.
        pair: the playbooks under test.
        console: for lines about what goes on.
    """

    def __init__(self, sandbox: Sandbox, pair: Pair, console: Console) -> None:
        self.sandbox = sandbox
        self.pair = pair
        endpoints = sandbox.endpoints
        self.api = NoetlApi(endpoints.noetl)
        self.profile_api = ProfileApi(endpoints.profile_api)
        self.connection: psycopg.Connection[Any] = psycopg.connect(
            endpoints.database, autocommit=True
        )
        self.recorder = Recorder(
            sandbox, self.api, self.profile_api, self.connection, pair, console
        )
        self._databases: dict[str | None, psycopg.Connection[Any]] = {None: self.connection}
        self._registered = False

    @classmethod
    def open(cls, settings: Settings, folder: RunFolder, pair: Pair, console: Console) -> Stage:
        """Bring a sandbox up and connect to it.

        Raises:
            UsageError: this machine cannot run what was asked for.
            SandboxError: a service did not come up; nothing of it is left.
        """
        folder.logs.mkdir(parents=True)
        sandbox = open_sandbox(settings, folder, console)
        try:
            return cls(sandbox, pair, console)
        except BaseException:
            with shielded():
                sandbox.close()
            raise

    def register_playbooks(self) -> None:
        """Register the pair, worker first; once on a stage."""
        if not self._registered:
            self.api.register_playbook(self.pair.worker.text)
            self.api.register_playbook(self.pair.parent.text)
            self._registered = True

    def registered_pair(self) -> Pair:
        """Return the pair with its texts as they stand in NoETL's catalog."""
        return Pair(
            parent=registered(self.connection, self.pair.parent),
            worker=registered(self.connection, self.pair.worker),
            names=self.pair.names,
        )

    def register_credential(self, name: str) -> None:
        """Register a credential for the outcome database under that name."""
        self.api.put_credential(name, self.sandbox.endpoints.credential)

    def register_second_database(self, credential: str) -> None:
        """Make an empty database and register a credential for it; once on a stage."""
        if credential in self._databases:
            return
        name = sql.Identifier(SECOND_DATABASE)
        self.connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        self._databases[credential] = psycopg.connect(
            make_conninfo(self.sandbox.endpoints.database, dbname=SECOND_DATABASE), autocommit=True
        )
        data = {**self.sandbox.endpoints.credential, "db_name": SECOND_DATABASE}
        self.api.put_credential(credential, data)

    def database(self, credential: str | None) -> psycopg.Connection[Any]:
        """Return the connection to the database that a credential names (None: the default)."""
        return self._databases[credential]

    def close(self) -> None:
        """Disconnect and take the sandbox down."""
        for connection in self._databases.values():
            connection.close()
        self.api.close()
        self.profile_api.close()
        self.sandbox.close()
