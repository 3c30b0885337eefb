"""Ctrl-C, TERM and HUP end a run once and in order; what takes things down is not cut short."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_shields = 0
_received: int | None = None


def _handle(number: int, _frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt for the first signal that comes outside of every shield."""
    global _received  # noqa: PLW0603 - one process has one set of signal handlers
    first = _received is None
    _received = number
    if first and not _shields:
        raise KeyboardInterrupt


def install() -> None:
    """Handle the signals from now on; those that the caller has ignored (nohup) stay ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)


def received() -> bool:
    """Whether a signal has asked for the end."""
    return _received is not None


@contextmanager
def shielded() -> Iterator[None]:
    """Finish what is inside whatever signal comes meanwhile; ``received`` tells afterwards."""
    global _shields  # noqa: PLW0603 - see above
    _shields += 1
    try:
        yield
    finally:
        _shields -= 1
