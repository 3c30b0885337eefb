"""A healthy Run has no finding; each kind of damage has the finding that names it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks import (
    answers,
    calls,
    ledger,
    network,
    order,
    runtime,
    settled,
    status,
    summary,
    texts,
    windows,
)
from noetl_acceptance.checks.findings import Finding, ranges
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.run import Run
from tests.runs import PAIR, PARENT, healthy_run

SIZES = {
    "seed_rows": st.integers(0, 30),
    "batch_size": st.integers(1, 8),
    "max_batches": st.integers(1, 5),
}

Check = Callable[[Run], list[Finding]]


def all_findings(run: Run) -> list[Finding]:
    """What all checks of the smoke feature find."""
    load = run.workload
    filled = sum(1 for k in range(1, load.max_batches + 1) if load.window(k))
    return [
        *ledger.seeded(run, load.seed_rows),
        *ledger.conserved(run),
        *ledger.ledger_is(run, {"valid": load.expected_rows}),
        *ledger.nothing_missing(run),
        *ledger.all_answered(run),
        *ledger.stored_by_worker(run),
        *ledger.others_untouched(run),
        *answers.own_answer(run),
        *answers.names_kept(run),
        *answers.names_normalised(run),
        *ledger.batch_numbers(run),
        *ledger.batches_with_rows(run, filled, filled),
        *calls.exactly_once(run),
        *calls.count_is(run, load.expected_rows),
        *calls.answers_stored(run),
        *calls.names_unharmed(run),
        *windows.children_are(run, load.max_batches),
        *windows.own_slice(run),
        *order.children_in_turn(run),
        *order.batches_in_turn(run),
        *order.parent_ends_last(run),
        *order.validation_entered_once(run),
        *summary.summary_is(run, load.max_batches, load.expected_rows),
        *summary.agrees_with_table(run),
        *summary.rounds_are(run, load.max_batches),
        *status.answered_with_id(run),
        *status.not_early(run),
        *status.completed(run),
        *runtime.carried_out_by_workers(run),
        *runtime.calls_inside_http(run),
        *runtime.no_client_in_code(run),
        *runtime.no_strays(run),
        *network.nothing_outside(run),
        *runtime.ends_in_end(run),
        *settled.unchanged(run, run.outcome),
    ]


@given(**SIZES)
def test_a_healthy_run_has_no_finding(**sizes: int) -> None:
    assert all_findings(healthy_run(**sizes)) == []


def with_stored(run: Run, rows: Any) -> Run:
    return run.model_copy(
        update={"outcome": run.outcome.model_copy(update={"stored": tuple(rows)})}
    )


def with_calls(run: Run, changed: Any) -> Run:
    return run.model_copy(
        update={"outcome": run.outcome.model_copy(update={"calls": tuple(changed)})}
    )


def change_row(run: Run, traveler: int, **fields: Any) -> Run:
    return with_stored(
        run,
        [
            row.model_copy(update=fields) if row.traveler_id == traveler else row
            for row in run.outcome.stored
        ],
    )


def change_call(run: Run, traveler: int, **fields: Any) -> Run:
    return with_calls(
        run,
        [
            call.model_copy(update=fields) if call.traveler_id == traveler else call
            for call in run.outcome.calls
        ],
    )


@given(st.data())
def test_a_lost_row_is_named(data: st.DataObject) -> None:
    run = healthy_run()
    lost = data.draw(st.sampled_from(run.workload.travelers))
    damaged = with_stored(run, [r for r in run.outcome.stored if r.traveler_id != lost])
    assert kinds(ledger.conserved(damaged)) == {"row-missing": (lost,)}
    assert kinds(ledger.nothing_missing(damaged)) == {"row-missing": (lost,)}
    assert "answer-not-stored" in kinds(calls.answers_stored(damaged))
    assert "summary" in kinds(summary.agrees_with_table(damaged))


@given(st.data())
def test_a_row_stored_twice_is_named(data: st.DataObject) -> None:
    run = healthy_run()
    row = data.draw(st.sampled_from(run.outcome.stored))
    damaged = with_stored(run, [*run.outcome.stored, row])
    assert kinds(ledger.conserved(damaged)) == {"row-duplicate": (row.traveler_id,)}


def test_an_extra_row_is_named() -> None:
    run = healthy_run()
    extra = run.outcome.stored[0].model_copy(update={"traveler_id": 99})
    assert kinds(ledger.conserved(with_stored(run, [*run.outcome.stored, extra]))) == {
        "row-extra": (99,)
    }


@pytest.mark.parametrize(
    ("fields", "check", "kind"),
    [
        ({"is_valid": False}, ledger.conserved, "row-no-reason"),
        ({"is_valid": None}, ledger.conserved, "row-undecided"),
        ({"batch_number": 2}, ledger.batch_numbers, "batch-number"),
        ({"profile_status": 500}, ledger.all_answered, "status-not-200"),
        ({"payload": {}}, answers.own_answer, "payload-empty"),
        ({"payload": {"args": {"traveler_id": "4"}}}, answers.own_answer, "payload-foreign"),
        (
            {"payload": {"args": {"traveler_id": "3", "traveler_name": "?"}}},
            answers.own_answer,
            "payload-renamed",
        ),
        (
            {"payload": {"traveler_id": 3, "trace": "Root=1-4"}},
            answers.own_answer,
            "payload-made-up",
        ),
        ({"name": "?"}, answers.names_kept, "name-changed"),
        ({"normalized_name": " Traveler '3' "}, answers.names_normalised, "name-not-normalised"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], check: Check, kind: str) -> None:
    assert kinds(check(change_row(healthy_run(), 3, **fields))) == {kind: (3,)}


def test_the_ledger_counts_outcomes() -> None:
    run = change_row(healthy_run(), 3, is_valid=False, reason="not JSON")
    assert ledger.ledger_is(run, {"valid": 9, "invalid": 1}) == []
    assert kinds(ledger.ledger_is(run, {"valid": 10})) == {
        "ledger-valid": (3,),
        "ledger-invalid": (3,),
    }


def test_a_call_repeated_after_a_good_answer_is_named() -> None:
    run = healthy_run()
    again = run.outcome.calls[2].model_copy(update={"number": 99, "arrived": 500.0})
    damaged = with_calls(run, [*run.outcome.calls, again])
    assert kinds(calls.exactly_once(damaged)) == {"call-repeated": (3,)}
    assert kinds(calls.count_is(damaged, 10)) == {"call-count": (3,)}
    assert kinds(calls.answers_stored(damaged)) == {"row-several-answers": (3,)}


def test_a_call_may_be_repeated_after_a_failed_answer() -> None:
    run = healthy_run()
    good = run.outcome.calls[2]
    failed = good.model_copy(
        update={"number": 99, "status": 500, "answer": "status", "arrived": 1.0, "departed": 2.0}
    )
    assert calls.exactly_once(with_calls(run, [*run.outcome.calls, failed])) == []


def test_a_call_never_made_is_named() -> None:
    run = healthy_run()
    damaged = with_calls(run, [c for c in run.outcome.calls if c.traveler_id != 3])
    assert kinds(calls.exactly_once(damaged)) == {"call-missing": (3,)}
    assert kinds(calls.answers_stored(damaged)) == {"row-without-answer": (3,)}
    assert kinds(windows.own_slice(damaged)) == {"slice-not-requested": (3,)}


def test_a_call_outside_its_http_step_is_named() -> None:
    damaged = change_call(healthy_run(), 3, arrived=1.0)
    assert kinds(runtime.calls_inside_http(damaged)) == {"call-outside-http": (3,)}


def test_a_harmed_name_is_named() -> None:
    damaged = change_call(healthy_run(), 3, traveler_name="Robert")
    assert kinds(calls.names_unharmed(damaged)) == {"call-name": (3,)}


def test_a_batch_requested_early_is_named() -> None:
    damaged = change_call(healthy_run(), 5, arrived=103.0)
    found = order.batches_in_turn(damaged)
    assert found[0].kind == "call-order"
    assert found[0].batches == (1, 2)


def test_batches_in_parallel_are_named() -> None:
    run = healthy_run()
    early = [
        e.model_copy(update={"at": e.at - 5})
        if e.execution_id == f"{PARENT}2" and e.event_type == "playbook.initialized"
        else e
        for e in run.events
    ]
    found = order.children_in_turn(run.model_copy(update={"events": tuple(early)}))
    assert [(f.kind, f.batches) for f in found] == [("batch-order", (1, 2))]


def test_a_parent_that_does_not_wait_is_named() -> None:
    run = healthy_run()
    found = order.parent_ends_last(run.model_copy(update={"ended_at": 101.0}))
    assert [(f.kind, f.batches) for f in found] == [("parent-not-waiting", (1, 2, 3))]


def test_a_second_validation_is_named() -> None:
    run = healthy_run()
    again = next(
        e
        for e in run.events
        if e.event_type == "step.enter" and e.node_name == "validate_persisted_results"
    )
    damaged = run.model_copy(update={"events": (*run.events, again)})
    assert set(kinds(order.validation_entered_once(damaged))) == {"validate-enters"}


def test_a_missing_child_is_counted() -> None:
    run = healthy_run()
    kept = tuple(e for e in run.events if e.execution_id != f"{PARENT}3")
    damaged = run.model_copy(update={"events": kept})
    assert set(kinds(windows.children_are(damaged, 3))) == {"children"}


@given(st.sampled_from(["data.expected_rows", "data.stored_rows", "data.missing_rows", "status"]))
def test_a_summary_that_says_otherwise_is_named(path: str) -> None:
    run = healthy_run()
    *outer, last = path.split(".")
    said = copy.deepcopy(summary.find_summary(run))
    target: Any = said
    for key in outer:
        target = target[key]
    target[last] = "other"
    events = [
        event.model_copy(update={"result": said}) if event.result is not None else event
        for event in run.events
    ]
    damaged = run.model_copy(update={"events": tuple(events)})
    found = summary.summary_is(damaged, 3, 10)
    assert [f.kind for f in found] == ["summary"]
    assert path in found[0].message


def test_no_summary_is_a_finding() -> None:
    run = healthy_run()
    events = tuple(e for e in run.events if e.node_name != "summarize")
    found = summary.summary_is(run.model_copy(update={"events": events}), 3, 10)
    assert [f.kind for f in found] == ["no-summary"]


def test_a_status_that_says_completed_too_soon_is_named() -> None:
    run = healthy_run()
    early = tuple(s.model_copy(update={"completed": True}) for s in run.statuses)
    assert set(kinds(status.not_early(run.model_copy(update={"statuses": early})))) == {
        "status-early"
    }


def test_a_single_worker_is_not_distributed() -> None:
    run = healthy_run()
    events = tuple(
        e.model_copy(update={"worker_id": "w"}) if e.worker_id else e for e in run.events
    )
    found = runtime.carried_out_by_workers(run.model_copy(update={"events": events}))
    assert [f.kind for f in found] == ["workers"]


def test_an_http_client_in_a_step_that_ran_is_named() -> None:
    code = PAIR.worker.text.replace("import json", "from urllib.request import urlopen")
    pair = PAIR.model_copy(update={"worker": PAIR.worker.model_copy(update={"text": code})})
    run = healthy_run().model_copy(update={"pair": pair})
    ran = run.events[2].model_copy(
        update={"node_name": "shape", "event_type": "step.enter", "execution_id": f"{PARENT}1"}
    )
    assert runtime.no_client_in_code(run) == []
    damaged = run.model_copy(update={"events": (*run.events, ran)})
    assert set(kinds(runtime.no_client_in_code(damaged))) == {"client-in-code"}


def test_a_change_after_the_end_is_named() -> None:
    run = healthy_run()
    later = with_stored(run, run.outcome.stored[1:]).outcome
    assert kinds(settled.unchanged(run, later)) == {"row-after-end": (1,)}
    after = {"number": 99, "arrived": run.ended_at + 1, "departed": run.ended_at + 1.1}
    extra = run.outcome.calls[0].model_copy(update=after)
    later = with_calls(run, [*run.outcome.calls, extra]).outcome
    assert kinds(settled.unchanged(run, later)) == {"call-after-end": (1,)}


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=12))
def test_the_peak_in_flight_is_the_deepest_overlap(spans: list[tuple[int, int]]) -> None:
    template = healthy_run().outcome.calls[0]
    made = [
        template.model_copy(update={"arrived": float(a), "departed": float(a + d)})
        for a, d in spans
    ]
    deepest = max((sum(a <= t < a + d for a, d in spans) for t in range(71)), default=0)
    assert calls.peak_in_flight(made) == deepest


def test_parallelism_is_judged_both_ways() -> None:
    run = healthy_run()
    assert set(kinds(calls.in_flight_between(run, 2, 25))) == {"not-parallel"}
    assert set(kinds(calls.in_flight_between(run, 0, 0))) == {"too-parallel"}


def test_a_pair_without_names_is_not_judged() -> None:
    names = PAIR.names.model_copy(update={"call_traveler_id": None})
    run = healthy_run().model_copy(update={"pair": PAIR.model_copy(update={"names": names})})
    with pytest.raises(NotJudgedError):
        calls.exactly_once(run)


def test_texts_are_judged() -> None:
    run = healthy_run()
    assert texts.defaults_are(PAIR) == []
    for said in ("batch_size: 100", "pg_auth: pg_k8s", "anything/traveler-profile"):
        text = PAIR.parent.text.replace(said, f"{said}0")
        other = PAIR.model_copy(update={"parent": PAIR.parent.model_copy(update={"text": text})})
        assert set(kinds(texts.defaults_are(other))) == {"default"}
    assert texts.parallel_http_loop(run, 25) == []
    assert set(kinds(texts.parallel_http_loop(run, 10))) == {"max-in-flight"}


@given(st.sets(st.integers(0, 60)))
def test_ranges_name_every_number(numbers: set[int]) -> None:
    written = ranges(numbers, most=100)
    read = set()
    for word in filter(None, written.split(", ")):
        first, _, last = word.partition("–")
        read |= set(range(int(first), int(last or first) + 1))
    assert read == numbers


def test_a_run_goes_to_json_and_back() -> None:
    run = healthy_run()
    assert Run.model_validate_json(run.model_dump_json()) == run


def kinds(found: list[Finding]) -> dict[str, tuple[int, ...]]:
    """The travelers of each finding, by kind."""
    return {finding.kind: finding.travelers for finding in found}
