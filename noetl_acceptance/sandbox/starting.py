"""What is said of a service that ends while the sandbox comes up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.sandbox.protocol import ServiceState

SCHEMA_FAILED = 97
"""The server's container exits so when the suite could not make NoETL's tables (compose.yaml)."""

_FULL = "No space left on device"

_MISSING = ("ModuleNotFoundError", "No module named")
"""What tells that NoETL's environment is not whole; an image that was given has made its own."""

_SET_UP = (
    _FULL,
    *_MISSING,
    "Too many open files",
    "can't start new thread",
    "address already in use",
)
"""What in a log's last lines tells that the set-up or the machine is why, and not the service."""


class ServiceEndedError(SandboxError):
    """A service ended by itself, and nothing of the set-up is known to be why.

    Args:
        state: how it ended.
        tail: the last lines of its log.
        runner: who ran it in place of the root that its image means; this may be why.

    ``pace`` is that of the bring-up until then, where who waited for it has measured it; ``advice``
    is what helps besides a look at its log.
    """

    def __init__(self, state: ServiceState, tail: str, runner: str = "") -> None:
        self.state = state
        self.runner = runner
        self.pace = 1.0
        self.advice = "name in its image, by USER, who may run it" if runner else ""
        cause = f"{state.name} {state.told} while starting"
        if runner:
            cause += f", run by {runner} in place of root"
        log = f"see logs/{state.name}.log in the run's folder"
        super().__init__(cause, "; ".join(filter(None, (self.advice, log))), tail)


def refuse_ended(
    states: Sequence[ServiceState],
    log_tail: Callable[[str], Sequence[str]],
    runners: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Go on only while every service runs.

    Of several that have ended the first is told, in the order in which they were started: the
    others may have ended for want of it.

    Args:
        states: of the services, in that order.
        log_tail: gives the last lines of a service's log.
        runners: for ``server`` and ``worker``, where their images are tested as they are, who runs
            it in place of root; empty for the image's own user.

    Raises:
        ServiceEndedError: one has ended.
        SandboxError: one has ended, and the set-up is why.
    """
    state = next((each for each in states if not each.running), None)
    if state is None:
        return
    tail = "\n".join(log_tail(state.name))
    given = next((part for part in runners if state.name.startswith(part)), None)
    excuses = [words for words in _SET_UP if given is None or words not in _MISSING]
    why = next((words for words in excuses if words.lower() in tail.lower()), None)
    if state.exit_code == SCHEMA_FAILED:
        why = "NoETL's tables could not be made"
    if why is None:
        raise ServiceEndedError(state, tail, runners[given] if given else "")
    full = "the disk is full: free some" if why == _FULL else "the last lines of its log follow"
    raise SandboxError(f"{state.name} {state.told} while starting: {why}", full, tail)
