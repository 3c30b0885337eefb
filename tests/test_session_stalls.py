"""Whole runs over fake sandboxes: an execution stalls, as is recorded of the release, or is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from noetl_acceptance.bdd import session
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.fault import Fault
from noetl_acceptance.verdict.known_deviations import Deviation
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, World, scenario

STALLS = Deviation(
    name="stalls now and then",
    rules=("C11",),
    releases="==2.8.9",
    chance=True,
    users="Little.",
    why="An example.",
)
STALLED = Fate(seconds=None, rests=2, silent_after=2)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "load_deviations", lambda: (STALLS,))


@pytest.mark.usefixtures("recorded")
def test_a_stall_that_is_recorded_is_told_and_the_request_carried_out_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.session()
    said: list[str] = []
    monkeypatch.setattr(run.console, "say", said.append)
    world.fates[:] = [STALLED, Fate()]
    assert scenario(run, seconds=90).verdict == "passed"
    assert run.stalls == ["stalls now and then"]
    assert "s, and no command is open" in "\n".join(said)
    assert len(world.sandboxes) == 1  # what the scenario has prepared there is needed
    assert len(world.sandbox.noetl.asked) == 2


@pytest.mark.usefixtures("recorded")
def test_a_request_that_stalls_twice_fails(world: World) -> None:
    run = world.session()
    world.fates[:] = [STALLED]
    told = scenario(run, seconds=90)
    assert told.verdict == "product"
    assert "after 90 s" in told.words
    assert len(world.sandbox.noetl.asked) == 2


@pytest.mark.usefixtures("recorded")
def test_an_execution_with_open_commands_does_not_stall(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=70, silent_after=2)]
    assert scenario(run, seconds=90).verdict == "passed"
    assert run.stalls == []


def test_a_stall_that_is_not_recorded_fails(world: World) -> None:
    run = world.session()
    world.fates[:] = [STALLED, Fate()]
    told = scenario(run, seconds=90)
    assert told.verdict == "product"
    assert len(world.sandbox.noetl.asked) == 1


@pytest.mark.usefixtures("recorded")
def test_what_hangs_after_a_fault_is_not_carried_out_once_more(world: World) -> None:
    run = world.session()
    called = replace(STALLED, answered_after=6)
    world.fates[:] = [called]
    fault = Fault(action="frozen", victim="server", calls=3, seconds=30)
    told = scenario(run, REQUEST.under(fault), seconds=500)
    assert [each.record.end for each in told.executions] == [UNENDED]
    assert len(world.sandbox.noetl.asked) == 1
