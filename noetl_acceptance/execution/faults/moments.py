"""When a fault is made: what the suite watches for until then."""

from __future__ import annotations

import math
import time
from typing import Protocol

from noetl_acceptance.errors import MissedMomentError, NotJudgedError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.started import Started
from noetl_acceptance.model.fault import EventMoment
from noetl_acceptance.model.wording import counted
from noetl_acceptance.noetl import written_events
from noetl_acceptance.support.polling import Clock

WATCH_SECONDS = 5.0
"""How long one look for an event lasts: between two of them the execution is observed, which takes
some hundredths of it, and an event that comes then is seen late."""

WATCH_EVERY = 0.002
"""Seconds between two questions for an event: the next one of NoETL's may come so soon."""

LATE_SECONDS = 5.0
"""How long after its end an execution may still write the event that a fault waits for."""

HELD_SECONDS = 10.0
"""How long answers are held back while nobody is seen whom the fault could meet."""

PATIENCE_SECONDS = 15.0
"""How long they may be held back in all: NoETL gives up on a call of our pairs after 20 s."""


def past(batch: int, seen: str) -> MissedMomentError:
    """Return that a batch was over before the fault could meet it.

    Args:
        batch: its number.
        seen: what shows it, in words.
    """
    return MissedMomentError(f"the fault was not made: batch {batch} was over, {seen}")


class Moment(Protocol):
    """What a fault waits for."""

    def has_come(self) -> bool:
        """Whether it is there; asked again and again."""
        ...

    def may_come_after(self, ended: float) -> bool:
        """Whether it may still come when the execution has ended (epoch seconds)."""
        ...

    def told(self) -> str:
        """Return in words what the fault met; empty while nothing shows it."""
        ...

    def release(self) -> None:
        """Let go on what was held back for it; safe to call twice."""
        ...

    def refuse_long_hold(self) -> None:
        """Have nothing judged where NoETL may have given up on what was held back and is let go."""
        ...


class HeldCalls:
    """So many calls have arrived at the profile API, and one is in flight.

    The profile API holds its answers back from that call on: whoever is at a call is still at it
    when the fault is made, and no later batch can begin.

    Args:
        connected: the sandbox.
        started: the execution.
        calls: how many.
        clock: what tells how long they are held.
    """

    def __init__(
        self, connected: ConnectedSandbox, started: Started, calls: int, clock: Clock
    ) -> None:
        self._connected = connected
        self._journal = started.journal
        self._calls = calls
        self._clock = clock
        self._seen = 0
        self._since: float | None = None
        size = started.sizes.batch_size
        self.batch = math.ceil(calls / size)
        """The batch that is at work then."""
        self._last = self.batch * size
        self._held = True
        self._until: float | None = None
        connected.profile_api.hold(self._journal, calls)

    def has_come(self) -> bool:
        """Whether they have arrived.

        Raises:
            MissedMomentError: so many have that a later batch is at work; or nobody was met for so
                long that NoETL may soon give up on its calls.
        """
        counts = self._connected.profile_api.counts(self._journal)
        if counts.calls > self._last:
            raise past(self.batch, f"{counted(counts.calls, 'call')} had arrived")
        self._seen = counts.calls
        if counts.calls < self._calls or not counts.open:
            return False
        self._since = self._clock.now() if self._since is None else self._since
        if self._clock.now() - self._since > HELD_SECONDS:
            raise MissedMomentError(
                f"the fault was not made: nobody whom it could meet was seen within "
                f"{HELD_SECONDS:.0f} s of call {self._calls}"
            )
        return True

    def may_come_after(self, ended: float) -> bool:  # noqa: ARG002 - the protocol's
        """Return that it cannot: nothing calls after the end."""
        return False

    def told(self) -> str:
        """Return how many calls had arrived when it was looked at last."""
        return f"at {self._seen} calls"

    def release(self) -> None:
        """Let the answers go: they reach whoever is still there."""
        if self._held:
            self._connected.profile_api.release(self._journal)
            self._held, self._until = False, self._clock.now()

    def refuse_long_hold(self) -> None:
        """Have nothing judged where NoETL may have given up on a call that the suite held back.

        Raises:
            NotJudgedError: answers were held back for so long.
        """
        if self._since is None or self._until is None:
            return
        if (held := self._until - self._since) > PATIENCE_SECONDS:
            raise NotJudgedError(
                f"it took {held:.0f} s to make the fault, and answers were held back meanwhile: "
                "NoETL may have given up on these calls"
            )


class FirstEvent:
    """The first event of a step and a type has been written.

    Args:
        connected: the sandbox.
        started: the execution.
        wanted: the event.
        clock: what a look is timed by.
    """

    def __init__(
        self, connected: ConnectedSandbox, started: Started, wanted: EventMoment, clock: Clock
    ) -> None:
        self._connected = connected
        self._execution_id = started.execution_id
        self._wanted = wanted
        self._clock = clock
        self._event: written_events.WrittenEvent | None = None

    def has_come(self) -> bool:
        """Watch for a while, closely; return whether it has been written."""
        until = self._clock.now() + WATCH_SECONDS
        while not self._seen() and self._clock.now() < until:
            self._clock.sleep(WATCH_EVERY)
        return self._event is not None

    def may_come_after(self, ended: float) -> bool:
        """Whether it may: the last events of an execution are written after the one of its end."""
        return time.time() - ended < LATE_SECONDS

    def told(self) -> str:
        """Return which event it was."""
        return f"at {self._wanted}"

    def release(self) -> None:
        """Do nothing: nothing is held back."""

    def refuse_long_hold(self) -> None:
        """Do nothing either."""

    def worker_id(self) -> str:
        """Return the worker that it is about, by NoETL's own name; empty where there is none."""
        if self._event is None:
            return ""
        return written_events.worker_of(self._connected.connection, self._execution_id, self._event)

    def _seen(self) -> bool:
        self._event = written_events.first_written(
            self._connected.connection,
            self._execution_id,
            self._wanted.step,
            self._wanted.event_type,
            of_parent=self._wanted.of_parent,
        )
        return self._event is not None
