"""Proves that an execution hangs, so that its deadline need not be waited out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from noetl_acceptance.generations.recovery import SOON
from noetl_acceptance.model.wording import counted
from noetl_acceptance.sandbox.control import BrokerState
from noetl_acceptance.support.polling import REAL_CLOCK, Clock

LOOK_SECONDS = 1.0
"""Seconds between two looks: each asks NATS and the profile API."""


class Movement(NamedTuple):
    """What changes as long as an execution goes on.

    Args:
        newest: when the newest event that is no heartbeat was read (epoch seconds).
        calls: how many calls have arrived at the profile API.
        delivered: how many messages NATS has handed out, each further time counted.
    """

    newest: float
    calls: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Standstill:
    """What was seen of an execution at one time.

    Args:
        movement: what changes as long as it goes on.
        open_calls: how many calls are in flight.
        open_commands: how many commands have not ended: what NoETL itself may take up again.
        broker: what NATS tells; None while it does not answer.
    """

    movement: Movement
    open_calls: int
    open_commands: int
    broker: BrokerState | None

    @property
    def can_go_on(self) -> bool:
        """Whether something is under way that will move it."""
        waiting = self.broker is None or self.broker.pending > 0
        return self.open_calls > 0 or waiting

    @property
    def story(self) -> Sequence[str]:
        """What it waits for, in words."""
        if self.broker is None:
            return ["NATS does not answer"]
        broker = self.broker
        if not broker.consumers:
            return [f"NATS has {counted(broker.streams, 'stream')} and no consumer of NoETL's"]
        told = (
            f"NATS has {counted(broker.pending, 'message')} to hand out, and "
            f"{broker.unacknowledged} handed out and not acknowledged"
        )
        return [f"{told}; {counted(broker.waiting, 'worker')} free"]


class HangProof:
    """Tells whether an execution hangs: for a while nothing has moved, and nothing is under way.

    Args:
        recovery: how many seconds NoETL may take to take up a command that is open.
        clock: what the silence is measured by.
    """

    def __init__(self, recovery: float, clock: Clock = REAL_CLOCK) -> None:
        self._recovery = recovery
        self._clock = clock
        self._last: Movement | None = None
        self._since = 0.0
        self._looked = -math.inf

    @property
    def due(self) -> bool:
        """Whether it is time to look again."""
        return self._clock.now() - self._looked >= LOOK_SECONDS

    def holds(self, seen: Standstill) -> bool:
        """Whether it hangs, by what is seen now and was seen before."""
        now = self._looked = self._clock.now()
        if seen.movement != self._last or seen.can_go_on:
            self._last, self._since = seen.movement, now
        return now - self._since >= (self._recovery if seen.open_commands else SOON)
