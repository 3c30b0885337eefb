"""What can be done to the services of a sandbox that the suite has started itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class BrokerState:
    """What NATS tells of NoETL's consumers, all of them together.

    Args:
        streams: how many streams there are.
        consumers: how many consumers.
        delivered: how many messages have been handed out, each further time counted.
        pending: how many wait to be handed out.
        unacknowledged: how many were handed out and not acknowledged.
        waiting: how many pulls wait for a message: one for each worker that is free.
    """

    streams: int = 0
    consumers: int = 0
    delivered: int = 0
    pending: int = 0
    unacknowledged: int = 0
    waiting: int = 0


BrokerPartKind = Literal["consumers", "streams"]
"""What NATS keeps for NoETL: streams of messages, and for each who has had which."""


@dataclass(frozen=True, slots=True)
class BrokerPart:
    """A stream that has a consumer, or such a consumer.

    Args:
        stream: the stream's name.
        created: when it was made, as NATS says it: one that is made again has another time.
        consumer: the consumer's name; empty where the stream is meant.
    """

    stream: str
    created: str
    consumer: str = ""

    @property
    def told(self) -> str:
        """Which it is, in words."""
        return f"the consumer {self.consumer}" if self.consumer else f"the stream {self.stream}"


class ServiceControl(Protocol):
    """Ends, freezes, cuts off and starts services again; each order returns when it is given.

    Services go by the names of ``Sandbox.states``. Whether an order has had its effect is told by
    the states, by ``broker`` and by ``answers``, and not by these methods.
    """

    def kill(self, service: str) -> None:
        """End a service at once (SIGKILL), with all of its processes.

        Raises:
            SandboxError: it does not run, or the engine does not answer. The same for what follows.
        """
        ...

    def terminate(self, service: str) -> None:
        """Ask a service to end, as an orderly stop does (SIGTERM, or what Postgres takes)."""
        ...

    def start(self, service: str) -> None:
        """Start a service that has ended, with the data and the inner addresses that it had.

        ``Sandbox.endpoints`` has its address of now when this returns; it may be another outside.
        """
        ...

    def update(self, service: str, *, beside: bool) -> None:
        """Start a service of NoETL's that has ended with the programs of another release.

        Args:
            service: the server or a worker.
            beside: those of the release beside the one under test; False for those of this one.

        Raises:
            NotJudgedError: this kind of sandbox cannot; see ``Capability.UPDATES``.
        """
        ...

    def release_of(self, service: str) -> str:
        """Return the release that a service of NoETL's runs; empty where that cannot be told."""
        ...

    def pause(self, service: str) -> None:
        """Freeze all processes of a service."""
        ...

    def resume(self, service: str) -> None:
        """Let a frozen service go on."""
        ...

    def add_workers(self, count: int) -> Sequence[str]:
        """Start further workers; return their names, which follow those that there are."""
        ...

    def answers(self, service: str) -> bool:
        """Whether a service that others connect to answers; of a worker whether it runs."""
        ...

    def broker(self) -> BrokerState | None:
        """Return what NATS tells of NoETL's consumers; None while it does not answer."""
        ...

    def broker_parts(self, kind: BrokerPartKind) -> frozenset[BrokerPart] | None:
        """Return the consumers, or the streams that have any; None while NATS does not answer."""
        ...

    def delete(self, part: BrokerPart) -> None:
        """Have NATS delete a stream or a consumer, with what is in it.

        Raises:
            SandboxError: it does not.
        """
        ...
