"""How containers stand, and whose doing it is where one does not run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from docker.errors import NotFound
from docker.models.containers import Container

from noetl_acceptance.sandbox.containers.processes import root_of, service_name
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.support.procfs import PROC, frozen

_RUNNING = ("created", "running", "paused")
_ENDED = ("exited", "dead")


class KnownContainers:
    """The containers of a sandbox as the engine tells of them, asked once a second and more.

    A list of all is one request, and what it tells of each is its status. The engine is asked for
    more where that is another than before, or where the container's first process is not: it was
    started anew, or it is not on this machine and nobody can tell.

    Args:
        listed: asks the engine for the containers, not inspected.
        proc: where the kernel tells of processes.
    """

    def __init__(self, listed: Callable[[], Sequence[Container]], proc: Path = PROC) -> None:
        self._listed = listed
        self._proc = proc
        self._known: dict[str, Container] = {}

    def all(self) -> list[Container]:
        """Return the containers as they are now, inspected, by the services' names.

        Raises:
            DockerException, OSError: the engine does not answer.
        """
        before: Mapping[str, Container] = self._known
        now: dict[str, Container] = {}  # its own until it is whole: another thread asks as well
        for each in self._listed():
            known = before.get(str(each.id))
            with suppress(NotFound):  # removed since
                if known is None or self._may_differ(known, each):
                    each.reload()
                    known = each
                now[str(each.id)] = known
        self._known = now
        return sorted(now.values(), key=service_name)

    def _may_differ(self, known: Container, listed: Container) -> bool:
        return known.status != listed.status or not root_of(known).is_here(self._proc)


def state_of(container: Container, members: Iterable[int] = ()) -> ServiceState:
    """Return the state of a container, as the engine has last told it.

    Args:
        container: inspected.
        members: its processes on this machine, any of which somebody may have stopped.
    """
    state = container.attrs["State"]
    running = container.status in _RUNNING
    stopped = container.status == "running" and frozen(members)
    return ServiceState(
        service_name(container),
        running=running,
        exit_code=state.get("ExitCode") if container.status in _ENDED else None,
        life=str(state.get("StartedAt")),
        frozen=container.status == "paused" or stopped,
        out_of_memory=_out_of_memory(container),
    )


def published_ports(containers: Iterable[Container], inside: Mapping[str, int]) -> dict[str, int]:
    """Return at which port of this machine each service is published that is.

    Args:
        containers: inspected.
        inside: the port of each service in its container.
    """
    found = {}
    for container in containers:
        service = container.labels["com.docker.compose.service"]
        bindings = container.ports.get(f"{inside.get(service)}/tcp")
        if bindings:
            found[service] = int(bindings[0]["HostPort"])
    return found


def _out_of_memory(container: Container) -> Literal["", "sandbox", "host"]:
    """Return whose memory ran out: a limit of the container's own, or the machine's."""
    if not container.attrs["State"].get("OOMKilled"):
        return ""
    return "sandbox" if container.attrs.get("HostConfig", {}).get("Memory") else "host"
