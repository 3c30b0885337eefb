"""Whole runs over a NoETL that the suite did not start."""

from __future__ import annotations

from tests.fakes.noetl import Fate
from tests.fakes.world import World, attached, other, scenario


def test_a_missed_deadline_there_is_nobodys_as_the_services_are_out_of_sight(world: World) -> None:
    attached(world)
    session = world.session()
    world.fates[:] = [Fate(seconds=None, rests=0), Fate()]
    told = scenario(session)
    assert told.verdict == "skipped"
    assert told.words.startswith("the services are out of sight")
    assert "the end of execution 1001" in told.words
    assert scenario(session, other()).verdict == "passed"
    assert len(world.sandboxes) == 1


def test_what_is_at_work_there_is_waited_for_once_and_then_named(world: World) -> None:
    attached(world)
    session = world.session()
    world.fates[:] = [Fate(seconds=None, rests=300), Fate()]
    assert scenario(session).verdict == "skipped"
    told = scenario(session, other())
    assert told.verdict == "skipped"
    assert "1001 is still at work" in told.words
    assert "1 of step fetch" in told.words
    waited = world.clock.at
    assert scenario(session, other(2)).verdict == "skipped"
    assert world.clock.at - waited < 1
    world.clock.sleep(300)
    assert scenario(session, other(3)).verdict == "passed"


def test_a_lost_connection_there_is_made_anew(world: World) -> None:
    attached(world)
    session = world.session()
    lost = world.sandbox
    world.clock.plan(2, lambda: setattr(lost.noetl, "database_lost", True))
    world.fates[:] = [Fate(seconds=50), Fate()]
    assert scenario(session).verdict == "sandbox"
    assert scenario(session, other()).verdict == "passed"
    assert len(world.sandboxes) == 2


def test_an_execution_there_that_took_longer_than_another_scenario_allows_is_nobodys(
    world: World,
) -> None:
    attached(world)
    session = world.session()
    world.fates[:] = [Fate(seconds=50)]
    assert scenario(session, seconds=100).verdict == "passed"
    told = scenario(session, seconds=20)
    assert told.verdict == "skipped"
    assert "it took 50" in told.words
