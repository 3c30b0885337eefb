"""The processes of containers, where the engine runs them on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from docker.errors import DockerException
from docker.models.containers import Container

from noetl_acceptance.support import cgroups
from noetl_acceptance.support.procfs import PROC

ASK_SECONDS = 5.0
"""How often at most to ask the engine for containers that are not found as they were."""


@dataclass(frozen=True, slots=True)
class Root:
    """A container's id, and its first process as the engine numbers it; 0 while it does not run."""

    container: str
    pid: int

    def is_here(self, proc: Path = PROC) -> bool:
        """Whether that number is on this machine what the engine says; the id is in its path.

        Args:
            proc: where the kernel tells of processes.
        """
        with suppress(OSError):
            return self.pid > 0 and self.container in (proc / str(self.pid) / "cgroup").read_text()
        return False


class ContainerProcesses:
    """Finds the processes of services, and asks the engine only where one has another container.

    Args:
        ask: asks the engine for the containers.
        proc: where the kernel tells of processes.
        now: seconds since some fixed moment.
    """

    def __init__(
        self,
        ask: Callable[[], Sequence[Container]],
        proc: Path = PROC,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._proc = proc
        self._now = now
        self._asked = float("-inf")
        self._roots: Mapping[str, Root] = {}
        self._mounts = cgroups.mounts(proc)

    def by_service(self) -> dict[str, list[int]]:
        """Return the processes of each service.

        Services are missing that do not run, or not on this machine (an engine in a virtual machine
        or at another place), and all of them while the engine does not answer.
        """
        here = self._running_here()
        if len(here) < max(1, len(self._roots)) and self._now() - self._asked >= ASK_SECONDS:
            self._asked = self._now()
            found: Mapping[str, Root] = {}
            with suppress(DockerException, OSError):  # requests' errors are of the latter kind
                found = {service_name(each): root_of(each) for each in self._ask()}
            self._roots = found  # at once: another thread may be looking
            here = self._running_here()
        return {name: self._members(root.pid) for name, root in here.items()}

    def forget(self) -> None:
        """Ask the engine when this is asked next: containers were ended, started or added."""
        self._roots = {}
        self._asked = float("-inf")

    def _running_here(self) -> dict[str, Root]:
        return {name: root for name, root in self._roots.items() if root.is_here(self._proc)}

    def _members(self, pid: int) -> list[int]:
        folder = cgroups.folder_of(pid, self._mounts, self._proc)
        return (cgroups.members(folder) if folder is not None else []) or [pid]


def service_name(container: Container) -> str:
    """Return the name of a container's service, for a worker with its number."""
    service = str(container.labels["com.docker.compose.service"])
    number = container.labels["com.docker.compose.container-number"]
    return f"{service}-{number}" if service == "worker" else service


def root_of(container: Container) -> Root:
    """Return a container's id and first process, of one that was inspected."""
    return Root(str(container.id), int(container.attrs["State"]["Pid"]))
