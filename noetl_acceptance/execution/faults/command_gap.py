"""The gap between the answer to a request and the first command, held open by the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.faults.held_link import HeldLink
from noetl_acceptance.execution.started import Started
from noetl_acceptance.model.fault import Fault
from noetl_acceptance.noetl.event_log import held_commands


class BeforeCommand:
    """The request is answered, and what NATS has for the workers is held back.

    ``before_commands`` has done so before it was made.

    Args:
        connected: the sandbox.
        started: the execution.
    """

    def __init__(self, connected: ConnectedSandbox, started: Started) -> None:
        self._connected = connected
        self._execution_id = started.execution_id

    def has_come(self) -> bool:
        """Return that it has: it comes with the answer.

        Raises:
            NotJudgedError: a worker has a command.
        """
        if held_commands(self._connected.connection, self._execution_id):
            raise NotJudgedError("a worker has had a command already")
        return True

    def may_come_after(self, ended: float) -> bool:  # noqa: ARG002 - the protocol's
        """Return that it cannot."""
        return False

    def told(self) -> str:
        """Tell that no worker had a command."""
        return "with the request answered, and no command at a worker"

    def refuse_long_hold(self) -> None:
        """Do nothing: NATS hands out a command whenever a worker asks."""

    def release(self) -> None:
        """Let the workers have their commands."""
        _commands(self._connected).release()


@contextmanager
def before_commands(connected: ConnectedSandbox, fault: Fault | None) -> Iterator[None]:
    """Keep commands back from the workers for a fault that is to be made before they have any.

    Inside, the request is made; then the fault's moment lets go.
    """
    if fault is None or fault.gap != "before a command":
        yield
        return
    link = _commands(connected)
    link.hold()
    try:
        yield
    except BaseException:
        link.release()
        raise


def _commands(connected: ConnectedSandbox) -> HeldLink:
    return HeldLink(connected.sandbox.links, "worker-nats", "answers")
