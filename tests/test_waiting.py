"""Waiting: it ends as soon as it can, and a timeout tells a story."""

from __future__ import annotations

import itertools

import pytest

from noetl_acceptance import pace
from noetl_acceptance.pace import ENOUGH_LOOKS, STARVED, Pace
from noetl_acceptance.waiting import DeadlineError, StarvedError, eventually


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


@pytest.mark.parametrize(
    ("stretch", "error"),
    [(1.0, DeadlineError), (STARVED - 0.1, DeadlineError), (STARVED, StarvedError)],
)
def test_a_deadline_on_a_starved_machine_is_not_the_products(
    stretch: float, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(pace, "stretch", lambda: stretch)
    with pytest.raises(error, match="75 rows did not happen"):
        eventually(lambda: 50, lambda n: n == 75, seconds=0.05, what="75 rows", every=0.001)


def test_a_few_looks_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(pace, "stretch", lambda: 9.0)
    seen = Pace()
    for _ in range(ENOUGH_LOOKS - 1):
        seen.look()
    assert seen.median == 1.0
    seen.look()
    assert seen.median == 9.0


def test_work_never_takes_less_than_its_processor_time() -> None:
    assert pace.stretch() > 0.9
