"""Ends, freezes and starts again the services that are containers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import methodcaller

from docker.models.containers import Container

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.containers.processes import service_name
from noetl_acceptance.sandbox.containers.states import published_ports, state_of
from noetl_acceptance.sandbox.own_control import OwnControl, Sight, named, require
from noetl_acceptance.sandbox.protocol import Capability

NATS_PORT = 4222
"""Where NATS listens for clients in its container."""

CAPABILITIES = frozenset(Capability) - {Capability.UPDATES}
"""What can be had of containers: one with another image is another one, and the log of this one
goes."""


class ContainerControl(OwnControl):
    """Services as containers; see ``OwnControl``.

    Args:
        sight: of the sandbox.
        containers: asks the engine for them as they are now.
        changed: told when containers were started: they have other processes, and other ports.
        create_workers: has as many workers' containers in all; the new ones do not run yet.
    """

    def __init__(
        self,
        sight: Sight,
        containers: Callable[[], Sequence[Container]],
        changed: Callable[[], None],
        create_workers: Callable[[int], None],
    ) -> None:
        super().__init__(sight)
        self._containers = containers
        self._changed = changed
        self._create_workers = create_workers

    def kill(self, service: str) -> None:
        """Kill a container's first process, with which the kernel ends all others."""
        self._order(service, methodcaller("kill"))

    def terminate(self, service: str) -> None:
        """Send the signal by which the container's image, or compose.yaml, has it stop."""
        self._order(service, _ask_to_end)

    def start(self, service: str) -> None:
        """Start a container again; its port outside may be another."""
        self._order(service, methodcaller("start"), running=False)
        self._changed()

    def update(self, service: str, *, beside: bool) -> None:  # noqa: ARG002 - the protocol's
        """Refuse; see ``CAPABILITIES``.

        Raises:
            NotJudgedError: always.
        """
        raise NotJudgedError(f"this sandbox lacks {Capability.UPDATES.value}")

    def release_of(self, service: str) -> str:  # noqa: ARG002 - the protocol's
        """Return nothing: who cannot update need not tell."""
        return ""

    def pause(self, service: str) -> None:
        """Freeze a container."""
        self._order(service, methodcaller("pause"))

    def resume(self, service: str) -> None:
        """Have a frozen container go on; one that is not frozen is left as it is."""
        self._order(service, _thaw)

    def resume_all(self) -> None:
        """Have every container go on that is frozen."""
        with engine.answering():
            for container in self._containers():
                _thaw(container)

    def add_workers(self, count: int) -> Sequence[str]:
        """Start workers like the others; one that has ended stays so."""
        before = self._workers()
        self._create_workers(len(before) + count)
        new = [name for name in self._workers() if name not in before]
        for name in new:
            self._order(name, methodcaller("start"))
        self._changed()
        return new

    def _nats_port(self) -> int:
        with engine.answering():
            ports = published_ports(self._containers(), {"nats": NATS_PORT})
        if "nats" not in ports:
            told = "NATS cannot be reached: it does not run, or publishes no port"
            raise SandboxError(told, "see logs/nats.log in the run's folder")
        return ports["nats"]

    def _workers(self) -> list[str]:
        with engine.answering():
            names = [service_name(each) for each in self._containers()]
        workers = [name for name in names if name.startswith("worker-")]
        return sorted(workers, key=lambda name: int(name.removeprefix("worker-")))

    def _order(
        self, service: str, order: Callable[[Container], None], *, running: bool = True
    ) -> None:
        """Give an order to a container that runs, or to one that has ended."""
        with engine.answering():
            container = named(service, self._containers(), service_name)
        require(state_of(container), running=running)
        with engine.answering():
            order(container)


def _ask_to_end(container: Container) -> None:
    container.kill(signal=container.attrs["Config"].get("StopSignal") or "SIGTERM")


def _thaw(container: Container) -> None:
    if container.status == "paused":
        container.unpause()
