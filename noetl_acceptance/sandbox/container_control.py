"""Ends, freezes and starts again the services that are containers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import methodcaller

from docker.models.containers import Container

from noetl_acceptance.sandbox import engine
from noetl_acceptance.sandbox.container_processes import service_name
from noetl_acceptance.sandbox.own_control import OwnControl, Sight


class ContainerControl(OwnControl):
    """Services as containers; see ``OwnControl``.

    Args:
        sight: of the sandbox.
        containers: asks the engine for them as they are now.
        changed: told after each order: what is known of containers and their ports may be old.
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
        self._require(service, running=True)
        self._order(service, methodcaller("kill"))

    def terminate(self, service: str) -> None:
        """Send the signal by which the container's image, or compose.yaml, has it stop."""
        self._require(service, running=True)
        self._order(service, _ask_to_end)

    def start(self, service: str) -> None:
        """Start a container again; its port outside may be another."""
        self._require(service, running=False)
        self._order(service, methodcaller("start"))

    def pause(self, service: str) -> None:
        """Freeze a container."""
        self._require(service, running=True)
        self._order(service, methodcaller("pause"))

    def resume(self, service: str) -> None:
        """Have a frozen container go on; one that is not frozen is left as it is."""
        self._require(service, running=True)
        if self._state(service).frozen:
            self._order(service, methodcaller("unpause"))

    def resume_all(self) -> None:
        """Have every container go on that is frozen."""
        with engine.answering():
            for container in self._containers():
                if container.status == "paused":
                    container.unpause()

    def add_workers(self, count: int) -> Sequence[str]:
        """Start workers like the others; one that has ended stays so."""
        before = self._workers()
        self._create_workers(len(before) + count)
        new = [name for name in self._workers() if name not in before]
        for name in new:
            self._order(name, methodcaller("start"))
        return new

    def _workers(self) -> list[str]:
        with engine.answering():
            names = [service_name(each) for each in self._containers()]
        workers = [name for name in names if name.startswith("worker-")]
        return sorted(workers, key=lambda name: int(name.removeprefix("worker-")))

    def _order(self, service: str, order: Callable[[Container], None]) -> None:
        with engine.answering():
            (container,) = [each for each in self._containers() if service_name(each) == service]
            order(container)
        self._changed()


def _ask_to_end(container: Container) -> None:
    container.kill(signal=container.attrs["Config"].get("StopSignal") or "SIGTERM")
