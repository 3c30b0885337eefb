"""Ctrl-C, TERM and HUP end a run in order; what takes things down is not cut short.

A signal raises KeyboardInterrupt: at once, or where the outermost shield ends. A further one within
``AGAIN_SECONDS`` of that is an impatient user's second Ctrl-C and changes nothing, as what the
first has begun is on its way. A later one finds a run that hangs, and raises again.

A process that another one of the suite has started gets a TERM where that is killed.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

AGAIN_SECONDS = 3.0
"""How long after an interruption a further signal changes nothing."""

STARTED_BY = "NOETL_SUITE_STARTED_BY"
"""The environment variable with the number of the process that has started this one."""

LOOK_SECONDS = 1.0
"""How often a process looks whether the one that has started it is there."""

_shields = 0
_received = False
_due = False
_raised = -AGAIN_SECONDS


def _handle(_number: int, _frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt for a signal, or note in a shield that it is due at its end."""
    global _received, _due  # noqa: PLW0603 - one process has one set of signal handlers
    _received = True
    if time.monotonic() - _raised >= AGAIN_SECONDS:
        _due = True
        if not _shields:
            _raise_what_is_due()


def _raise_what_is_due(cause: BaseException | None = None) -> None:
    global _due, _raised
    if _due:
        _due, _raised = False, time.monotonic()
        raise KeyboardInterrupt from cause


def install() -> None:
    """Handle the signals from now on; those that the caller has ignored (nohup) stay ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    if starter := os.environ.pop(STARTED_BY, ""):  # not for what this one starts
        threading.Thread(target=_end_with, args=(int(starter),), daemon=True).start()


def _end_with(starter: int) -> None:
    """Send this process a TERM when the one that has started it is gone."""
    while os.getppid() == starter:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def received() -> bool:
    """Whether a signal has asked for the end."""
    return _received


@contextmanager
def shielded() -> Iterator[None]:
    """Finish what is inside whatever signal comes meanwhile.

    Raises:
        KeyboardInterrupt: at the end of the outermost shield, when a signal has come; an error
            from inside is its cause.
    """
    global _shields  # noqa: PLW0603 - see above
    _shields += 1
    try:
        yield
    except BaseException as error:
        _shields -= 1
        if not _shields:
            _raise_what_is_due(error)
        raise
    _shields -= 1
    if not _shields:
        _raise_what_is_due()
