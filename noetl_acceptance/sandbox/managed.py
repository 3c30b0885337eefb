"""What the two kinds of sandbox that the suite starts itself have in common."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import ClassVar, Literal, Self

from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.generations.rust import origin_under
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.model.wording import counted
from noetl_acceptance.options import Settings
from noetl_acceptance.places import LEDGERS
from noetl_acceptance.sandbox import readiness
from noetl_acceptance.sandbox.control import ServiceControl
from noetl_acceptance.sandbox.ledgers import Entry, Kept, KeptService, Ledger
from noetl_acceptance.sandbox.log_files import save
from noetl_acceptance.sandbox.passwords import PROFILE_API, new_passwords
from noetl_acceptance.sandbox.protocol import (
    Capability,
    Endpoints,
    Outside,
    RunFolder,
    ServiceState,
)
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.signals import shielded


class OwnSandbox(ABC):
    """Services that the suite has started, in this run or in an earlier one; see ``Sandbox``.

    Args:
        settings: what it is brought up with, or has been.
        folder: this run's; the logs are saved there.
        console: for lines about what goes on.
        ledger: of a kept sandbox; None for one that is to be brought up.
    """

    kind: ClassVar[Literal["compose", "embedded"]]
    capabilities = frozenset(Capability)
    reason = ""
    noetl_origin = ""
    endpoints: Endpoints
    noetl_version: str
    ready_seconds: float
    _engine = ""
    """The address of the Docker engine that has the services, where one has."""

    def __init__(
        self, settings: Settings, folder: RunFolder, console: Console, ledger: Ledger | None = None
    ) -> None:
        self.settings = settings
        self.workers = settings.workers
        self.stays = ledger is not None
        if ledger is None:
            hidden = new_passwords()
            for each in filter(None, (*settings.image_settings, settings.noetl_settings)):
                hidden |= each.secrets
            ledger = Ledger.begin(LEDGERS, folder, hidden)
        self._ledger = ledger
        self._place = ledger.entry.place
        self._logs = folder.logs
        self._console = console
        self._began = time.time()
        self._closed = False
        self._links: LinkProxy | None = None

    @classmethod
    def adopt(
        cls, settings: Settings, folder: RunFolder, console: Console, ledger: Ledger, kept: Kept
    ) -> Self:
        """Return a kept sandbox in whatever state it is; as ``attaching.adopt``."""
        sandbox = cls(settings, folder, console, ledger)
        sandbox.reason = f"kept as {ledger.entry.sandbox_id}"
        sandbox.endpoints = kept.endpoints
        sandbox.noetl_version = kept.noetl_version
        sandbox.noetl_origin = kept.noetl_origin
        sandbox._began = kept.since
        sandbox._adopt_services(kept.services)
        return sandbox

    def _tell_origin(self, origin: str) -> None:
        """Take where the build comes from, as far as own settings leave that true."""
        self.noetl_origin = origin_under(origin, self._own_settings)

    @property
    def _own_settings(self) -> Mapping[str, str]:
        """The settings of NoETL that are the user's own."""
        own = self.settings.noetl_settings
        return own.values if own else {}

    @property
    def _control_token(self) -> str:
        return self.secrets.get(PROFILE_API, "")  # one kept by an older suite has none

    @property
    def secrets(self) -> Mapping[str, str]:
        """The passwords made for this sandbox, by what they are for."""
        return self._ledger.entry.secrets

    @property
    def links(self) -> LinkProxy:
        """The proxy in the links between the services.

        Raises:
            SuiteError: they were started without one.
        """
        if self._links is None:
            raise SuiteError("this sandbox was brought up without a proxy in its links")
        return self._links

    @abstractmethod
    def states(self) -> list[ServiceState]:
        """Return the state of every service."""

    @abstractmethod
    def processes(self) -> dict[str, list[int]]:
        """Return the ids of each service's processes on this machine, children included."""

    @abstractmethod
    def log(self, service: str) -> Iterator[str]:
        """Yield the whole log of a service as it stands, raw, in parts of whole lines."""

    @abstractmethod
    def new_logs(self) -> dict[str, Iterator[str]]:
        """Return the whole lines that each service has logged since the last time; raw."""

    @abstractmethod
    def log_tail(self, service: str, lines: int = 20) -> list[str]:
        """Return the last lines of a service's log without passwords; empty when there is none."""

    @property
    @abstractmethod
    def control(self) -> ServiceControl:
        """What can be done to the services."""

    @abstractmethod
    def open_outside(self) -> Outside:
        """Start a server that is outside of the sandbox and yet on this machine, once."""

    def require_up(self) -> None:
        """Go on only while every service of a kept sandbox runs.

        Raises:
            SandboxError: one has ended.
        """
        wanted = self._ledger.entry.kept
        states = {state.name: state for state in self.states()}
        for name in [service.name for service in wanted.services] if wanted else []:
            state = states.get(name, ServiceState(name, running=False))
            if not state.running:
                sandbox_id = self._place.sandbox_id
                raise SandboxError(
                    f"{name} of the kept sandbox {sandbox_id} {state.told}",
                    f"`noetl-acceptance down {sandbox_id}`, and bring another up",
                    "\n".join(self.log_tail(name)),
                )

    def keep(self) -> Entry:
        """Have the sandbox stay up after this run; return what is to be known of it."""
        self._ledger.keep(
            Kept(
                kind=self.kind,
                since=self._began,
                noetl=self.settings.noetl,
                workers=self.workers,
                worker_inflight=self.settings.worker_inflight,
                noetl_version=self.noetl_version,
                noetl_origin=self.noetl_origin,
                endpoints=self.endpoints,
                services=tuple(self._services_to_keep()),
                engine=self._engine,
                noetl_worker=self.settings.noetl_worker,
                noetl_settings=self.settings.noetl_settings,
                image_settings=self.settings.image_settings,
            )
        )
        self.stays = True
        return self._ledger.entry

    @contextmanager
    def _coming_up(self) -> Iterator[None]:
        """Time the bring-up inside; remove everything where it does not end well."""
        began = time.monotonic()
        _not_closed.append(self)
        try:
            yield
        except BaseException:
            self._give_up()
            raise
        self.ready_seconds = time.monotonic() - began

    def _give_up(self) -> None:
        """Remove what has not come up; a trouble with that is told, and hides no cause."""
        try:
            self.close()
        except (SandboxError, OSError) as error:
            self._console.say(f"error: {error}")

    def close(self) -> None:
        """Save the logs; stop and remove everything unless it stays.

        No signal cuts it short; what an error has cut short is gone on with by the next call.
        """
        with shielded():
            if self._closed:
                return
            if self._links is not None:
                self._links.close()
            if self.stays:
                try:
                    self._save_logs(self._log_of_run)
                finally:
                    self.disconnect()
                    self._ledger.let_go()
            else:
                self._take_down()
                self._ledger.close()
            self._closed = True
            if self in _not_closed:
                _not_closed.remove(self)

    def _wait_until_ready(self) -> None:
        health = f"{self.endpoints.noetl}/api/health"
        control = f"{self.endpoints.profile_api}/_control/health"
        self._wait(lambda: readiness.answers(control), "the profile API answering")
        self._wait(lambda: readiness.answers(health), "NoETL's API answering")
        self._wait(
            lambda: readiness.waiting_pulls(self._monitor()) >= self.workers,
            f"{counted(self.workers, 'worker')} subscribed to NATS",
        )

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        readiness.wait_until(ready, what, self._check_services, self._console, self.processes)

    @abstractmethod
    def _monitor(self) -> str:
        """Return the address of NATS's monitor."""

    @abstractmethod
    def _check_services(self) -> None:
        """Go on only while every service runs."""

    @abstractmethod
    def disconnect(self) -> None:
        """Give up what this process holds of a sandbox that stays."""

    def take_down(self) -> None:
        """End a kept sandbox: nothing of it is left but its logs."""
        self.stays = False
        self.close()

    def _save_logs(self, log: Callable[[str], Iterator[str]]) -> None:
        """Save the log of each service; one that cannot be is told, and stops nothing."""
        for state in self.states():
            try:
                save(self._logs, state.name, log(state.name), self.secrets.values())
            except OSError as error:
                self._console.say(f"the log of {state.name} could not be saved: {error}")

    @abstractmethod
    def _log_of_run(self, service: str) -> Iterator[str]:
        """Yield what a service has logged since this run brought it up or attached to it; raw."""

    @abstractmethod
    def _adopt_services(self, services: Sequence[KeptService]) -> None:
        """Find the services of a kept sandbox again."""

    @abstractmethod
    def _services_to_keep(self) -> Sequence[KeptService]:
        """Return what the services are to be found by."""

    @abstractmethod
    def _take_down(self) -> None:
        """Save the logs, then stop and remove everything."""


_not_closed: list[OwnSandbox] = []
"""The sandboxes that this process has begun to bring up, until they are closed."""


def close_what_is_left() -> None:
    """Close the sandboxes of this process whose own close was cut short, failed or never came.

    Raises:
        SandboxError: one could not be taken down.
    """
    with ExitStack() as closing:
        for sandbox in _not_closed:
            closing.callback(sandbox.close)
