"""What the controls of both kinds of sandbox have in common: they look in the same way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.generations.services import USER
from noetl_acceptance.sandbox import postgres, readiness
from noetl_acceptance.sandbox.broker import broker_parts, broker_state
from noetl_acceptance.sandbox.control import BrokerPart, BrokerPartKind, BrokerState
from noetl_acceptance.sandbox.jetstream import JetStream
from noetl_acceptance.sandbox.protocol import Endpoints, ServiceState
from noetl_acceptance.support.ports import HOST

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sight:
    """Where a control sees how its sandbox stands.

    Args:
        states: tells the states of the services.
        endpoints: tells the addresses of now.
        monitor: tells the address of NATS's monitor of now.
        nats_password: of NoETL's user there.
    """

    states: Callable[[], Sequence[ServiceState]]
    endpoints: Callable[[], Endpoints]
    monitor: Callable[[], str]
    nats_password: str = field(repr=False)


class OwnControl(ABC):
    """The services of a sandbox that the suite has started; see ``ServiceControl``."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight

    @abstractmethod
    def kill(self, service: str) -> None:
        """End a service at once, with all of its processes."""

    @abstractmethod
    def terminate(self, service: str) -> None:
        """Ask a service to end, as an orderly stop does."""

    @abstractmethod
    def start(self, service: str) -> None:
        """Start a service that has ended, as it was started first."""

    @abstractmethod
    def update(self, service: str, *, beside: bool) -> None:
        """Start a service of NoETL's that has ended as another release."""

    @abstractmethod
    def release_of(self, service: str) -> str:
        """Return the release that a service of NoETL's runs; empty where it cannot be told."""

    @abstractmethod
    def pause(self, service: str) -> None:
        """Freeze all processes of a service."""

    @abstractmethod
    def resume(self, service: str) -> None:
        """Let a frozen service go on."""

    @abstractmethod
    def add_workers(self, count: int) -> Sequence[str]:
        """Start further workers; return their names."""

    @abstractmethod
    def _nats_port(self) -> int:
        """Return where NATS listens for clients, on this machine.

        Raises:
            SandboxError: nowhere.
        """

    def answers(self, service: str) -> bool:
        """Whether a service that others connect to answers; of a worker whether it runs."""
        endpoints = self._sight.endpoints()
        match service:
            case "server":
                return readiness.answers(f"{endpoints.noetl}/api/health")
            case "profile-api":
                return readiness.answers(f"{endpoints.profile_api}/_control/health")
            case "nats":
                return readiness.answers(f"{self._sight.monitor()}/healthz")
            case "postgres":
                return postgres.answers(endpoints.database)
        state = named(service, self._sight.states(), lambda each: each.name)
        return state.running and not state.frozen

    def broker(self) -> BrokerState | None:
        """Return what NATS tells of NoETL's consumers; None while it does not answer."""
        return broker_state(self._sight.monitor())

    def broker_parts(self, kind: BrokerPartKind) -> frozenset[BrokerPart] | None:
        """Return the consumers, or the streams that have any; None while NATS does not answer."""
        return broker_parts(self._sight.monitor(), kind)

    def delete(self, part: BrokerPart) -> None:
        """Have NATS delete a stream or a consumer.

        Raises:
            SandboxError: it does not.
        """
        JetStream(HOST, self._nats_port(), USER, self._sight.nats_password).delete(part)


def require(state: ServiceState, *, running: bool) -> None:
    """Go on only where a service runs, or only where it has ended.

    Raises:
        SandboxError: it is not so.
    """
    if state.running is not running:
        wanted = "must run" if running else "must have ended"
        raise SandboxError(f"{state.name} {state.told}, and {wanted} for what is done to it")


def named(service: str, them: Iterable[T], name: Callable[[T], str]) -> T:
    """Return the one of a name among services.

    Args:
        service: its name.
        them: all of them.
        name: tells the name of each.

    Raises:
        SuiteError: there is none.
    """
    for each in them:
        if name(each) == service:
            return each
    raise SuiteError(f"the sandbox has no service {service}")
