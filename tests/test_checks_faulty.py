"""What is told of executions that met a fault."""

from __future__ import annotations

from typing import Any

import pytest

from noetl_acceptance.checks import faulty
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.checks.history import children
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.event_types import CANCELLED, ENDINGS, INITIALIZED, UNENDED
from noetl_acceptance.model.fault import Fault, FaultInterval
from noetl_acceptance.model.record import ExecutionRecord, StatusSample
from tests.runs import PAIR, call_of, healthy_run

RUN = healthy_run()
HIT = FaultInterval(
    service="worker-2",
    action="killed",
    began=RUN.ended_at - 9,
    proof="worker-2 was ended by SIGKILL",
    healed=RUN.ended_at - 6,
    healing="worker-2 was started again, and answers",
    commands=("fetch",),
)
HUNG = HIT.model_copy(update={"healed": RUN.ended_at - 36})
"""So long before that a hang can be proven."""

JUDGED: list[tuple[Check, tuple[Any, ...]]] = [
    (faulty.nothing_doubled, ()),
    (faulty.ended_in_time, ()),
    (faulty.loss_told, ()),
    (faulty.no_ghosts, (RUN.outcome,)),
]


def hit(record: ExecutionRecord = RUN, interval: FaultInterval = HIT, **more: Any) -> Any:
    last = StatusSample(at=record.ended_at, completed=True, failed=False, current_step="end")
    update = {"faults": (interval,), "statuses": (*record.statuses, last), **more}
    return record.model_copy(update=update)


def kinds(findings: Any) -> list[str]:
    return [finding.kind for finding in findings]


def in_gap(moment: str) -> Any:
    fault = Fault(action="killed", victim="server", gap="between batches", seconds=3)
    return hit(interval=HIT.model_copy(update={"moment": moment}), request=RUN.request.under(fault))


def called_again(record: ExecutionRecord, *travelers: int) -> ExecutionRecord:
    calls = record.outcome.calls
    more = [
        call_of(len(calls) + number, traveler, record.ended_at - 2, record.ended_at - 1)
        for number, traveler in enumerate(travelers, 1)
    ]
    outcome = record.outcome.model_copy(update={"calls": (*calls, *more)})
    return record.model_copy(update={"outcome": outcome})


def without_rows(record: ExecutionRecord, *travelers: int) -> ExecutionRecord:
    left = tuple(row for row in record.outcome.stored if row.traveler_id not in travelers)
    outcome = record.outcome.model_copy(update={"stored": left})
    return record.model_copy(update={"outcome": outcome})


@pytest.mark.parametrize(("check", "further"), JUDGED)
def test_an_execution_that_survives_is_in_order(check: Check, further: tuple[Any, ...]) -> None:
    assert check(hit(), *further) == []


@pytest.mark.parametrize(("check", "further"), JUDGED)
def test_where_nothing_shows_that_the_gap_was_met_nothing_is_judged(
    check: Check, further: tuple[Any, ...]
) -> None:
    assert check(in_gap("with 2 of 2 batches ended"), *further) == []
    with pytest.raises(NotJudgedError, match="nothing shows that the fault met its gap"):
        check(in_gap(""), *further)


@pytest.mark.parametrize(("check", "further"), JUDGED)
@pytest.mark.parametrize(
    ("interval", "why"),
    [
        (None, "its moment did not come"),
        (HIT.model_copy(update={"proof": ""}), "fault hit: worker-2 killed"),
        (HIT.model_copy(update={"healing": ""}), "fault was healed: worker-2 killed"),
        (HIT.model_copy(update={"healed": None}), "fault was healed: worker-2 killed"),
    ],
)
def test_nothing_is_judged_where_the_fault_or_its_healing_was_not_seen(
    check: Check, further: tuple[Any, ...], interval: FaultInterval | None, why: str
) -> None:
    record = RUN if interval is None else hit(interval=interval)
    with pytest.raises(NotJudgedError, match=why):
        check(record, *further)


def test_each_command_that_was_held_explains_one_call_more() -> None:
    assert faulty.nothing_doubled(hit(called_again(RUN, 3))) == []
    (found,) = faulty.nothing_doubled(hit(called_again(RUN, 3, 4)))
    assert found.kind == "call-repeated"
    assert found.travelers == (3, 4)
    assert "2 calls beyond the first of a traveler; 1 command" in found.message


def test_what_was_held_when_a_service_was_put_back_explains_a_call_as_well() -> None:
    both = HIT.model_copy(update={"commands_back": ("fetch",)})
    assert faulty.nothing_doubled(hit(called_again(RUN, 3, 4), both)) == []
    assert kinds(faulty.nothing_doubled(hit(called_again(RUN, 3, 4, 5), both)))


def test_a_call_after_a_failed_one_needs_no_command_that_explains_it() -> None:
    calls = RUN.outcome.calls
    begun = calls[1].arrived
    given_up = [
        call_of(100 + turn, 2, begun - 0.2 + turn / 20, begun - 0.17 + turn / 20).model_copy(
            update={"answer": "abandoned", "status": None}
        )
        for turn in range(3)
    ]
    outcome = RUN.outcome.model_copy(update={"calls": (*calls, *given_up)})
    assert faulty.nothing_doubled(hit(RUN.model_copy(update={"outcome": outcome}))) == []


def test_a_command_of_the_parents_explains_the_calls_of_a_batch() -> None:
    parents = HIT.model_copy(update={"holds_parent": True})
    size = RUN.workload.batch_size
    again = list(RUN.workload.travelers)[: size + 1]
    assert faulty.nothing_doubled(hit(called_again(RUN, *again), parents)) == []
    assert kinds(faulty.nothing_doubled(hit(called_again(RUN, *again, 1), parents)))


def test_a_doubled_row_is_told_whatever_was_held() -> None:
    rows = (*RUN.outcome.stored, RUN.outcome.stored[0])
    record = RUN.model_copy(update={"outcome": RUN.outcome.model_copy(update={"stored": rows})})
    (found,) = faulty.nothing_doubled(hit(record))
    assert (found.kind, found.travelers) == ("row-twice", (1,))


def test_a_hang_is_told_with_what_it_waits_for() -> None:
    waits = ("NATS has 0 messages to hand out",)
    silent = hit(end=UNENDED, interval=HUNG, statuses=(), waits_for=waits)
    (found,) = faulty.ended_in_time(silent)
    assert found.kind == "not-ended"
    assert "36 s after the healing; it waits: NATS has 0 messages" in found.message
    told = hit(end=UNENDED, interval=HUNG)
    assert kinds(faulty.ended_in_time(told)) == ["not-ended", "status-ended"]
    assert kinds(faulty.no_ghosts(silent, RUN.outcome)) == ["not-ended"]
    with pytest.raises(NotJudgedError, match="has not ended"):
        faulty.loss_told(silent)


def test_what_was_given_up_before_a_hang_could_be_proven_is_not_judged() -> None:
    given_up = hit(end=UNENDED, statuses=())
    for check, further in JUDGED[1:2] + JUDGED[3:]:
        with pytest.raises(NotJudgedError, match="gave the execution up 6 s after the healing"):
            check(given_up, *further)


def test_an_end_that_the_status_does_not_tell_or_that_comes_late_is_told() -> None:
    assert kinds(faulty.ended_in_time(hit(statuses=()))) == ["status-not-ended"]
    early = HIT.model_copy(update={"healed": RUN.ended_at - 121})
    assert kinds(faulty.ended_in_time(hit(interval=early))) == ["end-late"]


def test_a_loss_that_the_summary_does_not_count_is_told() -> None:
    assert "summary" in kinds(faulty.loss_told(hit(without_rows(RUN, 2))))


def test_a_valid_row_that_nobody_answered_for_denies_a_loss() -> None:
    left = tuple(call for call in RUN.outcome.calls if call.traveler_id not in (3, 4))
    record = RUN.model_copy(update={"outcome": RUN.outcome.model_copy(update={"calls": left})})
    (found,) = faulty.loss_told(hit(record))
    assert (found.kind, found.travelers) == ("row-without-answer", (3, 4))
    names = PAIR.names.model_copy(update={"call_traveler_id": None})
    nameless = record.model_copy(update={"pair": PAIR.model_copy(update={"names": names})})
    assert faulty.loss_told(hit(nameless)) == []


def test_a_good_answer_without_a_row_is_what_a_fault_makes() -> None:
    assert "row-without-answer" not in kinds(faulty.loss_told(hit(without_rows(RUN, 2))))


def test_a_failure_needs_a_reason_and_a_cancellation_somebody_who_asked() -> None:
    bare = tuple(event for event in RUN.events if not event.reason)
    failed = hit(end="playbook.failed", events=bare)
    assert kinds(faulty.loss_told(failed)) == ["failed-without-reason"]
    told = bare[-1].model_copy(update={"event_type": "playbook.failed", "error": "poll timed out"})
    assert faulty.loss_told(hit(end="playbook.failed", events=(*bare, told))) == []
    of_child = told.model_copy(update={"execution_id": children(RUN)[0].execution_id})
    passed_on = tuple(event for event in bare if event.event_type not in ENDINGS)
    assert faulty.loss_told(hit(end="playbook.failed", events=(*passed_on, of_child))) == []


def test_what_a_worker_execution_tells_that_completed_is_no_reason() -> None:
    bare = tuple(event for event in RUN.events if not event.reason)
    mended = bare[-1].model_copy(
        update={
            "event_type": "call.error",
            "error": "503",
            "execution_id": children(RUN)[0].execution_id,
        }
    )
    found = faulty.loss_told(hit(end="playbook.failed", events=(*bare, mended)))
    assert kinds(found) == ["failed-without-reason"]


def test_a_worker_execution_that_begins_after_the_record_was_made_is_told() -> None:
    met = hit(RUN)
    first = next(event for event in RUN.events if event.event_type == INITIALIZED)
    begun = {"execution_id": "9999", "event_id": 9999, "node_name": RUN.pair.worker.path}
    late = first.model_copy(update={**begun, "at": RUN.ended_at + 20})
    assert faulty.no_ghosts(met, met.outcome) == []
    assert kinds(faulty.no_ghosts(met, met.outcome, [late])) == ["child-after-end"]
    assert kinds(faulty.loss_told(hit(end=CANCELLED))) == ["cancelled-unasked"]


def test_what_comes_after_the_end_is_told() -> None:
    before = without_rows(RUN, 2)
    assert "row-after-end" in kinds(faulty.no_ghosts(hit(before), RUN.outcome))
    early = hit(ended_at=RUN.started_at + 1)
    assert "child-after-end" in kinds(faulty.no_ghosts(early, RUN.outcome))


def test_a_call_that_broke_off_is_not_made_again_after_the_end() -> None:
    broken = call_of(98, 3, RUN.ended_at - 9, RUN.ended_at - 8)
    broken = broken.model_copy(update={"answer": "abandoned", "status": None})
    calls = (*RUN.outcome.calls, broken)
    met = hit(outcome=RUN.outcome.model_copy(update={"calls": calls}))
    assert faulty.no_ghosts(met, met.outcome) == []
    ghost = call_of(99, 3, RUN.ended_at + 1, RUN.ended_at + 1.5)
    later = met.outcome.model_copy(update={"calls": (*calls, ghost)})
    assert kinds(faulty.no_ghosts(met, later)) == ["call-after-end"]


def test_a_new_execution_is_whole_or_what_is_wrong_with_it_is_told() -> None:
    assert faulty.new_execution_whole([RUN], "") == []
    assert kinds(faulty.new_execution_whole([], "500 no stream")) == ["new-refused"]
    crashed = faulty.new_execution_whole([], "", ["worker-1 exited with code 1"])
    assert kinds(crashed) == ["new-service-missing"]
    unended = RUN.model_copy(update={"end": UNENDED})
    assert kinds(faulty.new_execution_whole([unended], "")) == ["new-not-ended"]
    failed = RUN.model_copy(update={"end": "playbook.failed"})
    assert kinds(faulty.new_execution_whole([failed], "")) == ["new-not-completed"]
    lacking = faulty.new_execution_whole([without_rows(RUN, 2)], "")
    assert "new-row-missing" in kinds(lacking)
    assert "new-summary" in kinds(lacking)
