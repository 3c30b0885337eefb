"""Faults of a service as a whole: it is ended and started again, or frozen for a while."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from noetl_acceptance.checks.log_findings import NOETLS
from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.model.fault import Action
from noetl_acceptance.sandbox.protocol import CRASHES, Sandbox, ServiceState
from noetl_acceptance.support.starvation import STARVED, Pace

_NEEDED = ("postgres", "nats")
"""What NoETL's server cannot start without."""


class ServiceFault:
    """Ends a service or freezes it; healed, it was started again or goes on.

    Args:
        sandbox: with the service.
        service: its name.
        action: what is done to it: killed, terminated or frozen.
        life: which of its lives it has now.
        orderly_seconds: how long it may take to end when it is asked to; after that one of NoETL's
            is killed, as an operator does.
        measure: begins to measure the pace of the services.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        service: str,
        action: Action,
        *,
        life: str,
        orderly_seconds: float,
        measure: Callable[[], Pace],
    ) -> None:
        self._sandbox = sandbox
        self._service = service
        self._action = action
        self._life = life
        self._orderly_seconds = orderly_seconds
        self._measure = measure
        self._pace: Pace | None = None
        self._asked = 0.0
        self._overdue = False

    def make(self) -> None:
        """Give the order."""
        self._asked = time.monotonic()
        control = self._sandbox.control
        if self._action == "killed":
            control.kill(self._service)
        elif self._action == "terminated":
            control.terminate(self._service)
        else:
            control.pause(self._service)

    def felt(self) -> str:
        """Tell the service's state, if it is the one that was ordered.

        One of NoETL's that was asked to end and takes too long is killed.
        """
        state = self._state()
        told = f"{state.name} {state.told}"
        if self._freezes:
            return told if state.frozen else ""
        if state.running:
            self._insist()
            return ""
        if not self._is_ordered(state):
            return ""
        if self._overdue:
            return f"{told}; {self._orderly_seconds:.0f} s after SIGTERM it had not ended"
        return told

    def unfelt(self, seconds: float) -> Exception:
        """Return what it means that the service is not as it was ordered to be.

        Where it has ended in another way by itself that is the product's failure, or not judged if
        the order may have brought it about; else it is the sandbox's.
        """
        name, state = self._service, self._state()
        told = f"{name} was to be {self._action}, and after {seconds:.0f} s it {state.told}"
        if state.cause == "itself" and name.startswith(NOETLS):
            if self._action == "terminated" and state.signal not in CRASHES:
                return NotJudgedError(f"{told}: whether by itself cannot be told")
            return AssertionError(told)
        return SandboxError(told, f"see logs/{name}.log in the run's folder")

    def heal(self) -> None:
        """Start the service again, or let it go on; one that has not ended is left as it is."""
        self._pace = self._measure()
        control = self._sandbox.control
        if self._freezes:
            control.resume(self._service)
        elif not self._state().running:
            control.start(self._service)

    def healed(self) -> str:
        """Tell that the service is back, and answers."""
        if self._pace is not None:
            self._pace.look()
        state = self._state()
        anew = self._freezes or state.life != self._life
        if not state.running or state.frozen or not anew:
            return ""
        if not self._sandbox.control.answers(self._service):
            return ""
        told = "goes on" if self._freezes else "was started again, and answers"
        return f"{self._service} {told}"

    def unhealed(self, seconds: float) -> Exception:
        """Return that the service is not back.

        That is the product's failure where one of NoETL's ended by itself, and where its server
        runs and does not answer although nothing that it needs is missing; it is not judged where
        nobody can tell why one ended.
        """
        name, state = self._service, self._state()
        silent = state.running and not state.frozen
        told = f"{name} was healed, and after {seconds:.0f} s it {state.told}"
        if silent:
            told += " and does not answer"
        if name.startswith(NOETLS):
            if state.cause == "itself":
                return AssertionError(told)
            if state.cause == "unseen":
                return NotJudgedError(f"{told}: by whose doing cannot be told")
            if silent and self._lacks_nothing():
                return AssertionError(f"{told}, while {' and '.join(_NEEDED)} do")
        return SandboxError(told, f"see logs/{name}.log in the run's folder")

    def _insist(self) -> None:
        """Kill a service of NoETL's that was asked to end and takes too long."""
        if self._overdue or not needs_time(self._service, self._action):
            return
        if time.monotonic() - self._asked >= self._orderly_seconds:
            self._overdue = True
            self._sandbox.control.kill(self._service)

    def _is_ordered(self, state: ServiceState) -> bool:
        """Whether a service has ended as one does that was killed, or asked to end.

        With what code another one than NoETL's ends when it is asked to is its own affair.
        """
        if state.exit_code is None:
            return True
        if self._action == "killed":
            return state.signal == signal.SIGKILL
        if state.signal:
            wanted = {signal.SIGTERM, signal.SIGKILL} if self._overdue else {signal.SIGTERM}
            return state.signal in wanted
        return state.exit_code == 0 or not self._service.startswith(NOETLS)

    def _lacks_nothing(self) -> bool:
        """Whether all other services run, those that it needs answer, and the machine is fast."""
        others = [each for each in self._sandbox.states() if each.name != self._service]
        return (
            all(each.running and not each.frozen for each in others)
            and all(self._sandbox.control.answers(each) for each in _NEEDED)
            and self._pace is not None
            and self._pace.value < STARVED
        )

    @property
    def _freezes(self) -> bool:
        return self._action == "frozen"

    def _state(self) -> ServiceState:
        return state_of(self._sandbox, self._service)


def needs_time(service: str, action: Action) -> bool:
    """Whether a service may take a while for what is done to it: it may finish its work."""
    return action == "terminated" and service.startswith(NOETLS)


def state_of(sandbox: Sandbox, service: str) -> ServiceState:
    """Return a service's state; one that is not there does not run."""
    states = {state.name: state for state in sandbox.states()}
    return states.get(service, ServiceState(service, running=False))
