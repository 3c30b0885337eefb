"""Executions that make the fixture's tables at the same moment, and those that do not meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import pytest

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.fixtures import table_race
from noetl_acceptance.execution.fixtures.table_race import Race, racing


class Holding:
    """Keeps what it was told, in the order of it; closed by its end as a context."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def execute(self, query: Any) -> None:
        self.told.append(" ".join(query.as_string().split()[:3]))

    def commit(self) -> None:
        self.told.append("commit")

    def rollback(self) -> None:
        self.told.append("rollback")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.told.append("close")


class Looking:
    """Counts one session more that waits, each time it is asked."""

    def __init__(self, most: int) -> None:
        self._most, self._waiting = most, 0

    def execute(self, _query: str) -> Looking:
        self._waiting = min(self._most, self._waiting + 1)
        return self

    def fetchone(self) -> tuple[int]:
        return (self._waiting,)


@contextmanager
def race(holding: Any, waiting: int) -> Iterator[Race]:
    looking: Any = Looking(waiting)
    with racing(holding, looking, 2, time_scale=1.0) as found:
        holding.told.append("inside")
        yield found


def test_the_executions_are_held_up_until_all_of_them_wait() -> None:
    with race(holding := Holding(), waiting=2) as found:
        assert not found.met
    found.require_met()
    assert holding.told == [
        "DROP TABLE IF",
        "commit",
        'CREATE TABLE public."traveler_batch_results"',
        'CREATE TABLE public."traveler_batch_source"',
        "inside",
        "rollback",
        "close",
    ]


def test_executions_that_do_not_meet_go_on_and_are_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table_race, "MEET_SECONDS", 0.0)
    with race(holding := Holding(), waiting=1) as found:
        pass
    assert holding.told[-2:] == ["rollback", "close"]
    with pytest.raises(NotJudgedError, match="did not make the tables at the same moment"):
        found.require_met()


def test_an_execution_that_is_refused_is_not_waited_for() -> None:
    holding = Holding()
    with pytest.raises(KeyError), race(holding, waiting=0):
        raise KeyError
    assert holding.told[-2:] == ["inside", "close"]
