"""Whole runs over fake sandboxes: executions that are cancelled, and some that hang together."""

from __future__ import annotations

from noetl_acceptance.execution.monitor import CANCELLED_REST_SECONDS
from noetl_acceptance.model.event_types import CANCELLED, UNENDED
from noetl_acceptance.model.request import Cancellation, Workers
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, World, scenario

BY_API = REQUEST.cancelled(Cancellation(by="api", calls=3))
CALLED = Fate(seconds=None, rests=8, answered_after=6)
HANGS = Fate(seconds=None, silent_after=2, waits=True)
SEVERAL = REQUEST.side_by_side(3).that_may_hang()


def test_an_execution_is_cancelled_at_its_call_and_watched_until_it_rests(world: World) -> None:
    run = world.session()
    world.fates[:] = [CALLED]
    told = scenario(run, BY_API)
    (recorded,) = told.executions
    record = recorded.record
    assert told.verdict == "passed"
    assert record.end == CANCELLED
    assert record.cancelled is not None
    assert record.cancelled.answer == '{"status": "cancelled"}'
    assert all(call.departed is not None for call in record.outcome.calls)
    assert record.settled_at >= record.cancelled.answered + CANCELLED_REST_SECONDS


def test_an_execution_that_ends_before_its_call_fails(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=2)]
    told = scenario(run, REQUEST.cancelled(Cancellation(by="api", calls=99)))
    assert told.verdict == "product"
    assert "ended with playbook.completed before call 99" in told.words


def test_what_follows_a_cancelled_execution_is_carried_out_beside_its_rest(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=None, answered_after=6), Fate()]
    scenario(run, BY_API)
    assert scenario(run, REQUEST.repeating(BY_API)).verdict == "passed"
    assert len(world.sandboxes) == 1
    assert scenario(run, REQUEST).verdict == "passed"
    assert len(world.sandboxes) == 2  # a command of the cancelled one is open still


def test_a_sandbox_that_has_gone_is_not_replaced_for_what_was_cancelled_there(
    world: World,
) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=None, answered_after=6), Fate()]
    own = BY_API.on(Workers(count=3))
    scenario(run, own)
    run.settle()  # ends it
    assert scenario(run, REQUEST.on(Workers(count=3))).verdict == "passed"
    assert scenario(run, REQUEST.on(Workers(count=3)).allowing(7)).verdict == "passed"
    assert len(world.sandboxes) == 3


def test_a_repetition_goes_on_to_its_end() -> None:
    assert BY_API.repeating(BY_API).cancellation is None


def test_executions_that_wait_for_each_other_are_recorded_before_the_deadline(
    world: World,
) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    began = world.clock.time()
    told = scenario(run, SEVERAL, seconds=500)
    assert told.verdict == "passed"  # it is for a check to say what that means
    assert [each.record.end for each in told.executions] == [UNENDED] * 3
    assert world.clock.time() - began < 100
    assert run.settle() == []  # one that has not ended may change
    world.fates[:] = [Fate()]
    assert scenario(run).verdict == "passed"
    assert len(world.sandboxes) == 2


def test_executions_of_which_one_is_at_work_are_waited_for(world: World) -> None:
    run = world.session()
    world.fates[:] = [HANGS, HANGS, Fate(seconds=100, silent_after=2)]
    told = scenario(run, SEVERAL, seconds=130)
    assert [each.record.end for each in told.executions] == [
        UNENDED,
        UNENDED,
        "playbook.completed",
    ]


def test_executions_that_may_not_hang_fail_at_their_deadline(world: World) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    told = scenario(run, REQUEST.side_by_side(3), seconds=130)
    assert told.verdict == "product"
    assert "after 130 s" in told.words
