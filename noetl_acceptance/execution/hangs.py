"""Ends the wait for executions that will not end."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.execution.faults.hanging import HangProof
from noetl_acceptance.execution.monitor import Observer
from noetl_acceptance.model.wording import counted
from noetl_acceptance.support.polling import DeadlockError


def refuse_hang(waiting: Sequence[Observer], hang: HangProof) -> None:
    """End the wait for an execution that hangs after a fault was healed.

    Raises:
        DeadlockError: one does.
    """
    for observer in waiting:
        if observer.fault is None or observer.fault.over is None or not hang.due:
            continue
        seen = observer.standstill()
        if hang.holds(seen):
            story = [*seen.story, *observer.story()]
            about = f"execution {observer.started.execution_id} hangs: nothing moves any more"
            raise DeadlockError("\n  ".join([about, *story]))


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
