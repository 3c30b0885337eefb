"""Waiting: it ends as soon as it can, and a timeout tells a story."""

from __future__ import annotations

import itertools

import pytest

from noetl_acceptance.waiting import DeadlineError, eventually


def test_the_first_observation_that_will_do_is_returned() -> None:
    numbers = itertools.count()
    seen = eventually(lambda: next(numbers), lambda n: n == 3, seconds=5, what="three", every=0.001)
    assert seen == 3


def test_an_error_of_the_observation_ends_the_wait() -> None:
    def observe() -> int:
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        eventually(observe, bool, seconds=60, what="anything")


def test_a_timeout_tells_what_was_seen() -> None:
    numbers = itertools.chain([25, 50, 75], itertools.repeat(75))
    with pytest.raises(DeadlineError) as raised:
        eventually(
            lambda: next(numbers),
            lambda n: n == 100,
            seconds=0.05,
            what="100 rows",
            every=0.001,
            tell=lambda n: f"{n} rows",
            context=lambda: ["worker-1 exited 137"],
        )
    text = str(raised.value)
    assert "after 0.05 s: 100 rows did not happen" in text
    assert "25 rows → 50 rows → 75 rows" in text
    assert "worker-1 exited 137" in text
