"""What is done to a service in the middle of an execution, and what was seen of it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Action = Literal["killed", "terminated", "frozen"]
"""What is done to a service: KILL, TERM, or a stop that it does not notice itself."""

Victim = Literal[
    "a worker at a call", "the parent's worker", "all workers", "server", "nats", "profile-api"
]
"""Whom it is done to; workers are told apart by the commands that they hold at that moment."""


class Fault(BaseModel):
    """One fault, made as soon as the profile API has received so many calls and one is in flight.

    Args:
        action: what is done.
        victim: to whom.
        calls: how many calls must have arrived.
        seconds: how long it lasts until it is healed: what has ended is started again, what is
            frozen goes on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action
    victim: Victim
    calls: int
    seconds: float


class FaultInterval(BaseModel):
    """One service under a fault, with what proves it; times in epoch seconds.

    Args:
        service: its name in the sandbox.
        action: what was done to it.
        began: when it was done.
        proof: what was seen of the effect, in words; empty where nothing was.
        healed: when it was healed; None where it was not.
        healing: what proves that; empty where nothing does.
        commands: the steps whose commands the service held when it began, by the event log.
        holds_parent: whether a command of the parent's own was among them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str
    action: Action
    began: float
    proof: str = ""
    healed: float | None = None
    healing: str = ""
    commands: tuple[str, ...] = ()
    holds_parent: bool = False

    @property
    def proven(self) -> bool:
        """Whether both the effect and the healing were seen."""
        return bool(self.proof and self.healed is not None and self.healing)
