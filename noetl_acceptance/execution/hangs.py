"""Ends the wait for executions that will not end."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from noetl_acceptance.checks.faulty import END_SECONDS
from noetl_acceptance.checks.saturation import hold_all
from noetl_acceptance.execution.faults.hanging import LOOK_SECONDS, HangProof
from noetl_acceptance.execution.monitor import STALL_SECONDS, FaultInProgress, Observer
from noetl_acceptance.model.event_types import WAITING_KIND
from noetl_acceptance.model.tools import steps_with
from noetl_acceptance.model.wording import counted
from noetl_acceptance.noetl import event_log
from noetl_acceptance.support.polling import (
    REAL_CLOCK,
    REMEDY,
    Clock,
    DeadlockError,
    StarvedError,
    told_starved,
)
from noetl_acceptance.support.starvation import STARVED, Pace


def refuse_hang(
    waiting: Sequence[Observer], proofs: Mapping[str, HangProof], pace: Pace, *, undisturbed: bool
) -> None:
    """End the wait for an execution that hangs.

    Args:
        waiting: what has not ended.
        proofs: one for each execution, by its id.
        pace: of the services.
        undisturbed: whether that is also done before any fault, and where there is none; else only
            after one was healed.

    Raises:
        DeadlockError: one hangs.
        StarvedError: so it seems, on a machine too slow to tell; after a fault the record tells.
    """
    for observer in waiting:
        fault, hang = observer.fault, proofs[observer.started.execution_id]
        healed = fault is not None and fault.over is not None
        untouched = fault is None or not fault.intervals
        if not (healed or (undisturbed and untouched)) or not hang.due:
            continue
        if observer.started.request.waited_out or _may_take_up(observer):
            continue
        seen = observer.standstill()
        if hang.holds(seen):
            story = [*seen.story, *observer.story()]
            about = f"execution {observer.started.execution_id} hangs: nothing moves any more"
            told = "\n  ".join([about, *story])
            if fault is None and pace.value >= STARVED:
                raise StarvedError(told_starved(pace.value), REMEDY, told)
            raise DeadlockError(told)


def _may_take_up(observer: Observer) -> bool:
    """Whether some settings are not the suite's: nobody knows what NoETL takes up again then."""
    return bool(observer.sandbox.settings.told_settings)


def more_after(fault: FaultInProgress | None, deadline: float) -> float:
    """Return how many seconds an execution gets beyond its deadline: what its healing leaves it.

    Args:
        fault: that it meets; None for none.
        deadline: in epoch seconds.
    """
    if fault is None or not fault.intervals:
        return 0.0
    over = time.time() if fault.over is None else fault.over
    return max(0.0, over + END_SECONDS - deadline)


class DeadlockProof:
    """Tells whether executions side by side block each other.

    Args:
        clock: what the time between two looks is measured by.
    """

    def __init__(self, clock: Clock = REAL_CLOCK) -> None:
        self._clock = clock
        self._looked = -math.inf

    def refuse(self, waiting: Sequence[Observer]) -> None:
        """End the wait for executions whose parents hold all workers, and wait for their children.

        As long as a worker is free the release may yet find what it has overlooked.

        Args:
            waiting: what has not ended.

        Raises:
            DeadlockError: they do.
        """
        several = [it for it in waiting if it.started.request.may_hang and it.fault is None]
        if any(_may_take_up(it) for it in several):
            return
        if not several or any(it.silent < STALL_SECONDS for it in several):
            return
        if self._clock.now() - self._looked < LOOK_SECONDS:
            return
        self._looked = self._clock.now()
        sandbox = several[0].sandbox
        held = Counter[str | None](worker for observer in several for worker in _holders(observer))
        in_vain = all(_waits_in_vain(observer) for observer in several)
        if not (in_vain and hold_all(held, sandbox.workers, sandbox.settings.worker_inflight)):
            return
        story = [line for observer in several for line in observer.story()[1:2]]
        whose = counted(len(several), "execution")
        about = f"{whose} wait for each other: their parents hold all workers"
        raise DeadlockError("\n  ".join([about, *story]))


def _holders(observer: Observer) -> list[str]:
    """Return the workers that hold commands of an execution, each as often as it does."""
    held = event_log.held_commands(observer.events, observer.started.execution_id)
    return [command.worker_id for command in held]


def _waits_in_vain(observer: Observer) -> bool:
    """Whether workers hold nothing of an execution but a parent whose child waits for a worker."""
    events, execution_id = observer.events, observer.started.execution_id
    rounds = steps_with(WAITING_KIND, observer.started.pair.parent.steps())
    if event_log.working_commands(events, execution_id, rounds):
        return False
    own = event_log.own_open_commands(events, execution_id)
    return not _holders(observer) or event_log.open_commands(events, execution_id) > own
