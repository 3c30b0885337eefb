"""A sandbox that is up, and the suite's connections to it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cached_property

from noetl_acceptance.errors import AcceptanceError, SandboxError
from noetl_acceptance.execution.connections import Connections
from noetl_acceptance.execution.faults.victims import Workers
from noetl_acceptance.execution.fixtures.table_race import Race, racing
from noetl_acceptance.execution.recorder import Recorder
from noetl_acceptance.execution.recovery import await_recovery
from noetl_acceptance.execution.service_monitor import ServiceMonitor
from noetl_acceptance.model.leak import Leak
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.request import DEFAULT_CREDENTIAL, Credential, CredentialState
from noetl_acceptance.noetl import event_log
from noetl_acceptance.noetl.api import NoetlApi
from noetl_acceptance.noetl.catalog import registered
from noetl_acceptance.noetl.cli import NoetlCli
from noetl_acceptance.option_values import STANDSTILL
from noetl_acceptance.options import Settings
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.sandbox import open_sandbox
from noetl_acceptance.sandbox.protocol import Capability, RunFolder, Sandbox, require
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.lasting_connection import LastingConnection
from noetl_acceptance.support.measuring import Reader, services_pace
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually

SECOND_DATABASE = "noetl_acceptance_second"
"""It stays where the sandbox does: a worker keeps a pool of connections to it, and while that waits
for a database that has gone the worker puts off all commands for databases (2.8.9)."""

EMPTY_DATABASE = "noetl_acceptance_empty"
"""It stays likewise; it is empty when an execution starts that asks for one."""

_DATABASES: dict[CredentialState, str] = {
    "of the second database": SECOND_DATABASE,
    "of an empty database": EMPTY_DATABASE,
}

NO_DATABASE = "no_such_database"

NO_HOST = "127.0.0.2"
"""Where no Postgres listens, for a sandbox's services and containers alike."""


@dataclass(frozen=True, slots=True)
class UnfinishedExecution:
    """An execution that may be at work still, the journal of its calls, when it was asked for."""

    execution_id: str
    journal: str
    asked: float | None


class ConnectedSandbox:
    """One sandbox from bring-up to take-down, with what has been registered in it.

    Args:
        sandbox: up and ready; the sandbox owns it from here on.
        folder: the sandbox's places in the run's folder.
        console: for lines about what goes on.
        gives_up_hangs: whether the wait for an execution ends where it is proven to hang.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        folder: RunFolder,
        console: Console,
        *,
        gives_up_hangs: bool = False,
    ) -> None:
        self.sandbox = sandbox
        self._folder = folder
        self.console = console
        endpoints = sandbox.endpoints
        self.wrong_password = secrets.token_urlsafe(18)
        self.api = NoetlApi(endpoints.noetl, self.secrets())
        self.profile_api = ProfileApi(endpoints.profile_api, endpoints.control_token)
        self.connections = Connections(sandbox)
        self.connection = self.connections.main
        self.watch = ServiceMonitor(sandbox)
        self.reader = Reader(sandbox.processes)
        self.recorder = Recorder(
            sandbox,
            self.reader,
            self.api,
            lambda: self.cli,
            self.profile_api,
            self.connection,
            console,
            self.watch,
            len(self.profile_api.attempts()) if sandbox.stays else 0,
            gives_up_hangs=gives_up_hangs,
        )
        self.workers = Workers(sandbox)
        self.begin()
        self._registered: PlaybookPair | None = None
        self._trouble = ""
        self._credentials: dict[str, Credential] = {}

    @classmethod
    def open(cls, settings: Settings, folder: RunFolder, console: Console) -> ConnectedSandbox:
        """Bring a sandbox up and connect to it.

        Raises:
            UsageError: this machine cannot run what was asked for.
            SandboxError: a service did not come up; nothing of it is left.
        """
        folder.logs.mkdir(parents=True)
        sandbox = open_sandbox(settings, folder, console)
        try:
            await_recovery(sandbox, console)
            return cls(sandbox, folder, console, gives_up_hangs=settings.give_up == STANDSTILL)
        except BaseException:
            sandbox.close()
            raise

    def begin(self) -> None:
        """Measure the pace from now on: that of the scenario which begins to use it."""
        self.pace = services_pace(self.reader)

    @cached_property
    def cli(self) -> NoetlCli:
        """NoETL's command line, with this sandbox's server as its context."""
        return NoetlCli.open(
            self._folder.command_line,
            self.sandbox.endpoints.noetl,
            self.console,
            self.secrets(),
            lambda: services_pace(self.reader),
        )

    def register_playbooks(self, pair: PlaybookPair) -> None:
        """Register a pair, worker first, unless it is what is registered already."""
        if pair != self._registered:
            self.api.register_playbook(pair.worker.text)
            self.api.register_playbook(pair.parent.text)
            self._registered = pair

    def forget_playbooks(self) -> None:
        """Have the playbooks registered anew when they are asked for next: others stand there."""
        self._registered = None

    def registered_pair(self, pair: PlaybookPair) -> PlaybookPair:
        """Return a pair with its texts as they stand in NoETL's catalog."""
        parent, worker = (registered(self.connection, each) for each in (pair.parent, pair.worker))
        return pair.model_copy(update={"parent": parent, "worker": worker})

    def set_credential(self, credential: Credential) -> None:
        """Bring NoETL's knowledge of a credential into the state that it names.

        Beside another one the default is registered, unless a scenario has had it otherwise: who
        takes it instead of the one that the run names is then found out.
        """
        if credential.name != DEFAULT_CREDENTIAL and DEFAULT_CREDENTIAL not in self._credentials:
            self.set_credential(Credential())
        if self._credentials.get(credential.name) == credential:
            return
        if credential.state == "unregistered":
            self.api.delete_credential(credential.name)
        else:
            self.api.put_credential(credential.name, self._data(credential))
        self._credentials[credential.name] = credential

    def _data(self, credential: Credential) -> Mapping[str, str]:
        right = dict(self.sandbox.endpoints.credential)
        match credential.state:
            case "of the second database" | "of an empty database":
                name = _DATABASES[credential.state]
                self.connections.to(name)
                return {**right, "db_name": name}
            case "wrong password":
                return {**right, "db_password": self.wrong_password}
            case "wrong host":
                return {**right, "db_host": NO_HOST}
            case "wrong database":
                return {**right, "db_name": NO_DATABASE}
        return right

    def race(self, executions: int, *, time_scale: float) -> AbstractContextManager[Race]:
        """Return what has executions make the tables at the same moment in the empty database."""
        holding = self.connections.connect(dbname=EMPTY_DATABASE)
        holding.autocommit = False
        looking = self.connections.to(EMPTY_DATABASE)
        return racing(holding, looking, executions, time_scale=time_scale)

    def secrets(self) -> list[str]:
        """Return the passwords of this sandbox, and the wrong one."""
        return [*self.sandbox.secrets.values(), self.wrong_password]

    def find_leaks(self, service: str) -> list[Leak]:
        """Look for a service's passwords in all raw logs and in NoETL's event log.

        Args:
            service: ``postgres`` (a wrong password counts as well) or ``nats``.

        Raises:
            NotJudgedError: the logs are out of reach.
        """
        require(self.sandbox, Capability.LOGS)
        secrets = {f"the password of {service}": self.sandbox.secrets[service]}
        if service == "postgres":
            secrets["the wrong password"] = self.wrong_password
        told: dict[str, set[str]] = {word: set() for word in secrets.values()}
        for state in self.sandbox.states():
            for part in self.sandbox.log(state.name):
                for word, kinds in told.items():
                    if word in part:
                        kinds.add(state.name.partition("-")[0])
        found = []
        for name, word in secrets.items():
            places = [f"the log of the {kind}" for kind in sorted(told[word])]
            found += [Leak(secret=name, place=place) for place in places]
            row = self.connection.execute(
                "SELECT count(*) FROM noetl.event AS e WHERE strpos(e::text, %s) > 0", (word,)
            ).fetchone()
            if row and row[0]:
                found.append(Leak(secret=name, place="the event log"))
        return found

    def database(self, credential: Credential) -> LastingConnection:
        """Return the connection to the database in which a credential's rows must be looked for."""
        name = _DATABASES.get(credential.state)
        return self.connections.to(name) if name else self.connection

    def distrust(self, trouble: str) -> None:
        """Have nothing judged on it any more: an error was met there, in a few words."""
        self._trouble = trouble

    def renew(self) -> None:
        """Follow the server to the address that it has after it was started again."""
        url = self.sandbox.endpoints.noetl
        self.api.move_to(url)
        if "cli" in vars(self):  # else it is opened with this address
            self.cli.move_to(url)

    def unfit(self) -> str:
        """Return why nothing can be judged on it any more, in words; empty where all is well."""
        if self._trouble:
            return self._trouble
        try:
            gone = self.watch.unfit()
        except SandboxError as error:
            return error.cause
        if gone:
            return ", ".join(gone)
        return self.connections.lost()

    def still_at_work(self, execution: UnfinishedExecution, seconds: float) -> str:
        """Return what of an execution is at work, in words; empty once nothing is.

        Args:
            execution: which.
            seconds: how long to wait until nothing is.

        Raises:
            SandboxError: a service cannot be reached.
        """
        with suppress(DeadlineError, StarvedError):
            eventually(
                lambda: self.recorder.still_at_work(execution.execution_id, execution.journal),
                lambda busy: not busy,
                seconds=seconds,
                what="the rest of its commands",
                pace=services_pace(self.reader),
            )
            return ""
        steps = event_log.open_steps(
            self.connection, execution.execution_id, execution.asked, time.time()
        )
        return ", ".join(steps) or "a call to the profile API is open"

    def close(self) -> None:
        """Disconnect, and take the sandbox down unless it stays."""
        self.reader.close()
        try:
            if self.sandbox.stays:
                self._put_back()
            self.connections.close()
            self.api.close()
            self.profile_api.close()
        finally:
            self.sandbox.close()

    def _put_back(self) -> None:
        """Leave the default credential as those who use the sandbox next need it."""
        try:
            if self._credentials.get(DEFAULT_CREDENTIAL):
                self.set_credential(Credential())
        except (AssertionError, AcceptanceError) as error:
            self.console.say(f"the sandbox stays up, but without its default credential: {error}")
