"""Whole runs over fake sandboxes: the clock is set, or the machine sleeps, during an execution."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.evidence.store import read_executions
from noetl_acceptance.execution import record_cache, recorder
from noetl_acceptance.support.clocks import ClockWatch
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.polling import DeadlineError
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, World, scenario
from tests.test_session_faults import CALLED, under


class Moved(ClockWatch):
    """A clock that has moved.

    Args:
        moved: by how many seconds.
    """

    def __init__(self, moved: float) -> None:
        self._moved = moved

    @property
    def moved(self) -> float:
        return self._moved


Steps = Callable[..., None]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Say by how many seconds the clock moves during each execution that is begun."""

    def say(*moved: float) -> None:
        left = list(moved)
        monkeypatch.setattr(recorder, "ClockWatch", lambda: Moved(left.pop(0) if left else 0.0))

    return say


def executed(world: World, *fates: Fate) -> list[str]:
    """Return the executions whose records a scenario gets."""
    session = world.session()
    world.fates[:] = fates or (Fate(),)
    return [each.record.execution_id for each in scenario(session).executions]


def test_an_execution_during_which_the_clock_was_set_is_carried_out_again(
    world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Console, "say", lambda _, line: said.append(line))
    session = world.session()
    said.clear()
    steps(30.1, 0.4)
    (got,) = scenario(session).executions
    assert got.record.execution_id == "1002"
    (line,) = said
    assert line.startswith("  the clock moved by +30.1 s")
    assert line.endswith("carried out once more")
    session.evidence.draw()
    assert len(read_executions(session.folder.path)) == 2


def test_it_is_so_three_times_at_most(world: World, steps: Steps) -> None:
    steps(3.7, -7.5, 3.7, 3.7)
    assert executed(world) == ["1003"]
    assert len(world.sandbox.noetl.asked) == 3


def test_what_somebody_follows_is_carried_out_once(world: World, steps: Steps) -> None:
    session = world.session()
    followed: list[str] = []
    steps(30.1)
    session.execute(REQUEST, seconds=60, follow=followed.append)
    assert followed == ["1001"]


def test_what_shows_what_an_earlier_one_has_left_is_carried_out_once(
    world: World, steps: Steps
) -> None:
    session = world.session()
    steps(30.1)
    (got,) = scenario(session, REQUEST.repeating(REQUEST)).executions
    assert got.record.execution_id == "1001"


@pytest.mark.parametrize("moved", [30.1, 0.9])
def test_a_deadline_that_is_missed_while_the_clock_is_set_is_not_judged(
    world: World, monkeypatch: pytest.MonkeyPatch, moved: float
) -> None:
    session = world.session()
    monkeypatch.setattr(record_cache, "ClockWatch", lambda: Moved(moved))
    world.fates[:] = [Fate(seconds=None)]
    kind = NotJudgedError if moved > 1 else DeadlineError
    with pytest.raises(kind, match="after 40 s"):
        session.execute(REQUEST, seconds=40)


@pytest.mark.parametrize("spoiled", [(30.1, 0.0), (0.0, 30.1)], ids=["met", "new"])
def test_a_fault_is_made_again_with_the_new_execution_on_other_services(
    world: World, steps: Steps, spoiled: tuple[float, float]
) -> None:
    """Of a new execution only the first one shows what the fault has left."""
    session = world.session()
    world.fates[:] = [CALLED, Fate(), CALLED, Fate()]
    steps(*spoiled)
    request = under("killed", "server")
    story = session.faults.of(request, seconds=500, renewed_seconds=100)
    assert [each.proven for each in story.met.record.faults] == [True]
    assert story.on_a_steady_clock
    assert not story.fresh
    assert [each.record.request for each in story.renewed] == [request.repeating(request)]
    again = session.faults.of(request, seconds=500, renewed_seconds=100)
    assert again is story
