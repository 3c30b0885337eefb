"""How a container stands, and whose doing it is where it does not run."""

from __future__ import annotations

from typing import Literal

from docker.models.containers import Container

from noetl_acceptance.sandbox.container_processes import service_name
from noetl_acceptance.sandbox.processes import frozen
from noetl_acceptance.sandbox.protocol import ServiceState

_RUNNING = ("created", "running", "paused")
_ENDED = ("exited", "dead")


def state_of(container: Container) -> ServiceState:
    """Return the state of a container, as the engine has last told it."""
    state = container.attrs["State"]
    running = container.status in _RUNNING
    stopped = container.status == "running" and frozen(int(state.get("Pid") or 0))
    return ServiceState(
        service_name(container),
        running=running,
        exit_code=state.get("ExitCode") if container.status in _ENDED else None,
        life=str(state.get("StartedAt")),
        frozen=container.status == "paused" or stopped,
        out_of_memory=_out_of_memory(container),
    )


def _out_of_memory(container: Container) -> Literal["", "sandbox", "host"]:
    """Return whose memory ran out: a limit of the container's own, or the machine's."""
    if not container.attrs["State"].get("OOMKilled"):
        return ""
    return "sandbox" if container.attrs.get("HostConfig", {}).get("Memory") else "host"
