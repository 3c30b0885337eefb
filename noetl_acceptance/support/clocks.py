"""Whether the wall clock went on as time did: it may be set, and a machine may sleep."""

from __future__ import annotations

import re
import time

STEP_SECONDS = 1.0
"""By how much the wall clock may move against the others: it is corrected by small steps."""


_STEP = re.compile(r"\bthe clock moved by [+-][\d.]+ s")


class ClockWatch:
    """Notes how the clocks stand to each other when it is made."""

    def __init__(self) -> None:
        self._began = _differences()

    @property
    def moved(self) -> float:
        """By how many seconds the wall clock, or the one that counts sleep, has gone ahead since.

        Ahead of the monotonic clock; negative where it was set back.
        """
        now = _differences()
        return max(
            (after - before for after, before in zip(now, self._began, strict=True)), key=abs
        )

    @property
    def was_set(self) -> bool:
        """Whether it has moved by more than is corrected by small steps."""
        return is_step(self.moved)


def is_step(moved: float) -> bool:
    """Whether a clock that has moved by so many seconds was set, or its machine slept."""
    return abs(moved) > STEP_SECONDS


def step_words(moved: float, when: str = "") -> str:
    """Return in words that the clock has moved by so many seconds, and when."""
    return f"the clock moved by {moved:+.1f} s{when}: it was set, or the machine slept"


def tells_step(text: str) -> bool:
    """Whether a text holds ``step_words``."""
    return _STEP.search(text) is not None


def _differences() -> tuple[float, ...]:
    """Return the wall clock, and the one that counts sleep where there is one, less the other."""
    monotonic = time.monotonic()
    wall = time.time() - monotonic
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return (wall,)
    return wall, time.clock_gettime(time.CLOCK_BOOTTIME) - monotonic
