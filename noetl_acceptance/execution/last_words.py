"""What is waited for when an execution has ended: its last events, and its status."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial

from noetl_acceptance.checks.faulty import END_SECONDS
from noetl_acceptance.execution.monitor import Observer
from noetl_acceptance.noetl import event_log
from noetl_acceptance.support.database import Database
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually

LAST_WORDS_SECONDS = 2.0
"""How long to wait, at an execution's end, for the last events of its commands."""


def drain_trailing_events(events: Database, execution_id: str, pace: float) -> None:
    """Wait, not for long, until no command of the parent is open, and then none of its children.

    NoETL tells the end before the last events of the last step, which may be the summary.

    Args:
        events: NoETL's own database, in autocommit mode.
        execution_id: the parent's.
        pace: of the services; so many times as long they may take.
    """
    until = time.monotonic() + LAST_WORDS_SECONDS * pace
    # The children's commands may be thousands: they cost more to count.
    for count, every in ((event_log.own_open_commands, 0.02), (event_log.open_commands, 0.2)):
        with suppress(DeadlineError, StarvedError):
            eventually(
                partial(count, events, execution_id),
                lambda still_open: not still_open,
                seconds=until - time.monotonic(),
                what="the last events",
                every=every,
            )


def await_status(observer: Observer, *, told: bool) -> None:
    """Ask for the status of an execution that has ended, as long as it may take to say so.

    It is asked once more where it was refused. After a fault the status has ``END_SECONDS`` from
    the healing on: a pool refuses a request for each connection that it has lost.

    Args:
        observer: of the execution.
        told: whether the status was told when it was asked at the end.
    """
    fault = observer.fault
    if fault is None or fault.over is None:
        if not told:
            observer.sample_status()
        return
    with suppress(DeadlineError, StarvedError):
        eventually(
            lambda: _says_ended(observer) or (observer.sample_status() and _says_ended(observer)),
            bool,
            seconds=fault.over + END_SECONDS - time.time(),
            what="a status that says that the execution has ended",
            every=1.0,
        )


def _says_ended(observer: Observer) -> bool:
    last = observer.statuses[-1] if observer.statuses else None
    return last is not None and (last.completed or last.failed or last.cancelled)
