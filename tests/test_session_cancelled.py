"""Whole runs over fake sandboxes: executions that are cancelled, and some that hang together."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from noetl_acceptance.execution.monitor import CANCELLED_REST_SECONDS
from noetl_acceptance.model.event_types import CANCELLED, UNENDED
from noetl_acceptance.model.request import Cancellation, Workers
from noetl_acceptance.noetl.api import RefusedError
from noetl_acceptance.noetl.cli import NoetlCli
from tests.fakes.noetl import FakeEventLog, FakeNoetl, Fate
from tests.fakes.world import REQUEST, World, scenario

BY_API = REQUEST.cancelled(Cancellation(by="api", calls=3))
CALLED = Fate(seconds=None, rests=8, answered_after=6)
HANGS = Fate(seconds=None, silent_after=2, waits=True)
SEVERAL = REQUEST.side_by_side(3).that_may_hang().on(Workers(count=3, inflight=1))


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


@pytest.fixture
def command_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have NoETL's command line take half a minute to install."""

    def install(*_: object) -> Any:
        world.clock.sleep(30)
        noetl = world.sandbox.noetl
        return SimpleNamespace(
            cancel=lambda number: SimpleNamespace(out=json.dumps(noetl.cancel(number))),
            execute=lambda path, payload: (None, noetl.execute(path, payload)["execution_id"]),
        )

    monkeypatch.setattr(NoetlCli, "open", install)


@pytest.mark.usefixtures("command_line")
def test_the_command_line_is_installed_before_the_execution_that_it_cancels(world: World) -> None:
    run = world.session()
    world.fates[:] = [CALLED]
    told = scenario(run, REQUEST.cancelled(Cancellation(by="command line", calls=3)))
    (recorded,) = told.executions
    cancelled = recorded.record.cancelled
    assert cancelled is not None
    assert cancelled.answered < recorded.record.started_at + 6


@pytest.mark.usefixtures("command_line")
def test_the_command_line_is_installed_before_the_execution_that_it_starts(world: World) -> None:
    run = world.session()
    (recorded,) = scenario(run, REQUEST.by_command_line()).executions
    assert recorded.record.ended_at - recorded.record.started_at == pytest.approx(5)


@pytest.mark.parametrize(("answered_after", "verdict"), [(6, "product"), (0.5, "skipped")])
def test_a_refusal_is_not_judged_where_the_calls_were_over_by_then(
    world: World, monkeypatch: pytest.MonkeyPatch, answered_after: float, verdict: str
) -> None:
    def refuse(*_: object) -> None:
        world.clock.sleep(1)
        raise RefusedError("409 it is over")

    monkeypatch.setattr(FakeNoetl, "cancel", refuse)
    run = world.session()
    world.fates[:] = [Fate(seconds=8, answered_after=answered_after)]
    told = scenario(run, BY_API)
    assert told.verdict == verdict
    assert "409 it is over" in told.words


def test_an_execution_whose_calls_the_suite_has_missed_is_not_judged(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=2)]
    told = scenario(run, BY_API)
    assert told.verdict == "skipped"
    assert "ended with playbook.completed; the suite has seen no call in flight" in told.words


def test_an_execution_that_fails_before_it_is_cancelled_fails(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=2, reason="playbook.failed")]
    told = scenario(run, BY_API)
    assert told.verdict == "product"
    assert "ended with playbook.failed before it was cancelled" in told.words


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
    assert scenario(run, REQUEST.on(Workers(count=3, inflight=1))).verdict == "passed"
    assert len(world.sandboxes) == 3


@pytest.mark.parametrize("workers", [Workers(count=4), Workers(count=3, inflight=2)])
def test_executions_do_not_wait_for_each_other_where_a_worker_is_free(
    world: World, workers: Workers
) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    began = world.clock.time()
    told = scenario(run, SEVERAL.on(workers), seconds=130)
    assert [each.record.end for each in told.executions] == [UNENDED] * 3
    assert world.clock.time() - began >= 130


def test_parents_whose_children_have_no_command_may_be_told_to_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeEventLog, "own_open_commands", lambda *_: 1)
    run = world.session()
    world.fates[:] = [HANGS]
    began = world.clock.time()
    scenario(run, SEVERAL, seconds=130)
    assert world.clock.time() - began >= 130


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
