"""What is waited for at an execution's end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from noetl_acceptance.execution import last_words
from noetl_acceptance.support import polling
from noetl_acceptance.support.polling import Clock
from tests.fakes.clock import FakeClock


class EventLog:
    """A connection whose answer to how many commands are open is the next of a list, or its last.

    Args:
        still_open: how many are, look by look.
    """

    def __init__(self, *still_open: int) -> None:
        self._still_open = list(still_open)
        self.looks = 0

    def execute(self, _query: str, _parameters: Any) -> EventLog:
        return self

    def fetchone(self) -> tuple[int, None]:
        self.looks += 1
        if len(self._still_open) > 1:
            return self._still_open.pop(0), None
        return self._still_open[0], None


def test_the_last_events_of_an_ended_execution_are_waited_for() -> None:
    events: Any = EventLog(1, 1, 0)
    last_words.drain_trailing_events(events, "1000", 1.0)
    assert events.looks == 4, "the last is at the children's commands"


def test_the_last_events_of_its_children_are_waited_for_as_well() -> None:
    events: Any = EventLog(0, 1, 0)
    last_words.drain_trailing_events(events, "1000", 1.0)
    assert events.looks == 3


@pytest.mark.parametrize("pace", [1.0, 3.0])
def test_what_stays_open_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch, pace: float
) -> None:
    clock = FakeClock()
    ours = Clock(clock.monotonic, clock.sleep)
    monkeypatch.setitem(polling.eventually.__kwdefaults__ or {}, "clock", ours)
    monkeypatch.setattr(last_words, "time", clock)
    events: Any = EventLog(1)
    began = clock.at
    last_words.drain_trailing_events(events, "1000", pace)
    assert events.looks > 1
    longest = last_words.LAST_WORDS_SECONDS * pace
    assert longest <= clock.at - began < longest + 0.1


class Asked:
    """An observer whose status is refused, or does not say the end, for so many looks.

    Args:
        over: when the fault was healed; None without a fault.
        refused: how often it is refused.
        late: how often it does not say the end after that.
    """

    def __init__(self, over: float | None, refused: int, late: int) -> None:
        self.fault = SimpleNamespace(over=over) if over is not None else None
        self.statuses: list[SimpleNamespace] = []
        self.looks = 0
        self._refused, self._late = refused, late

    def sample_status(self) -> bool:
        self.looks += 1
        if self.looks <= self._refused:
            return False
        ended = self.looks > self._refused + self._late
        self.statuses.append(SimpleNamespace(completed=ended, failed=False, cancelled=False))
        return True


@pytest.mark.parametrize(
    ("over", "refused", "late", "looks"),
    [(0.0, 4, 0, 5), (0.0, 0, 4, 5), (0.0, 1000, 0, 121), (None, 1000, 0, 1)],
)
def test_the_status_after_a_fault_has_two_minutes_to_say_the_end(
    monkeypatch: pytest.MonkeyPatch, over: float | None, refused: int, late: int, looks: int
) -> None:
    clock = FakeClock()
    ours = Clock(clock.monotonic, clock.sleep)
    monkeypatch.setitem(polling.eventually.__kwdefaults__ or {}, "clock", ours)
    monkeypatch.setattr(last_words, "time", clock)
    asked: Any = Asked(None if over is None else clock.time(), refused, late)
    last_words.await_status(asked, told=False)
    assert abs(asked.looks - looks) <= 1
    told = asked.statuses and asked.statuses[-1].completed
    assert bool(told) == (refused < 1000)
