"""Ends the wait for executions that will not end."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.execution.faults.hanging import HangProof
from noetl_acceptance.execution.monitor import Observer
from noetl_acceptance.model.wording import counted
from noetl_acceptance.support.polling import REMEDY, DeadlockError, StarvedError, told_starved
from noetl_acceptance.support.starvation import STARVED, Pace


def refuse_hang(
    waiting: Sequence[Observer], hang: HangProof, pace: Pace, *, undisturbed: bool
) -> None:
    """End the wait for an execution that hangs.

    Args:
        waiting: what has not ended.
        hang: the proof.
        pace: of the services.
        undisturbed: whether that is also done before any fault, and where there is none; else only
            after one was healed.

    Raises:
        DeadlockError: one hangs.
        StarvedError: so it seems, on a machine too slow to tell; after a fault the record tells.
    """
    for observer in waiting:
        fault = observer.fault
        healed = fault is not None and fault.over is not None
        untouched = fault is None or not fault.intervals
        if not (healed or (undisturbed and untouched)) or not hang.due:
            continue
        if observer.started.request.waited_out:
            continue
        seen = observer.standstill()
        if hang.holds(seen):
            story = [*seen.story, *observer.story()]
            about = f"execution {observer.started.execution_id} hangs: nothing moves any more"
            told = "\n  ".join([about, *story])
            if fault is None and pace.value >= STARVED:
                raise StarvedError(told_starved(pace.value), REMEDY, told)
            raise DeadlockError(told)


def refuse_deadlock(waiting: Sequence[Observer]) -> None:
    """End the wait for executions side by side where those that have not ended block each other.

    Raises:
        DeadlockError: they do.
    """
    several = [each for each in waiting if each.started.request.may_hang and each.fault is None]
    if not several or not all(observer.waits_in_vain() for observer in several):
        return
    story = [line for observer in several for line in observer.story()[1:2]]
    about = f"{counted(len(several), 'execution')} wait for each other: no worker is free for them"
    raise DeadlockError("\n  ".join([about, *story]))
