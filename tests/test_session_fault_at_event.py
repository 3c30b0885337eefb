"""Whole runs over fake sandboxes: a service is killed as soon as an event has been written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from noetl_acceptance.execution.faults.moments import LATE_SECONDS
from noetl_acceptance.model.fault import WORKER_OF_EVENT, EventMoment, Fault, Victim
from noetl_acceptance.model.request import ExecutionRequest
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, Told, World, scenario

CLAIMED = EventMoment(of_parent=False, step="fetch", event_type="command.claimed")


def killed(victim: Victim) -> ExecutionRequest:
    return REQUEST.under(Fault(action="killed", victim=victim, seconds=3, event=CLAIMED))


def carried_out(world: World, victim: Victim, fate: Fate) -> Told:
    run = world.session()
    world.fates[:] = [fate]
    return scenario(run, killed(victim), seconds=500)


@pytest.mark.parametrize(
    ("victim", "worker", "met", "held"),
    [
        (WORKER_OF_EVENT, "worker-2", "worker-2", ("fetch",)),
        (WORKER_OF_EVENT, "worker-3", "worker-3", ()),
        (WORKER_OF_EVENT, "", "worker-1", ("run_batches",)),  # no worker is named
        ("server", "worker-2", "server", ()),
    ],
)
def test_whom_an_event_is_about_is_killed_when_it_is_written(
    world: World, victim: Victim, worker: str, met: str, held: tuple[str, ...]
) -> None:
    told = carried_out(world, victim, Fate(seconds=20, writes=(7, worker)))
    assert told.verdict == "passed"
    assert world.sandbox.control.given == [("kill", met), ("start", met)]
    record = told.executions[0].record
    (interval,) = record.faults
    assert interval.proven
    assert interval.commands == held
    assert 0 <= interval.began - record.started_at - 7 < 0.5


def test_a_worker_that_no_log_names_is_not_met(world: World) -> None:
    told = carried_out(world, WORKER_OF_EVENT, Fate(seconds=20, writes=(7, "nobody")))
    assert told.verdict == "skipped"
    assert "no worker's log names nobody" in told.words
    assert world.sandbox.control.given == []


def test_an_event_that_comes_just_after_the_end_is_waited_for(world: World) -> None:
    told = carried_out(world, "server", Fate(seconds=5, writes=(5 + LATE_SECONDS / 2, "")))
    record = told.executions[0].record
    (interval,) = record.faults
    assert interval.proven
    assert interval.began > record.ended_at


@pytest.mark.parametrize("writes", [None, (99.0, "")])
def test_an_event_that_does_not_come_makes_no_fault(
    world: World, writes: tuple[float, str] | None
) -> None:
    told = carried_out(world, "server", Fate(seconds=5, writes=writes))
    assert told.executions[0].record.faults == ()
    assert world.sandbox.control.given == []


def test_the_worker_of_an_event_needs_an_event() -> None:
    with pytest.raises(ValidationError, match="needs an event"):
        Fault(action="killed", victim=WORKER_OF_EVENT, calls=3, seconds=3)
