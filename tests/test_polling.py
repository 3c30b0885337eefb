"""Waiting: it ends as soon as it can, and a timeout tells a story. No test here sleeps."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

from noetl_acceptance.support.polling import Clock, DeadlineError, StarvedError, eventually
from noetl_acceptance.support.starvation import SLOW, STARVED, pace_words


class Hands:
    """A clock that goes on by being slept by."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.clock = Clock(now=lambda: self.at, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Told:
    """A pace that is as it is told to be."""

    value: float = 1.0
    source: str = "a test"
    looks: int = 0

    def look(self) -> None:
        self.looks += 1


def test_the_first_observation_that_will_do_is_returned() -> None:
    numbers, hands = itertools.count(), Hands()
    seen = eventually(
        lambda: next(numbers), lambda n: n == 3, seconds=5, what="three", clock=hands.clock
    )
    assert seen == 3
    assert hands.at == pytest.approx(1000.3)


def test_an_error_of_the_observation_ends_the_wait() -> None:
    def observe() -> int:
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        eventually(observe, bool, seconds=60, what="anything", clock=Hands().clock)


def test_a_timeout_tells_what_was_seen() -> None:
    numbers = itertools.chain([25, 50, 75], itertools.repeat(75))
    with pytest.raises(DeadlineError) as raised:
        eventually(
            lambda: next(numbers),
            lambda n: n == 100,
            seconds=60,
            what="100 rows",
            tell=lambda n: f"{n} rows",
            context=lambda: ["worker-1 exited 137"],
            pace=Told(1.26),
            clock=Hands().clock,
        )
    assert str(raised.value).splitlines() == [
        "after 60 s: 100 rows did not happen (pace 1.2)",
        "  seen: 25 rows → 50 rows → 75 rows",
        "  worker-1 exited 137",
        "  the pace is measured by a test",
        (
            "  the pace does not tell how fast the processor is: "
            "on a slow one, `-D time-scale=2` doubles the deadlines"
        ),
    ]


@pytest.mark.parametrize(
    ("pace", "error", "first"),
    [
        (1.0, DeadlineError, "after 9 s: 75 rows did not happen (pace 1.0)"),
        (SLOW, DeadlineError, "slow machine, pace 2.0: after 9 s: 75 rows did not happen"),
        (3.6, DeadlineError, "slow machine, pace 3.6: after 9 s: 75 rows did not happen"),
        (STARVED, StarvedError, "this machine is starved: work takes 4.0 times as long as it"),
    ],
)
def test_a_missed_deadline_tells_the_pace_before_it_names_anybody(
    pace: float, error: type[Exception], first: str
) -> None:
    told = Told(pace)
    with pytest.raises(error) as raised:
        eventually(
            lambda: 50, lambda n: n == 75, seconds=9, what="75 rows", pace=told, clock=Hands().clock
        )
    assert str(raised.value).startswith(first)
    assert told.looks == 91  # the last one when the deadline has passed


@pytest.mark.parametrize(
    ("pace", "words"),
    [
        (1.0, "pace 1.0"),
        (1.99, "pace 1.9"),
        (2.0, "slow machine, pace 2.0"),
        (3.6, "slow machine, pace 3.6"),
        (3.99, "slow machine, pace 3.9"),
        (4.0, "starved machine, pace 4.0"),
    ],
)
def test_a_pace_in_words(pace: float, words: str) -> None:
    assert pace_words(pace) == words
