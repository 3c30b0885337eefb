"""How fast this machine gets on: a deadline that passes on a starved one says nothing of NoETL."""

from __future__ import annotations

import statistics
import time

WORK_SECONDS = 0.005
"""The work of one look, in seconds of processor time."""

LOOK_SECONDS = 1.0
"""How often to look: half a hundredth of the time goes into it."""

ENOUGH_LOOKS = 5
"""Fewer say nothing."""


def stretch() -> float:
    """Return how many times its processor time a small piece of work takes; 1 at best."""
    began, used = time.monotonic(), time.thread_time()
    while (spent := time.thread_time() - used) < WORK_SECONDS:
        pass
    return (time.monotonic() - began) / spent


class MeasuredPace:
    """Looks again and again at how long a piece of work takes."""

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._seen: list[float] = []

    def look(self) -> None:
        """Look, unless the last look was less than ``LOOK_SECONDS`` ago."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._seen.append(stretch())
            self._looked = time.monotonic()

    @property
    def value(self) -> float:
        """The median of what was seen, as ``stretch``; 1 before there were enough looks."""
        return statistics.median(self._seen) if len(self._seen) >= ENOUGH_LOOKS else 1.0
