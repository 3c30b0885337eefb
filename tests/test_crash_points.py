"""A sweep's positions and outcomes, from records alone."""

from __future__ import annotations

from typing import Any

import pytest

from noetl_acceptance.conformance.faults.sweep_results import Position
from noetl_acceptance.crash_points.outcomes import findings_of, outcome_of
from noetl_acceptance.crash_points.positions import aim_of, first_events, positions_of
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.fault import EventMoment
from noetl_acceptance.model.record import Event, ExecutionRecord
from noetl_acceptance.noetl.written_events import step_of
from noetl_acceptance.support.starvation import STARVED
from tests.runs import PARENT, healthy_run
from tests.test_checks_faulty import HIT, HUNG, RUN, called_again, hit, without_rows
from tests.test_recorded import recorded

CHILD = "2000"


def event(event_type: str, step: str, at: float, execution: str = PARENT) -> Event:
    unknown: dict[str, Any] = dict.fromkeys(Event.model_fields)
    told = {"event_id": int(at * 1e6), "execution_id": execution, "event_type": event_type}
    return Event.model_validate({**unknown, **told, "node_name": step, "at": at})


def record_of(*events: Event, **more: Any) -> ExecutionRecord:
    return healthy_run().model_copy(update={"events": events, **more})


# Positions


def test_there_is_a_position_for_the_first_event_of_each_step_and_type() -> None:
    record = record_of(
        event("playbook.initialized", "fixtures/brew", 1.0),
        event("command.issued", "boil", 1.1),
        event("command.heartbeat", "boil", 1.2),
        event("command.issued", "boil", 1.3, CHILD),
        event("command.claimed", "boil", 1.4),
        event("command.claimed", "boil:2", 1.5),
        event("command.issued", "boil", 1.6),
    )
    assert [each.name for each in positions_of(record)] == [
        "parent:playbook:playbook.initialized",
        "parent:boil:command.issued",
        "worker:boil:command.issued",
        "parent:boil:command.claimed",
    ]


def test_events_of_one_step_that_no_kill_tells_apart_share_a_position() -> None:
    record = record_of(
        event("command.claimed", "boil", 1.0),
        event("command.started", "boil", 1.001),
        event("step.enter", "boil", 1.0019),
        event("call.done", "boil", 1.0035),  # too long after the first of them
        event("command.issued", "pour", 1.004),  # of another step
        event("command.issued", "pour", 1.005, CHILD),  # of another execution
        event("workflow.completed", "workflow", 2.0),
        event("playbook.completed", "fixtures/brew", 2.001),  # tells the same
    )
    assert positions_of(record) == [
        Position(
            name="parent:boil:step.enter",
            near=("parent:boil:command.claimed", "parent:boil:command.started"),
        ),
        Position(name="parent:boil:call.done"),
        Position(name="parent:pour:command.issued"),
        Position(name="worker:pour:command.issued"),
        Position(
            name="parent:playbook:playbook.completed", near=("parent:workflow:workflow.completed",)
        ),
    ]


def test_each_event_of_a_recorded_execution_has_a_position_that_can_be_aimed_at() -> None:
    record = recorded("healthy")
    positions = positions_of(record)
    covered = [name for each in positions for name in (*each.near, each.name)]
    assert covered == list(first_events(record))
    assert len(positions) > 40
    for name in covered:
        assert str(EventMoment.named(name)) == name


@pytest.mark.parametrize("name", ["", "parent", "parent:boil", "child:boil:call.done", "worker::x"])
def test_what_names_no_event_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not parent:STEP:TYPE"):
        EventMoment.named(name)


@pytest.mark.parametrize(
    ("node", "step"),
    [("boil", "boil"), ("boil:task:3", "boil"), ("a/b/brew", "playbook"), (None, "")],
)
def test_an_item_of_a_loop_is_its_step_and_a_path_is_the_playbook(
    node: str | None, step: str
) -> None:
    assert step_of(node) == step


# Aim


def test_how_late_a_kill_came_is_told_with_what_was_written_meanwhile() -> None:
    events = (
        event("command.claimed", "boil", 1.0),
        event("command.heartbeat", "boil", 1.01),
        event("command.started", "boil", 1.02),
        event("call.done", "boil", 1.04),
    )
    killed = HIT.model_copy(update={"began": 1.03})
    aim = aim_of(record_of(*events, faults=(killed,)), "parent:boil:command.claimed")
    assert aim is not None
    assert aim.late == pytest.approx(0.03)
    assert aim.meanwhile == ["parent:boil:command.started"]
    slow = killed.model_copy(update={"given": 1.05})  # the order to an engine takes a while
    aim = aim_of(record_of(*events, faults=(slow,)), "parent:boil:command.claimed")
    assert aim is not None
    assert aim.late == pytest.approx(0.05)
    assert aim.meanwhile == ["parent:boil:command.started", "parent:boil:call.done"]
    assert aim_of(record_of(*events), "parent:boil:command.claimed") is None
    assert aim_of(record_of(*events, faults=(killed,)), "parent:pour:call.done") is None


# Outcomes


def outcome(record: ExecutionRecord, *renewed: ExecutionRecord, refused: str = "") -> Any:
    found = findings_of(record, record.outcome, (), renewed, refused)
    return outcome_of(record, found)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (hit(), ("kept",)),
        (hit(called_again(RUN, 3)), ("kept with repeats",)),
        (hit(called_again(RUN, 3, 4)), ("repeats",)),
        (hit(without_rows(RUN, 2)), ("told wrongly",)),
        (hit(interval=HUNG, end=UNENDED, statuses=()), ("hangs",)),
        (hit(statuses=()), ("told wrongly",)),
        (hit(interval=HIT.model_copy(update={"healed": RUN.ended_at - 121})), ("ends late",)),
    ],
)
def test_an_outcome_has_the_words_of_the_page(
    record: ExecutionRecord, words: tuple[str, ...]
) -> None:
    assert outcome(record, RUN) == words


def test_a_loss_that_is_told_is_an_outcome_of_its_own() -> None:
    lost = without_rows(RUN, 2)
    told = lost.events[-1].model_copy(update={"event_type": "playbook.failed", "error": "no tea"})
    failed = hit(lost, end="playbook.failed", events=(*lost.events, told))
    assert outcome(failed, RUN) == ("told",)
    whole = hit(end="playbook.failed", events=failed.events)
    assert outcome(whole, RUN) == ("told",)


def test_a_new_execution_that_is_refused_or_not_whole_breaks_the_engine() -> None:
    assert outcome(hit(), refused="500 no stream") == ("new execution fails",)
    assert outcome(hit(), without_rows(RUN, 2)) == ("new execution fails",)
    hangs = hit(interval=HUNG, end=UNENDED, statuses=())
    assert outcome(hangs, refused="500") == ("hangs", "new execution fails")


@pytest.mark.parametrize(
    "record",
    [
        hit(faults=()),
        hit(interval=HIT.model_copy(update={"proof": ""})),
        hit(interval=HIT.model_copy(update={"healing": ""})),
        hit(interval=HUNG, end=UNENDED, statuses=(), pace=STARVED),
    ],
)
def test_where_no_kill_was_seen_or_the_machine_starved_there_is_no_outcome(
    record: ExecutionRecord,
) -> None:
    with pytest.raises(NotJudgedError):
        outcome(record, RUN)


def test_what_went_well_on_a_starved_machine_went_well() -> None:
    assert outcome(hit(pace=STARVED), RUN) == ("kept",)
