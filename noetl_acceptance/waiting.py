"""The one way in which this suite waits, and the story that a timeout tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.pace import STARVED, Pace

T = TypeVar("T")


class DeadlineError(AssertionError):
    """What was waited for did not happen in time: the product's failure, told as a story."""


class StarvedError(SandboxError):
    """It did not happen in time, on a machine too slow to tell whose fault that is."""


def eventually(
    observe: Callable[[], T],
    until: Callable[[T], bool],
    *,
    seconds: float,
    what: str,
    every: float = 0.1,
    tell: Callable[[T], str] = str,
    context: Callable[[], Sequence[str]] = list,
) -> T:
    """Observe again and again until the observation will do.

    Args:
        observe: takes a fresh observation; an error it raises ends the wait at once, so it is
            also the place to say that what is awaited can no longer happen.
        until: whether an observation is what was waited for.
        seconds: the deadline.
        what: what is awaited, for the message.
        every: seconds between two observations.
        tell: an observation in a few words, for the history.
        context: further lines for the message (service states, log tails), asked only when late.

    Returns:
        The first observation for which ``until`` is true.

    Raises:
        DeadlineError: the deadline passed; names the last observation and its history.
        StarvedError: likewise, while this machine was starved.
    """
    start = time.monotonic()
    pace = Pace()
    history: list[str] = []
    while True:
        seen = observe()
        if until(seen):
            return seen
        words = tell(seen)
        if not history or history[-1] != words:
            history.append(words)
        if time.monotonic() - start >= seconds:
            story = _story(what, seconds, history, context())
            if pace.median >= STARVED:
                raise StarvedError(told_starved(pace.median), REMEDY, story)
            raise DeadlineError(story)
        pace.look()
        time.sleep(every)


REMEDY = "let it do less else, or multiply the deadlines by `-D time-scale=`"


def told_starved(pace: float) -> str:
    """Return in words that a machine of this pace is starved."""
    return f"this machine is starved: work takes {pace:.1f} times as long as it needs"


def _story(what: str, seconds: float, history: Sequence[str], context: Sequence[str]) -> str:
    shown = list(history) if len(history) <= 8 else [*history[:2], "…", *history[-5:]]
    lines = [f"after {seconds:g} s: {what} did not happen", f"  seen: {' → '.join(shown)}"]
    return "\n".join([*lines, *(f"  {line}" for line in context)])
