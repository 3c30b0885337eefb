"""What is waited for at an execution's end."""

from __future__ import annotations

from typing import Any

import pytest

from noetl_acceptance.execution import recorder
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
    recorder.drain_trailing_events(events, "1000", 1.0)
    assert events.looks == 4, "the last is at the children's commands"


def test_the_last_events_of_its_children_are_waited_for_as_well() -> None:
    events: Any = EventLog(0, 1, 0)
    recorder.drain_trailing_events(events, "1000", 1.0)
    assert events.looks == 3


@pytest.mark.parametrize("pace", [1.0, 3.0])
def test_what_stays_open_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch, pace: float
) -> None:
    clock = FakeClock()
    ours = Clock(clock.monotonic, clock.sleep)
    monkeypatch.setitem(polling.eventually.__kwdefaults__ or {}, "clock", ours)
    monkeypatch.setattr(recorder, "time", clock)
    events: Any = EventLog(1)
    began = clock.at
    recorder.drain_trailing_events(events, "1000", pace)
    assert events.looks > 1
    longest = recorder.LAST_WORDS_SECONDS * pace
    assert longest <= clock.at - began < longest + 0.1
