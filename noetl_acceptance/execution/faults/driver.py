"""Makes a fault in the middle of an execution, proves that it hit, and heals it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.faults.gaps import HeldRows, gap_of
from noetl_acceptance.execution.faults.injection import Injection
from noetl_acceptance.execution.faults.injections import injection_of
from noetl_acceptance.execution.faults.moments import FirstEvent, HeldCalls, Moment
from noetl_acceptance.execution.faults.service import needs_time
from noetl_acceptance.execution.faults.updated_service import ORDERLY_SECONDS
from noetl_acceptance.execution.faults.victims import (
    ADDED,
    WORKER,
    Hit,
    choose,
    holding,
    name_of,
)
from noetl_acceptance.execution.started import Started
from noetl_acceptance.model.fault import (
    POSTGRES,
    STORING_WORKER,
    WORKER_OF_EVENT,
    Fault,
    FaultInterval,
)
from noetl_acceptance.support.polling import (
    REAL_CLOCK,
    Clock,
    DeadlineError,
    StarvedError,
    eventually,
)
from noetl_acceptance.support.signals import shielded

FELT_SECONDS = 20.0
"""How long a fault may take to have its effect, on a busy machine; until then it lasts."""

HEALED_SECONDS = 90.0
"""How long a service may take to answer again: NoETL's server starts in 10 s on a quiet machine."""


NEVER_FELT = "the suite did something to a service, and saw no effect"
"""Why nothing is judged on a sandbox any more."""


@dataclass
class _Order:
    """What has been done to one service."""

    hit: Hit
    injection: Injection
    began: float
    given: float | None = None
    proof: str = ""
    healed: float | None = None
    healing: str = ""
    back: Hit | None = None


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
        self._moment = self._moment_of(fault)
        self._met = ""
        self._released = False
        self._expects_outage = False
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
                victim=self._fault.part,
                began=each.began,
                moment=self._met,
                proof=each.proof,
                healed=each.healed,
                healing=each.healing,
                commands=each.hit.steps,
                holds_parent=each.hit.holds_parent,
                given=each.given,
                commands_back=each.back.steps if each.back else (),
                holds_parent_back=each.back is not None and each.back.holds_parent,
            )
            for each in self._orders
        )

    def look(self) -> None:
        """Make the fault if its moment has come; heal it if it has lasted and was felt.

        Raises:
            NotJudgedError: whom to meet cannot be told, or nothing shows that its moment was met.
            SandboxError: the fault has no effect, or a service cannot be reached or does not come
                back.
            AssertionError: a service of NoETL's was started again, and ended by itself.
        """
        if not self._orders:
            if self._moment.has_come():
                self._make()
        elif self.over is None:
            passed = self._clock.now() - self._since
            if not self._is_felt(passed):
                return
            if not self._released:
                self._moment.release()
                self._moment.refuse_long_hold()
                self._released = True
            if passed >= self._fault.seconds:
                self.heal()

    def heal(self) -> None:
        """Undo what was done and not healed yet, whatever happened meanwhile.

        Raises:
            SandboxError: a service does not come back.
            AssertionError: one of NoETL's was started again, and ended by itself.
        """
        if not self._orders:
            self._call_off()
        if self.over is not None or not self._orders:
            return
        with shielded(), ExitStack() as stack:
            stack.callback(self._moment.release)
            for order in self._orders:
                stack.callback(self._undo, order)
        self.over = max(order.healed or 0.0 for order in self._orders)
        for order in self._orders:
            if order.proof:
                order.healing = self._proof_of_healing(order)
            else:  # its effect may yet come
                self._connected.distrust(NEVER_FELT)
        if any(order.hit.service == POSTGRES for order in self._orders):
            self._connected.connections.reconnect()
        self._connected.renew()
        self._connected.watch.healed()

    def may_come_after(self, ended: float) -> bool:
        """Whether it is not made yet, and may be when the execution has ended (epoch seconds)."""
        return not self._orders and self._moment.may_come_after(ended)

    def _moment_of(self, fault: Fault) -> Moment:
        """Return what a fault waits for."""
        connected, started = self._connected, self._started
        if fault.event is not None:
            return FirstEvent(connected, started, fault.event, self._clock)
        if fault.gap is not None:
            return gap_of(fault.gap, connected, started, fault.calls, self._clock)
        return HeldCalls(connected, started, fault.calls, self._clock)

    def _hits(self) -> Sequence[Hit]:
        workers = self._connected.workers
        if isinstance(self._moment, FirstEvent) and self._fault.victim == WORKER_OF_EVENT:
            return [Hit(name_of(self._moment.worker_id(), workers))]
        if isinstance(self._moment, HeldRows) and self._fault.victim == STORING_WORKER:
            return [self._moment.storing]
        events, execution_id = self._connected.connection, self._started.execution_id
        return choose(self._fault, workers, events, execution_id)

    def _make(self) -> None:
        hits = self._hits()
        if not hits:
            return
        if not isinstance(self._moment, FirstEvent):
            self._connected.watch.look()
        self._connected.watch.announce([hit.service for hit in hits if hit.service != ADDED])
        if any(hit.service == POSTGRES for hit in hits):
            self._expects_outage = True
            self._connected.connections.expect_outage()
        for hit in hits:
            about = self._connected, self._started.execution_id
            # What is held back for the gap would be held through the whole of an update.
            injection = injection_of(self._fault, hit, *about, self._moment.release)
            order = _Order(self._held_by_now(hit) if self._updates else hit, injection, time.time())
            self._orders.append(order)
            injection.make()
            order.given = time.time()
        if isinstance(self._moment, HeldCalls):
            self._moment.release()  # whoever ends in an orderly way may wait for its call
        self._moment.refuse_long_hold()
        self._since = self._clock.now()
        self._is_felt(0.0)
        told = ", ".join(each.told for each in self.intervals)
        met = self._met or "what it met is to be seen"
        self._connected.console.say(f"  {told}, {met}")

    def _call_off(self) -> None:
        """Take back what was announced of a fault that has not been made."""
        self._moment.release()
        self._connected.watch.announce(())
        if self._expects_outage:
            self._expects_outage = False
            self._connected.connections.reconnect()

    @property
    def _updates(self) -> bool:
        return self._fault.action == "replaced by another release"

    def _held_by_now(self, hit: Hit) -> Hit:
        """Return a worker with what it held when it was chosen, and what it has claimed since.

        What it has ended since stays: whoever has taken a command over may have ended it as well.

        Raises:
            NotJudgedError: a command is held, and no worker's log tells whose it is.
        """
        if not hit.service.startswith(WORKER):
            return hit
        events, execution_id = self._connected.connection, self._started.execution_id
        now = holding(hit, self._connected.workers, events, execution_id)
        return hit.also(now.held)

    def _is_felt(self, passed: float) -> bool:
        """Whether all have had their effect; keep what proves it.

        Args:
            passed: the seconds since they were made.

        Raises:
            SandboxError: one has none.
            NotJudgedError: likewise, and nobody's fault is in sight.
        """
        for order in self._orders:
            if not order.proof and (proof := order.injection.felt()):
                order.proof = proof
                if not self._updates:  # else it is up again, and at work
                    order.hit = self._held_by_now(order.hit)
            seconds = FELT_SECONDS
            if needs_time(order.hit.service, self._fault.action):
                seconds += ORDERLY_SECONDS
            if not order.proof and passed >= seconds:
                raise order.injection.unfelt(seconds)
        self._met = self._met or self._moment.told()
        if not self._met and passed >= FELT_SECONDS:
            raise NotJudgedError(f"nothing shows that it was met: {self._fault.gap}")
        return bool(self._met) and all(order.proof for order in self._orders)

    def _undo(self, order: _Order) -> None:
        try:
            order.proof = order.proof or order.injection.felt()
            if self._updates:
                order.back = self._held_by_now(Hit(order.hit.service))
        finally:
            order.injection.heal()
            order.healed = time.time()

    def _proof_of_healing(self, order: _Order) -> str:
        """Wait for what shows that a fault is over.

        Raises:
            SandboxError: nothing does.
            AssertionError: the service is NoETL's, was started again, and ended by itself.
        """
        with suppress(DeadlineError, StarvedError):
            return eventually(
                order.injection.healed,
                bool,
                seconds=HEALED_SECONDS,
                what=f"the healing of {order.hit.service}",
                every=0.05,
                clock=self._clock,
            )
        raise order.injection.unhealed(HEALED_SECONDS)
