"""A service of NoETL's that is replaced by another release in the middle of an execution."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.execution.faults.service import state_of
from noetl_acceptance.execution.faults.victims import WORKER
from noetl_acceptance.sandbox.protocol import Capability, Sandbox, ServiceState, require
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually

ORDERLY_SECONDS = 30.0
"""How long a service may take to end when it is asked to; an operator waits no longer either."""

BEGIN_SECONDS = 5.0
"""How long a worker that was started has before the next service goes; what NATS tells of its pulls
says nothing of when it is ready, as those of others come and go (every 2 s with the Rust stack)."""


class UpdatedService:
    """Ends a service in an orderly way and starts another release in its place; healed, back again.

    Args:
        sandbox: with the service, and with a release beside the one under test.
        service: the server or a worker.
        ended: is called when it has ended, before the other release is started.

    Raises:
        NotJudgedError: this kind of sandbox cannot, or the service's release cannot be told.
    """

    def __init__(self, sandbox: Sandbox, service: str, ended: Callable[[], None]) -> None:
        require(sandbox, Capability.UPDATES)
        self._sandbox = sandbox
        self._service = service
        self._ended = ended
        self._before = sandbox.control.release_of(service)
        if not self._before:
            raise NotJudgedError(f"which release {service} runs cannot be told")

    def make(self) -> None:
        """Replace it; who comes next waits until it answers."""
        self._replace(beside=True)

    def felt(self) -> str:
        """Tell that it runs the other release, and answers."""
        now = self._now()
        if now in ("", self._before):
            return ""
        return f"{self._service} runs {now}, no longer {self._before}"

    def unfelt(self, seconds: float) -> Exception:
        """Return that it does not: the product's failure where it has ended by itself."""
        return self._failure(f"{self._service} was to be updated, and after {seconds:.0f} s it")

    def heal(self) -> None:
        """Put it back."""
        if self._now() != self._before:
            self._replace(beside=False)

    def healed(self) -> str:
        """Tell that it runs the release under test again, and answers."""
        return f"{self._service} runs {self._before} again" if self._now() == self._before else ""

    def unhealed(self, seconds: float) -> Exception:
        """Return that it is not back: the product's failure where it has ended by itself."""
        return self._failure(f"{self._service} was put back, and after {seconds:.0f} s it")

    def _replace(self, *, beside: bool) -> None:
        control = self._sandbox.control
        if self._state().running:
            control.terminate(self._service)
            self._await(lambda: not self._state().running, "was to end")
        self._ended()
        control.update(self._service, beside=beside)
        self._await(
            lambda: control.answers(self._service) or not self._state().running, "was to answer"
        )
        if self._service.startswith(WORKER):
            self._let_begin()

    def _let_begin(self) -> None:
        """Wait a while, unless the worker ends.

        Whoever updates a cluster lets each worker begin before the next service goes: a Rust worker
        that finds no server when it starts ends itself.
        """
        with suppress(DeadlineError, StarvedError):
            eventually(
                lambda: not self._state().running,
                bool,
                seconds=BEGIN_SECONDS,
                what="a worker's end",
            )

    def _await(self, done: Callable[[], bool], told: str) -> None:
        """Wait for something of the service; its own deadline is not the execution's.

        Args:
            done: whether it is so.
            told: what was to be.

        Raises:
            AssertionError: it is not, and the service has ended by itself.
            SandboxError: it is not.
        """
        try:
            eventually(done, bool, seconds=ORDERLY_SECONDS, what=told, every=0.05)
        except DeadlineError as late:
            words = f"{self._service} {told}, and after {ORDERLY_SECONDS:.0f} s it"
            raise self._failure(words) from late

    def _now(self) -> str:
        """Return the release that it runs; empty where it does not answer."""
        if not self._state().running or not self._sandbox.control.answers(self._service):
            return ""
        return self._sandbox.control.release_of(self._service)

    def _failure(self, told: str) -> Exception:
        state = self._state()
        words = f"{told} {state.told}"
        if state.cause == "itself":
            return AssertionError(words)
        if state.cause == "unseen":
            return NotJudgedError(f"{words}: by whose doing cannot be told")
        return SandboxError(words, f"see logs/{self._service}.log in the run's folder")

    def _state(self) -> ServiceState:
        return state_of(self._sandbox, self._service)
