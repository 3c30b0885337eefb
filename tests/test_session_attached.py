"""Whole runs over a NoETL that the suite did not start."""

from __future__ import annotations

from tests.fakes.noetl import Fate
from tests.fakes.world import World, attached, other, scenario


def test_a_missed_deadline_there_fails_one_scenario_when_nothing_is_at_work_after_it(
    world: World,
) -> None:
    attached(world)
    session = world.session()
    world.fates[:] = [Fate(seconds=None, rests=0), Fate()]
    assert scenario(session).verdict == "product"
    assert scenario(session, other()).verdict == "passed"
    assert len(world.sandboxes) == 1


def test_what_is_at_work_there_is_waited_for_once_and_then_named(world: World) -> None:
    attached(world)
    session = world.session()
    world.fates[:] = [Fate(seconds=None, rests=300), Fate()]
    assert scenario(session).verdict == "product"
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
