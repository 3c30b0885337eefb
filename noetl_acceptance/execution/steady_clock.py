"""Carries out again what a step of the clock may have spoiled: that is nobody's doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.support.clocks import ClockWatch

T = TypeVar("T")

STEADY_TRIES = 3
"""How often something is carried out while the clock is set each time."""


def while_steady(
    attempt: Callable[[], T],
    *,
    tries: int,
    say: Callable[[str], None],
    watch: Callable[[], ClockWatch] = ClockWatch,
) -> T:
    """Return what an attempt gives, from a time in which the clock was not set.

    What the last one gives is returned as it is: who judges it is told of the clock by the record.

    Args:
        attempt: carries it out.
        tries: how often at most; 1 where what it leaves would change the next attempt.
        say: is told why it is carried out again.
        watch: begins to watch the clock.

    Raises:
        NotJudgedError: the last attempt failed, and the clock was set meanwhile.
    """
    while True:
        tries -= 1
        clock = watch()
        try:
            given = attempt()
        except Exception as error:
            if not clock.was_set:
                raise
            if not tries:
                first = str(error).partition("\n")[0]
                raise NotJudgedError(f"{clock.told}; seen meanwhile: {first}") from error
        else:
            if not (tries and clock.was_set):
                return given
        say(f"  {clock.told}; carried out once more")
