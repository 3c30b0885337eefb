"""The checks of slow, faulty and failing runs, and of executions side by side."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks import (
    failure,
    ledger,
    quiet_end,
    secrecy,
    slowness,
    status,
    stub_answers,
)
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.leak import Leak
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import Credential
from noetl_acceptance.profile_api.rules import Rule
from tests.runs import PAIR, PARENT, healthy_run
from tests.test_checks import change_call, change_row, kinds, with_calls, with_stored


def ordered(record: ExecutionRecord, **fields: Any) -> ExecutionRecord:
    return record.model_copy(update={"request": record.request.model_copy(update=fields)})


def lost(record: ExecutionRecord, *travelers: int) -> ExecutionRecord:
    return with_stored(record, [r for r in record.outcome.stored if r.traveler_id not in travelers])


def with_error(
    record: ExecutionRecord, execution: str, text: str, kind: str = "call.error"
) -> ExecutionRecord:
    told = {"event_type": kind, "execution_id": execution, "error": text, "at": record.ended_at}
    event = record.events[0].model_copy(update=told)
    return record.model_copy(update={"events": (*record.events, event)})


def failed_run(text: str = "no such credential") -> ExecutionRecord:
    run = with_error(with_calls(with_stored(healthy_run(), []), []), PARENT, text)
    last = run.statuses[-1].model_copy(update={"failed": True})
    events = tuple(event for event in run.events if event.node_name != "summarize")
    return run.model_copy(update={"end": "playbook.failed", "statuses": (last,), "events": events})


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        (Rule("status", travelers=(3,)), {"answer": "status", "status": 500}),
        (Rule("malformed", travelers=(3,)), {"answer": "malformed"}),
        (Rule("close", travelers=(3,)), {"answer": "close", "status": None}),
        (Rule("never", travelers=(3,)), {"answer": "abandoned", "status": None}),
        (Rule("delay", travelers=(3,), seconds=2), {"departed": 1e9}),
        (Rule("delay", travelers=(3,), seconds=2), {"answer": "abandoned", "status": None}),
    ],
)
def test_a_fault_counts_only_where_the_journal_shows_it(rule: Rule, answer: Any) -> None:
    run = ordered(healthy_run(), rules=(rule,))
    assert kinds(stub_answers.happened(run)) == {"fault-missing": (3,)}
    assert stub_answers.happened(change_call(run, 3, **answer)) == []


def nameless(record: ExecutionRecord, *rules: Rule) -> ExecutionRecord:
    """Return a record of a pair whose calls name nobody, with rules."""
    names = PAIR.names.model_copy(update={"call_traveler_id": None})
    calls = [c.model_copy(update={"traveler_id": None}) for c in record.outcome.calls]
    pair = PAIR.model_copy(update={"names": names})
    return ordered(with_calls(record, calls), rules=rules).model_copy(update={"pair": pair})


def test_whom_a_fault_has_come_to_is_not_judged_where_calls_name_nobody() -> None:
    with pytest.raises(NotJudgedError):
        stub_answers.happened(nameless(healthy_run(), Rule("delay", travelers=(3,), seconds=0.1)))


def test_a_fault_that_comes_to_everybody_is_judged_as_well_where_calls_name_nobody() -> None:
    assert stub_answers.happened(nameless(healthy_run(), Rule("delay", seconds=0.1))) == []
    quick = stub_answers.happened(nameless(healthy_run(), Rule("delay", seconds=2)))
    assert kinds(quick) == {"fault-missing": tuple(range(1, 11))}


@given(st.sets(st.integers(1, 10)))
def test_whatever_is_missing_must_be_told(travelers: set[int]) -> None:
    run = lost(healthy_run(), *travelers)
    told = tuple(sorted(travelers))
    assert kinds(stub_answers.missing_told(run)) == ({"missing-untold": told} if told else {})
    assert stub_answers.missing_told(run.model_copy(update={"end": "playbook.failed"})) == (
        stub_answers.missing_told(
            run
        )  # a summary that says otherwise is wrong, however the run ended
    )


def test_a_failed_run_without_a_summary_has_told() -> None:
    assert stub_answers.missing_told(failed_run()) == []
    silent = failed_run().model_copy(update={"end": "playbook.completed", "events": ()})
    assert set(kinds(stub_answers.missing_told(silent))) == {"missing-untold"}


def test_each_missing_traveler_needs_an_error_in_its_own_worker_execution() -> None:
    run = lost(healthy_run(), 2, 5)  # of batches 1 and 2
    assert kinds(stub_answers.losses_explained(run)) == {"loss-unexplained": (2, 5)}
    told = with_error(run, f"{PARENT}1", "HTTP 500")
    assert kinds(stub_answers.losses_explained(told)) == {"loss-unexplained": (5,)}
    assert stub_answers.losses_explained(with_error(told, f"{PARENT}2", "late", "step.exit")) == []


def test_who_was_never_answered_well_and_is_stored_needs_a_reason_in_an_event_or_the_row() -> None:
    run = change_call(healthy_run(), 3, answer="status", status=500)
    assert kinds(stub_answers.losses_explained(run)) == {"loss-unexplained": (3,)}
    assert stub_answers.losses_explained(with_error(run, f"{PARENT}1", "HTTP 500")) == []
    assert (
        stub_answers.losses_explained(change_row(run, 3, is_valid=False, reason="HTTP 500")) == []
    )


def test_a_run_that_fails_as_it_should_has_no_finding() -> None:
    run = ordered(failed_run("no credential pg_named"), credential=Credential(name="pg_named"))
    for check in (failure.failed, failure.nothing_done, failure.reason_told):
        assert check(run) == []
    assert failure.reason_names_credential(run) == []
    assert status.side_by_side([run]) != []


def slow(seconds: float, peak: int, cost: float) -> tuple[ExecutionRecord, ExecutionRecord]:
    """Return a run whose answers take so long, as many in flight, and a quick one."""
    quick = healthy_run()
    calls = [
        call.model_copy(update={"arrived": at, "departed": at + seconds})
        for number, call in enumerate(quick.outcome.calls)
        for at in [100 + (number // peak) * seconds]
    ]
    run = ordered(with_calls(quick, calls), rules=(Rule("delay", seconds=seconds),))
    return run.model_copy(update={"ended_at": quick.ended_at + cost}), quick


def test_slowness_may_cost_what_its_calls_need_and_not_much_more() -> None:
    # 10 calls of 2 s, 5 at once, 3 batches: 2 * (10 / 5 + 3) = 10 s
    assert slowness.costs_at_most(*slow(2, 5, 19.0), 2) == []
    assert set(kinds(slowness.costs_at_most(*slow(2, 5, 21.0), 2))) == {"too-slow"}
    assert set(kinds(slowness.costs_at_most(healthy_run(), healthy_run(), 2))) == {
        "nothing-to-judge"
    }


def test_more_workers_must_mean_more_calls_at_once() -> None:
    many, few = slow(2, 4, 0)[0], slow(2, 2, 0)[0]
    assert slowness.more_parallel(many, few) == []
    (found,) = slowness.more_parallel(few, few)
    assert (found.kind, found.seen) == ("not-more-parallel", 2)


def test_a_leak_names_the_secret_and_the_place() -> None:
    assert secrecy.none_leaked([]) == []
    leak = Leak.model_validate({"secret": "the password of nats", "place": "the log"})
    (found,) = secrecy.none_leaked([leak])
    assert (found.kind, found.seen) == ("secret-leaked", "the log")


def test_a_call_that_was_given_up_may_be_made_once_more_after_the_end() -> None:
    run = change_call(healthy_run(), 3, answer="abandoned", status=None)
    again = run.outcome.calls[2].model_copy(update={"number": 99, "arrived": run.ended_at + 1})
    later = with_calls(run, [*run.outcome.calls, again]).outcome
    assert quiet_end.unchanged(run, later) == []
    other = again.model_copy(update={"traveler_id": 4})
    later = with_calls(run, [*run.outcome.calls, other]).outcome
    assert kinds(quiet_end.unchanged(run, later)) == {"call-after-end": (4,)}
    twice = [again, again.model_copy(update={"number": 100})]
    later = with_calls(run, [*run.outcome.calls, *twice]).outcome
    assert kinds(quiet_end.unchanged(run, later)) == {"call-after-end": (3,)}


def test_a_call_that_was_made_once_more_before_the_end_is_not_made_again_after_it() -> None:
    run = change_call(healthy_run(), 3, answer="abandoned", status=None)
    times = {"arrived": run.ended_at - 2, "departed": run.ended_at - 1}
    again = run.outcome.calls[3].model_copy(update={"number": 98, "traveler_id": 3, **times})
    run = with_calls(run, [*run.outcome.calls, again])
    assert quiet_end.unchanged(run, run.outcome) == []
    ghost = again.model_copy(update={"number": 99, "arrived": run.ended_at + 1, "departed": None})
    later = with_calls(run, [*run.outcome.calls, ghost]).outcome
    assert kinds(quiet_end.unchanged(run, later)) == {"call-after-end": (3,)}
    given_up = with_calls(run, [again.model_copy(update={"answer": "abandoned"})])
    later = with_calls(given_up, [*given_up.outcome.calls, ghost]).outcome
    assert quiet_end.unchanged(given_up, later) == []


def test_a_bad_answer_may_cost_its_own_traveler_only() -> None:
    run = lost(healthy_run(), 2, 5)
    assert kinds(ledger.others_valid(run, [2])) == {"others-lost": (5,)}
    assert ledger.others_valid(run, [2, 5]) == []
    refused = change_row(healthy_run(), 4, is_valid=False, reason="not asked")
    assert kinds(ledger.others_valid(refused, [2])) == {"others-lost": (4,)}


def test_where_everybody_is_answered_badly_no_other_can_be_judged() -> None:
    run = healthy_run()
    everybody = list(run.workload.travelers)
    assert set(kinds(ledger.others_valid(run, everybody))) == {"nothing-to-judge"}
