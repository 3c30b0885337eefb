"""Faults of a service as a whole: it is ended and started again, or frozen for a while."""

from __future__ import annotations

from noetl_acceptance.checks.log_findings import NOETLS
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.model.fault import Action
from noetl_acceptance.sandbox.protocol import Sandbox, ServiceState


class ServiceFault:
    """Ends a service or freezes it; healed, it was started again or goes on.

    Args:
        sandbox: with the service.
        service: its name.
        action: what is done to it: killed, terminated or frozen.
        life: which of its lives it has now.
    """

    def __init__(self, sandbox: Sandbox, service: str, action: Action, life: str) -> None:
        self._sandbox = sandbox
        self._service = service
        self._action = action
        self._life = life

    def make(self) -> None:
        """Give the order."""
        control = self._sandbox.control
        if self._action == "killed":
            control.kill(self._service)
        elif self._action == "terminated":
            control.terminate(self._service)
        else:
            control.pause(self._service)

    def felt(self) -> str:
        """Tell the service's state, if it is the one that was ordered."""
        state = self._state()
        hit = state.frozen if self._freezes else not state.running
        return f"{state.name} {state.told}" if hit else ""

    def unfelt(self, seconds: float) -> Exception:
        """Return that the order has no effect: the sandbox's failure."""
        told = f"{self._service} was to be {self._action}, and after {seconds:.0f} s it"
        return SandboxError(f"{told} {self._state().told}")

    def heal(self) -> None:
        """Start the service again, or let it go on; one that has not ended is left as it is."""
        control = self._sandbox.control
        if self._freezes:
            control.resume(self._service)
        elif not self._state().running:
            control.start(self._service)

    def healed(self) -> str:
        """Tell that the service is back, and answers."""
        state = self._state()
        anew = self._freezes or state.life != self._life
        if not state.running or state.frozen or not anew:
            return ""
        if not self._sandbox.control.answers(self._service):
            return ""
        told = "goes on" if self._freezes else "was started again, and answers"
        return f"{self._service} {told}"

    def unhealed(self, seconds: float) -> Exception:
        """Return that the service is not back: the product's failure where it ended by itself."""
        name, state = self._service, self._state()
        silent = " and does not answer" if state.running and not state.frozen else ""
        told = f"{name} was healed, and after {seconds:.0f} s it {state.told}{silent}"
        if state.cause == "itself" and name.startswith(NOETLS):
            return AssertionError(told)
        return SandboxError(told, f"see logs/{name}.log in the run's folder")

    @property
    def _freezes(self) -> bool:
        return self._action == "frozen"

    def _state(self) -> ServiceState:
        return state_of(self._sandbox, self._service)


def state_of(sandbox: Sandbox, service: str) -> ServiceState:
    """Return a service's state; one that is not there does not run."""
    states = {state.name: state for state in sandbox.states()}
    return states.get(service, ServiceState(service, running=False))
