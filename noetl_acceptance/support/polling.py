"""The one way in which this suite waits, and the story that a timeout tells."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.support.measuring import machine_pace
from noetl_acceptance.support.starvation import SLOW, STARVED, Pace, pace_words

T = TypeVar("T")

_MISSED = re.compile(r"\bafter [\d.]+ s: .* did not happen")


class DeadlineError(AssertionError):
    """What was waited for did not happen in time: the product's failure, told as a story."""


class StalledError(DeadlineError):
    """It did not happen, and nothing is at work any more that could still make it happen."""


class DeadlockError(DeadlineError):
    """It did not happen, and whatever could make it happen waits for the rest."""


class StarvedError(SandboxError):
    """It did not happen in time, on a machine too slow to tell whose fault that is."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What time is told and passed by.

    Args:
        now: seconds since some fixed moment.
        sleep: lets that many seconds pass.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


REAL_CLOCK = Clock()


def eventually(  # noqa: PLR0913 - most have defaults
    observe: Callable[[], T],
    until: Callable[[T], bool],
    *,
    seconds: float,
    what: str,
    passed: float = 0.0,
    more: Callable[[], float] = lambda: 0.0,
    every: float = 0.1,
    tell: Callable[[T], str] = str,
    context: Callable[[], Sequence[str]] = list,
    pace: Pace | None = None,
    clock: Clock = REAL_CLOCK,
) -> T:
    """Observe again and again until the observation will do.

    Args:
        observe: takes a fresh observation; an error it raises ends the wait at once, so it is
            also the place to say that what is awaited can no longer happen.
        until: whether an observation is what was waited for.
        seconds: the deadline.
        passed: how many of them have passed already.
        more: how many are added to them, as is known when they have passed.
        what: what is awaited, for the message.
        every: seconds between two observations.
        tell: an observation in a few words, for the history.
        context: further lines for the message (service states, log tails), asked only when late.
        pace: of the services that do the work; the machine's when None.
        clock: what the deadline is told by.

    Returns:
        The first observation for which ``until`` is true.

    Raises:
        DeadlineError: the deadline passed; names the last observation and its history.
        StarvedError: likewise, while this machine was starved.
    """
    start = clock.now() - passed
    pace = machine_pace() if pace is None else pace
    history: list[str] = []
    while True:
        seen = observe()
        if until(seen):
            return seen
        words = tell(seen)
        if not history or history[-1] != words:
            history.append(words)
        pace.look()
        took = clock.now() - start
        if took >= seconds and took >= (allowed := seconds + more()):
            story = _story(what, allowed, history, pace, context())
            if pace.value >= STARVED:
                raise StarvedError(told_starved(pace.value), REMEDY, story)
            raise DeadlineError(story)
        clock.sleep(every)


REMEDY = "let it do less else, or multiply the deadlines by `-D time-scale=`"


def missed_words(seconds: float, what: str) -> str:
    """Return in words that something did not happen within so many seconds."""
    return f"after {round(seconds, 1):g} s: {what} did not happen"


def tells_missed_deadline(text: str) -> bool:
    """Whether a text holds ``missed_words``."""
    return _MISSED.search(text) is not None


_STARVED = "this machine is starved: "
_UNMEASURED = (
    "the pace does not tell how fast the processor is: "
    "on a slow one, `-D time-scale=2` doubles the deadlines"
)


def told_starved(pace: float) -> str:
    """Return in words that a machine of this pace is starved."""
    return f"{_STARVED}work takes {pace:.1f} times as long as it needs"


def tells_starved(text: str) -> bool:
    """Whether a text holds ``told_starved``."""
    return _STARVED in text


def _story(
    what: str, seconds: float, history: Sequence[str], pace: Pace, context: Sequence[str]
) -> str:
    words = pace_words(pace.value)
    first = missed_words(seconds, what)
    first = f"{words}: {first}" if pace.value >= SLOW else f"{first} ({words})"
    shown = list(history) if len(history) <= 8 else [*history[:2], "…", *history[-5:]]
    lines = [first, f"  seen: {' → '.join(shown)}"]
    by = [f"the pace is measured by {pace.source}", _UNMEASURED] if pace.source else []
    return "\n".join([*lines, *(f"  {line}" for line in [*context, *by])])
