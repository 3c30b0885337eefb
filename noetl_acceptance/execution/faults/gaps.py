"""Gaps between two things that belong together, each held open until a fault has met it.

A gap is a few milliseconds wide as a rule, so it would be met by chance alone. Here a lock in the
database or the proxy of the links keeps back what would end it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import psycopg

from noetl_acceptance.errors import MissedMomentError, NotJudgedError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.faults.command_gap import BeforeCommand
from noetl_acceptance.execution.faults.held_link import HeldLink
from noetl_acceptance.execution.faults.moments import HeldCalls, Moment, past
from noetl_acceptance.execution.faults.row_gate import RowGate
from noetl_acceptance.execution.faults.victims import Hit, by_worker
from noetl_acceptance.execution.started import Started
from noetl_acceptance.model.fault import Gap
from noetl_acceptance.model.wording import counted
from noetl_acceptance.noetl.event_log import count_children, held_commands
from noetl_acceptance.noetl.outcome_tables import count_stored
from noetl_acceptance.support.polling import Clock

GAP_SECONDS = 20.0
"""How long things are held back for a gap that does not come to be."""

REQUEST_SECONDS = 8.0
"""How long a request to the server is held back for the end of a batch."""

REQUEST_PATIENCE_SECONDS = 10.0
"""How long it may be held back in all: 2.8.9's worker gives up on some after that."""


class HeldRows:
    """All calls of a batch are answered, and its rows wait to be committed.

    Args:
        connected: the sandbox.
        started: the execution.
        at_call: from when on rows are held back, and until then the answers to calls.
        clock: what tells how long they are.
    """

    def __init__(
        self, connected: ConnectedSandbox, started: Started, at_call: HeldCalls, clock: Clock
    ) -> None:
        self._connected = connected
        self._started = started
        self._at_call = at_call
        self._clock = clock
        self._gate = RowGate(connected.connections.connect, started.execution_id)
        self._shut: float | None = None
        self._waited: frozenset[int] = frozenset()
        self._stored = 0
        self._parents = ""
        self.storing = Hit("")
        """The worker whose rows wait, or waited."""

    def has_come(self) -> bool:
        """Whether the gap is there; from the call on it is prepared.

        Raises:
            NotJudgedError: it does not come to be.
        """
        if self._shut is None:
            if self._at_call.has_come():
                self._shut = self._clock.now()
                self._shut_gate()
                self._at_call.release()
                self._at_call.refuse_long_hold()
            return False
        if self._is_there():
            return True
        if self._clock.now() - self._shut >= GAP_SECONDS:
            told = f"its moment did not come within {GAP_SECONDS:.0f} s"
            raise NotJudgedError(f"the fault was not made: {told}")
        return False

    def _shut_gate(self) -> None:
        try:
            self._gate.shut()
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType) as refusal:
            told = f"no trigger can be made: {refusal.diag.message_primary or refusal}"
            raise NotJudgedError(f"the fault was not made: {told}") from refusal

    def may_come_after(self, ended: float) -> bool:  # noqa: ARG002 - the protocol's
        """Return that it cannot: all rows are stored by then, or never."""
        return False

    def told(self) -> str:
        """Tell that a session that waited has gone with its worker, and so have its rows."""
        if not self._gate.is_shut or not self._waited - self._gate.waiting():
            return ""
        waited = counted(len(self._waited), "session")
        return f"when all calls were answered, and {waited} of NoETL's waited to commit rows"

    def release(self) -> None:
        """Let answers go, and rows in."""
        self._at_call.release()
        self._gate.remove()

    def refuse_long_hold(self) -> None:
        """Do nothing: calls were held until the gate was shut, and rows may wait."""

    def _is_there(self) -> bool:
        return self._rows_wait()

    def _rows_wait(self) -> bool:
        """Whether each worker that holds a command of the batch waits with its rows.

        Raises:
            NotJudgedError: they are another batch's.
        """
        connected, own = self._connected, self._started
        waiting = self._gate.waiting()
        if not waiting or connected.profile_api.counts(own.journal).open:
            return False
        held = by_worker(connected.workers, held_commands(connected.connection, own.execution_id))
        storing = [name for name, each in held.items() if any(not one.of_parent for one in each)]
        parents = [name for name in held if name not in storing]
        if len(storing) != len(waiting) or not parents:
            return False
        self._ended()
        self._waited, self._parents = waiting, parents[0]
        self.storing = Hit(storing[0], tuple(held[storing[0]]))
        self._stored = self._count()
        return True

    def _ended(self) -> int:
        """Return how many batches have ended of those that have begun, the one at the call last.

        Raises:
            NotJudgedError: a later one has begun.
        """
        events, batch = self._connected.connection, self._at_call.batch
        begun, ended = count_children(events, self._started.execution_id)
        if begun > batch:
            raise past(batch, f"and batch {begun} had begun")
        return ended

    def _count(self) -> int:
        return count_stored(self._started.outcome, self._started.execution_id)


class _StoredRows(HeldRows, ABC):
    """The rows are stored, and a link is held so that somebody does not learn of it."""

    _link: HeldLink | None = None
    _told = ""

    def told(self) -> str:
        """Tell how many rows were there, and what was held."""
        return f"with {self._told}" if self._told else ""

    def release(self) -> None:
        """Let the link go on, and rows in."""
        if self._link is not None:
            self._link.release()
        super().release()

    @abstractmethod
    def _to_hold(self) -> HeldLink:
        """Return the link that is to be held."""

    def _is_there(self) -> bool:
        if self._link is None:
            if self._rows_wait():
                self._link = self._to_hold()
                self._link.hold()
                self._gate.open()
            return False
        new, held = self._count() - self._stored, self._link.held
        if new <= 0 or not held or not self._gate.rest(self._waited):
            return False
        seen = f"{counted(new, 'row')} stored, {counted(held, 'byte')} held {self._link.told}"
        self._told = seen
        return True


class _BeforeReport(_StoredRows):
    """The rows are stored, and what their writer tells the server is held back."""

    def _to_hold(self) -> HeldLink:
        links = self._connected.sandbox.links
        return HeldLink(links, "worker-server", "requests", self.storing.service, drops=True)


class _BeforeAnswer(_StoredRows):
    """The rows are stored, and what Postgres answers to the workers is held back."""

    def _to_hold(self) -> HeldLink:
        return HeldLink(self._connected.sandbox.links, "worker-postgres", "answers")


class _BetweenBatches(_StoredRows):
    """A batch has ended, and what the parent's worker asks the server for is held back."""

    _since: float | None = None
    _until: float | None = None

    def release(self) -> None:
        """Let the request go, and rows in."""
        if self._until is None:
            self._until = self._clock.now()
        super().release()

    def refuse_long_hold(self) -> None:
        """Have nothing judged where NoETL may have given up on the request that was held.

        Raises:
            NotJudgedError: it was held for so long.
        """
        if self._since is None or self._until is None:
            return
        if (held := self._until - self._since) > REQUEST_PATIENCE_SECONDS:
            raise NotJudgedError(
                f"a request to the server was held back for {held:.0f} s: "
                "NoETL may have given up on it"
            )

    def _to_hold(self) -> HeldLink:
        return HeldLink(self._connected.sandbox.links, "worker-server", "requests", self._parents)

    def _is_there(self) -> bool:
        there, now = super()._is_there(), self._clock.now()
        if self._link is not None:
            self._since = now if self._since is None else self._since
        if self._since is not None and now - self._since > REQUEST_SECONDS:
            told = f"batch {self._at_call.batch} did not end within {REQUEST_SECONDS:.0f} s"
            raise MissedMomentError(f"the fault was not made: {told} of its rows")
        if not there:
            return False
        ended, batch = self._ended(), self._at_call.batch
        batches = self._started.sizes.max_batches
        if batch == batches:
            raise past(batch, "and it is the last one")
        self._told = f"{ended} of {counted(batches, 'batch')} ended, {self._told}"
        return ended == batch


def gap_of(
    gap: Gap, connected: ConnectedSandbox, started: Started, calls: int, clock: Clock
) -> Moment:
    """Return a gap as what a fault waits for.

    Args:
        gap: which.
        connected: the sandbox.
        started: the execution.
        calls: how many have arrived when it is prepared.
        clock: what tells how long things are held back.
    """
    if gap == "before a command":
        return BeforeCommand(connected, started)
    kinds: dict[Gap, type[HeldRows]] = {
        "before the rows": HeldRows,
        "before the report": _BeforeReport,
        "before the answer": _BeforeAnswer,
        "between batches": _BetweenBatches,
    }
    at_call = HeldCalls(connected, started, calls, clock)
    return kinds[gap](connected, started, at_call, clock)
