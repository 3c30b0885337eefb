"""Whole runs over fake sandboxes: the clock is set, or the machine sleeps, during an execution."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from noetl_acceptance.evidence.store import read_executions
from noetl_acceptance.execution.steady_clock import while_steady
from noetl_acceptance.model.fault import Fault
from noetl_acceptance.support.clocks import ClockWatch
from noetl_acceptance.support.console import Console
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, World, scenario


class Told(ClockWatch):
    """A clock that has moved, as the test says of each that is watched."""

    steps: Iterator[float] = iter(())

    def __init__(self) -> None:
        self._moved = next(self.steps, 0.0)

    @property
    def moved(self) -> float:
        return self._moved


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(while_steady.__kwdefaults__ or {}, "watch", Told)


def test_an_execution_during_which_the_clock_was_set_is_carried_out_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Console, "say", lambda _, line: said.append(line))
    session = world.session()
    said.clear()
    Told.steps = iter([30.1, 0.4])
    told = scenario(session)
    assert told.verdict == "passed"
    assert [each.record.execution_id for each in told.executions] == ["1002"]
    assert said == [
        "  the clock moved by +30.1 s: it was set, or the machine slept; carried out once more"
    ]
    session.evidence.draw()
    assert len(read_executions(session.folder.path)) == 2


def test_what_fails_while_the_clock_is_set_is_carried_out_again(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate(seconds=5)]
    Told.steps = iter([-7.5])
    assert scenario(session, seconds=40).verdict == "passed"


def test_what_fails_each_time_the_clock_is_set_is_not_judged(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None)] * 3
    Told.steps = iter([3.7, 3.7, 3.7])
    told = scenario(session, seconds=40)
    assert told.verdict == "skipped"
    assert "the clock moved by +3.7 s" in told.words
    assert "after 40 s" in told.words
    assert len(world.sandbox.noetl.asked) == 1  # the others on sandboxes of their own
    assert len(world.sandboxes) == 3


def test_what_fails_on_a_steady_clock_is_not_carried_out_again(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate(seconds=5)]
    Told.steps = iter([0.9])
    assert scenario(session, seconds=40).verdict == "product"


def test_the_execution_after_a_fault_is_not_carried_out_again(world: World) -> None:
    """The second one would not show what the fault has left."""
    session = world.session()
    fault = Fault(action="frozen", victim="server", calls=1, seconds=5)
    after = REQUEST.model_copy(update={"repeats": REQUEST.model_copy(update={"fault": fault})})
    world.fates[:] = [Fate(stored=1), Fate()]
    Told.steps = iter([30.1])
    told = scenario(session, after)
    assert [each.record.execution_id for each in told.executions] == ["1001"]
