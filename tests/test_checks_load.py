"""What is told of executions that are cancelled or that wait for each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from noetl_acceptance.checks import cancelling, saturation
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.checks.quiet_end import unchanged
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.cancelled import Cancelled
from noetl_acceptance.model.event_types import CANCELLED, UNENDED
from noetl_acceptance.model.record import Event, ExecutionRecord, StoredRow, StoredSample
from noetl_acceptance.model.request import Workers
from noetl_acceptance.verdict.known_deviations import (
    Package,
    RecordedDeviations,
    load_deviations,
)
from tests.runs import PARENT, call_of, healthy_run, row_of
from tests.test_checks_pairs import ROUND, WINDOW, with_tool

RUN = healthy_run()


def cancelled_at(record: ExecutionRecord, at: float) -> ExecutionRecord:
    stop = Cancelled(asked=at, answered=at, answer="{}")
    return record.model_copy(update={"cancelled": stop, "end": CANCELLED, "ended_at": at})


def hanging(record: ExecutionRecord) -> ExecutionRecord:
    """Return an execution whose parent waits for a child that no worker has taken a command of."""
    last = max(e.event_id for e in record.events if e.node_name == "run_batches")
    held = next(e.command_id for e in record.events if e.event_id == last)
    child = [e for e in record.events if e.execution_id == f"{PARENT}3"]
    waits = next(e for e in child if e.event_type == "command.issued")
    kept = [
        e
        for e in record.events
        if e.execution_id != f"{PARENT}3"
        and (e.command_id != held or e.event_type in ("command.issued", "command.claimed"))
    ]
    return record.model_copy(update={"end": UNENDED, "events": (*kept, waits), "workers": 1})


def test_a_hang_is_told_with_what_it_waits_for() -> None:
    (found,) = saturation.all_end_whole([hanging(RUN), RUN.model_copy(update={"workers": 1})])
    assert found.kind == "not-ended"
    assert found.message == (
        "1 of 2 executions have not ended; 1 worker of 1, each held by the command of a parent "
        "(step run_batches) that waits for its worker execution; no worker has taken 1 command"
    )


def test_a_parent_whose_list_of_tools_runs_the_worker_waits_as_well() -> None:
    run = with_tool(DEADLOCKED, "run_batches", [WINDOW, {**ROUND, "name": "b"}], "task_sequence")
    (found,) = saturation.all_end_whole([run, run])
    assert found.seen == saturation.PARENTS_HOLD_ALL
    assert [found] == saturation.all_end_whole([DEADLOCKED, DEADLOCKED])


def without(record: ExecutionRecord, left: Callable[[Event], bool]) -> ExecutionRecord:
    kept = tuple(event for event in record.events if not left(event))
    return record.model_copy(update={"events": kept})


def claims_all(record: ExecutionRecord) -> ExecutionRecord:
    """Have a worker take the command of the child as well, and never finish it."""
    issued = record.events[-1]
    claimed = issued.model_copy(
        update={"event_id": 10**6, "event_type": "command.claimed", "worker_id": "worker-9"}
    )
    return record.model_copy(update={"events": (*record.events, claimed)})


ONE_PLACE = RUN.request.on(Workers(count=1, inflight=1))
DEADLOCKED = hanging(RUN.model_copy(update={"request": ONE_PLACE}))
OTHER_HANGS = {
    "a worker is free": DEADLOCKED.model_copy(update={"workers": 2}),
    "a worker takes two commands": DEADLOCKED.model_copy(
        update={"request": DEADLOCKED.request.on(Workers(count=1, inflight=2))}
    ),
    "nobody knows how many commands a worker takes": hanging(RUN),
    "nobody has taken the parent's command": without(
        DEADLOCKED, lambda e: e.node_name == "run_batches" and e.event_type == "command.claimed"
    ),
    "the child has no command": without(DEADLOCKED, lambda e: e is DEADLOCKED.events[-1]),
    "the child's command is at work": claims_all(DEADLOCKED),
}


@pytest.mark.parametrize("record", OTHER_HANGS.values(), ids=OTHER_HANGS)
def test_another_hang_is_not_taken_for_parents_that_hold_all_workers(
    record: ExecutionRecord,
) -> None:
    records = [record, *[RUN.model_copy(update={"workers": 2})] * 2]
    (found,) = saturation.all_end_whole(records)
    assert found.kind == "not-ended"
    assert found.seen is None


@pytest.mark.parametrize(
    ("package", "release"), [("noetl", "2.8.9"), ("noetl", "4.26.0"), ("noetl-server", "3.54.0")]
)
def test_parents_that_hold_all_workers_are_the_recorded_hang_and_no_other_is(
    package: Package, release: str
) -> None:
    name = "Two executions more than there are workers all end"
    recorded = RecordedDeviations.of(name, {package: release}, load_deviations())
    found = saturation.all_end_whole([DEADLOCKED, RUN.model_copy(update={"workers": 1})])
    assert recorded.unrecorded(found) == []
    assert recorded.unseen() == []
    other = recorded.anew()
    free = [OTHER_HANGS["a worker is free"], *[RUN.model_copy(update={"workers": 2})] * 2]
    found = saturation.all_end_whole(free)
    assert other.unrecorded(found) == found
    assert other.unseen()


def test_what_hangs_may_lack_rows_but_have_none_twice() -> None:
    rows = DEADLOCKED.outcome.stored
    outcome = DEADLOCKED.outcome.model_copy(update={"stored": (rows[0], rows[0])})
    doubled = DEADLOCKED.model_copy(update={"outcome": outcome})
    hangs, twice = saturation.all_end_whole([doubled, RUN.model_copy(update={"workers": 1})])
    assert hangs.kind == "not-ended"
    assert (twice.kind, twice.travelers) == ("row-duplicate", (1,))
    assert twice.message.startswith(f"execution {PARENT} has not ended: 1 more than once")


def test_a_hang_is_told_where_a_reason_cannot_be_judged() -> None:
    names = RUN.pair.names.model_copy(update={"reason": None})
    rows = tuple(row.model_copy(update={"is_valid": False}) for row in RUN.outcome.stored)
    record = RUN.model_copy(
        update={
            "workers": 1,
            "pair": RUN.pair.model_copy(update={"names": names}),
            "outcome": RUN.outcome.model_copy(update={"stored": rows}),
        }
    )
    with pytest.raises(NotJudgedError, match="no column"):
        saturation.all_end_whole([record, record])
    kinds = {each.kind for each in saturation.all_end_whole([DEADLOCKED, record])}
    assert "not-ended" in kinds


def test_fewer_executions_than_workers_are_not_judged() -> None:
    with pytest.raises(NotJudgedError, match="1 execution do not saturate"):
        saturation.all_end_whole([RUN])


def test_a_loss_is_told_with_its_execution() -> None:
    rows = RUN.outcome.stored[1:]
    lost = RUN.outcome.model_copy(update={"stored": rows})
    record = RUN.model_copy(update={"outcome": lost, "workers": 1})
    told = [str(each) for each in saturation.all_end_whole([record, record])]
    assert f"execution {PARENT} has ended with playbook.completed: " in told[0]
    assert "travelers 1" in told[0]


@pytest.mark.parametrize(
    "check", [cancelling.status_says_so, cancelling.nothing_later, cancelling.nothing_left]
)
def test_what_was_not_cancelled_midway_is_not_judged(check: Check) -> None:
    with pytest.raises(NotJudgedError, match="has not had this execution cancelled"):
        check(RUN)
    with pytest.raises(NotJudgedError, match="no call was in flight"):
        check(cancelled_at(RUN, RUN.ended_at))


@pytest.mark.parametrize(
    "check", [cancelling.status_says_so, cancelling.nothing_later, cancelling.nothing_left]
)
def test_a_cancellation_that_came_after_the_calls_in_flight_is_not_judged(check: Check) -> None:
    first = RUN.outcome.calls[0]
    stop = Cancelled(asked=first.arrived + 0.1, answered=first.arrived + 0.4, answer="too late")
    record = RUN.model_copy(update={"cancelled": stop, "end": CANCELLED})
    with pytest.raises(NotJudgedError, match=r"in flight any more when NoETL answered: too late"):
        check(record)
    broken_off = first.model_copy(update={"answer": "abandoned", "status": None})
    outcome = RUN.outcome.model_copy(update={"calls": (broken_off, *RUN.outcome.calls[1:])})
    check(record.model_copy(update={"outcome": outcome}))


def test_calls_of_commands_that_were_claimed_may_begin_yet_but_one_each() -> None:
    first = RUN.outcome.calls[0]
    record = cancelled_at(RUN, first.arrived + 0.1)
    own = [call_of(1, 1, first.arrived, first.arrived + 0.2)]
    kept = record.outcome.model_copy(update={"calls": tuple(own), "stored": ()})
    assert cancelling.nothing_later(record.model_copy(update={"outcome": kept})) == []
    more = (*own, call_of(2, 2, first.arrived + 0.15, first.arrived + 0.2))
    harmed = kept.model_copy(update={"calls": more})
    (found,) = cancelling.nothing_later(record.model_copy(update={"outcome": harmed}))
    assert str(found).startswith("call-after-cancel: 1 call begun after the cancellation")
    assert found.travelers == (2,)


def cancelled_with(stored: tuple[StoredRow, ...], *samples: StoredSample) -> ExecutionRecord:
    """Return an execution cancelled at its first call, whose command is finished at ``REST``."""
    call = RUN.outcome.calls[0]
    record = cancelled_at(RUN, call.arrived + 0.1)
    outcome = record.outcome.model_copy(
        update={"calls": (call,), "stored": stored, "read_at": REST + 20}
    )
    return record.model_copy(update={"outcome": outcome, "samples": samples})


REST = RUN.outcome.calls[0].arrived + 0.7
BARE = tuple(row_of(i, 1).model_copy(update={"stored_at": None}) for i in (1, 2))


def test_a_row_counted_only_after_the_commands_at_work_is_not_late() -> None:
    before = StoredSample(at=REST - 0.5, stored=1)
    after = StoredSample(at=REST + 1.5, stored=2)
    assert cancelling.nothing_later(cancelled_with(BARE, before, after)) == []


def test_a_row_without_a_time_that_comes_after_the_first_count_is_late() -> None:
    record = cancelled_with(BARE, StoredSample(at=REST + 3, stored=1))
    (found,) = cancelling.nothing_later(record)
    assert str(found) == "row-after-cancel: 1 row stored after the cancellation"


def test_rows_that_were_not_counted_after_the_commands_at_work_are_not_judged() -> None:
    record = cancelled_with(BARE, StoredSample(at=REST, stored=0))
    with pytest.raises(NotJudgedError, match="the rows were not counted after the commands"):
        cancelling.nothing_later(record)
    extra = call_of(9, 9, REST + 5, REST + 6)
    outcome = record.outcome.model_copy(update={"calls": (*record.outcome.calls, extra)})
    (found,) = cancelling.nothing_later(record.model_copy(update={"outcome": outcome}))
    assert found.kind == "call-after-cancel"


def test_the_second_row_of_a_traveler_is_late_as_well() -> None:
    for times in ((REST, REST + 9), (REST + 9, REST)):
        rows = tuple(row_of(1, 1).model_copy(update={"stored_at": at}) for at in times)
        (found,) = cancelling.nothing_later(cancelled_with(rows))
        assert (found.kind, found.travelers) == ("row-after-cancel", (1,))


def test_rows_without_times_beside_others_are_told_by_their_number() -> None:
    timed = row_of(1, 1).model_copy(update={"stored_at": REST})
    record = cancelled_with((timed, BARE[1]), StoredSample(at=REST + 2, stored=1))
    (found,) = cancelling.nothing_later(record)
    assert found.kind == "row-after-cancel"


def test_what_a_cancelled_execution_does_until_it_is_read_changes_nothing_after_its_end() -> None:
    record = cancelled_at(RUN, RUN.outcome.calls[0].arrived + 0.1)
    read = record.outcome.model_copy(update={"read_at": RUN.ended_at + 20})
    record = record.model_copy(update={"outcome": read})
    assert unchanged(record, read) == []
    late = call_of(99, 3, RUN.ended_at + 21, RUN.ended_at + 22)
    later = read.model_copy(update={"calls": (*read.calls, late)})
    assert [each.kind for each in unchanged(record, later)] == ["call-after-end"]
