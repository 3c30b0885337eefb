"""What is read of an execution while it goes on, and what its end finds of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from noetl_acceptance.execution import read_ahead
from noetl_acceptance.execution.call_reader import CallReader
from noetl_acceptance.execution.read_ahead import REST, ReadAhead
from noetl_acceptance.model.record import Call
from tests.fakes.clock import FakeClock
from tests.runs import call_of


class Journal:
    """A profile API with one journal, and the numbers after which it was asked for calls."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.asked: list[int] = []

    def journal(self, _name: str, since: int = 0) -> list[Call]:
        self.asked.append(since)
        return self.calls[since:]

    def arrives(self, traveler: int, *, over: bool = True, trace: str = "") -> None:
        number = len(self.calls) + 1
        call = call_of(number, traveler, 10.0 + number, 11.0 + number)
        changes: dict[str, Any] = {"trace": trace} if trace else {}
        if not over:
            changes |= {"departed": None, "answer": "open", "status": None}
        self.calls.append(call.model_copy(update=changes))

    def departs(self, number: int, **changes: Any) -> None:
        over = {"departed": 50.0, "answer": "good", "status": 200, **changes}
        self.calls[number - 1] = self.calls[number - 1].model_copy(update=over)


@pytest.fixture
def journal() -> Journal:
    return Journal()


def reader_of(journal: Any) -> CallReader:
    return CallReader(journal, "a")


def test_calls_that_are_over_are_read_once(journal: Journal) -> None:
    reader = reader_of(journal)
    assert reader.read() == ()
    for traveler in (1, 2, 3):
        journal.arrives(traveler)
    assert reader.read() == tuple(journal.calls)
    journal.arrives(4)
    assert reader.read() == tuple(journal.calls)
    assert journal.asked == [0, 0, 2]


@pytest.mark.parametrize("half", [{"departed": 50.0}, {"answer": "good", "status": 200}])
def test_calls_that_are_not_over_are_read_until_they_are(
    journal: Journal, half: dict[str, Any]
) -> None:
    reader = reader_of(journal)
    journal.arrives(1)
    journal.arrives(2, over=False)
    journal.arrives(3)
    assert reader.read() == tuple(journal.calls)
    journal.calls[1] = journal.calls[1].model_copy(update=half)
    assert reader.read() == tuple(journal.calls)
    journal.departs(2, answer="abandoned")
    assert reader.read() == tuple(journal.calls)
    assert journal.asked == [0, 0, 0]
    reader.read()
    assert journal.asked[-1] == 2


def test_a_journal_that_was_begun_anew_is_read_from_its_start(journal: Journal) -> None:
    reader = reader_of(journal)
    for traveler in (1, 2, 3):
        journal.arrives(traveler)
    reader.read()
    journal.calls.clear()
    assert reader.read() == ()
    for traveler in (1, 2, 3):
        journal.arrives(traveler)
    reader.read()
    journal.calls.clear()
    for traveler in (1, 2, 3, 4):
        journal.arrives(traveler, trace=f"another {traveler}")
    assert reader.read() == tuple(journal.calls)


def test_what_takes_long_is_read_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr(read_ahead, "time", clock)
    read_at: list[float] = []

    def read() -> None:
        read_at.append(clock.at)
        clock.sleep(0.5)

    ahead = ReadAhead(read)
    for _ in range(40):
        ahead.look()
        clock.sleep(1)
    between = [after - before for before, after in pairwise(read_at)]
    assert len(read_at) > 2
    assert min(between) >= 0.5 * REST
    assert max(between) < 0.5 * REST + 2


def test_what_takes_no_time_is_read_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr(read_ahead, "time", clock)
    read: list[float] = []
    ahead = ReadAhead(lambda: read.append(clock.at))
    for _ in range(3):
        ahead.look()
        clock.sleep(1)
    assert len(read) == 3
