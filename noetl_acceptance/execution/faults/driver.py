"""Makes a fault in the middle of an execution, proves that it hit, and heals it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from noetl_acceptance.checks.log_findings import NOETLS
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.faults.victims import Hit, Workers, choose
from noetl_acceptance.execution.monitor import Started
from noetl_acceptance.model.fault import Fault, FaultInterval
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.support.polling import (
    REAL_CLOCK,
    Clock,
    DeadlineError,
    StarvedError,
    eventually,
)
from noetl_acceptance.support.signals import shielded

FELT_SECONDS = 20.0
"""How long an order may take to have its effect, on a busy machine."""

HEALED_SECONDS = 90.0
"""How long a service may take to answer again: NoETL's server starts in 10 s on a quiet machine."""


@dataclass
class _Order:
    """What has been done to one service."""

    hit: Hit
    before: ServiceState
    began: float
    proof: str = ""
    healed: float | None = None
    healing: str = ""


class FaultDriver:
    """Makes one fault at its moment, and heals it; asked to look again and again.

    Args:
        connected: the sandbox.
        started: the execution.
        fault: what is to be done.
        clock: what the fault's duration is told by.
    """

    def __init__(
        self,
        connected: ConnectedSandbox,
        started: Started,
        fault: Fault,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self._connected = connected
        self._started = started
        self._fault = fault
        self._clock = clock
        self._workers = Workers(connected.sandbox)
        self._orders: list[_Order] = []
        self._since = 0.0
        self.over: float | None = None
        """When all was healed (epoch seconds); None until then."""

    @property
    def affected(self) -> frozenset[str]:
        """The services that are under the fault now."""
        return frozenset(each.hit.service for each in self._orders if each.healed is None)

    @property
    def intervals(self) -> tuple[FaultInterval, ...]:
        """What was done to each service, and what proves it."""
        return tuple(
            FaultInterval(
                service=each.hit.service,
                action=self._fault.action,
                began=each.began,
                proof=each.proof,
                healed=each.healed,
                healing=each.healing,
                commands=each.hit.steps,
                holds_parent=any(command.of_parent for command in each.hit.held),
            )
            for each in self._orders
        )

    def look(self) -> None:
        """Make the fault if its moment has come; heal it if it has lasted long enough.

        Raises:
            NotJudgedError: whom to meet cannot be told.
            SandboxError: the fault has no effect, or a service cannot be reached or does not come
                back.
            AssertionError: a service of NoETL's was started again, and ended by itself.
        """
        if not self._orders:
            if self._moment_has_come():
                self._make()
        elif self.over is None and self._clock.now() - self._since >= self._fault.seconds:
            self.heal()

    def heal(self) -> None:
        """Undo what was done and not healed yet, whatever happened meanwhile.

        Raises:
            SandboxError: a service does not come back.
            AssertionError: one of NoETL's was started again, and ended by itself.
        """
        if self.over is not None or not self._orders:
            return
        with shielded():
            for order in self._orders:
                self._undo(order)
        self.over = max(order.healed or 0.0 for order in self._orders)
        for order in self._orders:
            order.healing = self._proof_of_healing(order)
        self._connected.renew()
        self._connected.watch.healed()

    def _moment_has_come(self) -> bool:
        counts = self._connected.profile_api.counts(self._started.journal)
        return counts.calls >= self._fault.calls and counts.open > 0

    def _make(self) -> None:
        hits = choose(
            self._fault.victim,
            self._workers,
            self._connected.connection,
            self._started.execution_id,
        )
        if not hits:
            return
        states = {state.name: state for state in self._connected.sandbox.states()}
        self._connected.watch.look()
        self._connected.watch.announce([hit.service for hit in hits])
        control = self._connected.sandbox.control
        order = {
            "killed": control.kill,
            "terminated": control.terminate,
            "frozen": control.pause,
        }[self._fault.action]
        self._since = self._clock.now()
        for hit in hits:
            self._orders.append(_Order(hit, states[hit.service], time.time()))
            order(hit.service)
        for made in self._orders:
            made.proof = self._proof_of_effect(made)
        self._tell(hits)

    def _tell(self, hits: Sequence[Hit]) -> None:
        names = ", ".join(hit.service for hit in hits)
        self._connected.console.say(f"  {names} {self._fault.action}, at {self._fault.calls} calls")

    def _undo(self, order: _Order) -> None:
        control = self._connected.sandbox.control
        undo = control.resume if self._fault.action == "frozen" else control.start
        undo(order.hit.service)
        order.healed = time.time()

    def _proof_of_effect(self, order: _Order) -> str:
        """Return what shows that the order has had its effect.

        Raises:
            SandboxError: nothing does.
        """
        frozen = self._fault.action == "frozen"

        def hit(state: ServiceState) -> bool:
            return state.frozen if frozen else not state.running

        state = self._await(order.hit.service, hit, FELT_SECONDS)
        if not hit(state):
            raise SandboxError(
                f"{state.name} was to be {self._fault.action}, and after {FELT_SECONDS:.0f} s it "
                f"{state.told}"
            )
        return f"{state.name} {state.told}"

    def _proof_of_healing(self, order: _Order) -> str:
        """Return what shows that the service is back.

        Raises:
            SandboxError: nothing does.
            AssertionError: it is NoETL's, was started again, and ended by itself.
        """
        name, frozen = order.hit.service, self._fault.action == "frozen"
        control = self._connected.sandbox.control

        def back(state: ServiceState) -> bool:
            anew = state.life != order.before.life
            return state.running and not state.frozen and (frozen or anew) and control.answers(name)

        state = self._await(name, back, HEALED_SECONDS)
        if back(state):
            return f"{name} goes on" if frozen else f"{name} was started again, and answers"
        silent = " and does not answer" if state.running and not state.frozen else ""
        came_to = f"{name} was healed, and after {HEALED_SECONDS:.0f} s it {state.told}{silent}"
        if state.cause == "itself" and name.startswith(NOETLS):
            raise AssertionError(came_to)
        raise SandboxError(came_to, f"see logs/{name}.log in the run's folder")

    def _await(
        self, service: str, until: Callable[[ServiceState], bool], seconds: float
    ) -> ServiceState:
        """Return the state of a service as soon as it will do, or as it is in the end."""

        def look() -> ServiceState:
            states = {state.name: state for state in self._connected.sandbox.states()}
            return states.get(service, ServiceState(service, running=False))

        with suppress(DeadlineError, StarvedError):
            return eventually(
                look, until, seconds=seconds, what=service, every=0.05, clock=self._clock
            )
        return look()
