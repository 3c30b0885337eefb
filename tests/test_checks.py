"""Checks on the record of the tests; ``tests/properties`` holds them against every other one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks import (
    answers,
    batch_ranges,
    batch_sequence,
    calls,
    ledger,
    network,
    quiet_end,
    runtime,
    status,
    summary,
)
from noetl_acceptance.model.findings import Finding, ranges
from noetl_acceptance.model.record import ExecutionRecord
from tests.runs import PAIR, PARENT, healthy_run

SIZES = {
    "seed_rows": st.integers(0, 30),
    "batch_size": st.integers(1, 8),
    "max_batches": st.integers(1, 5),
}


def all_findings(record: ExecutionRecord) -> list[Finding]:
    """What all checks of the smoke feature find."""
    load = record.workload
    filled = sum(1 for k in range(1, load.max_batches + 1) if load.window(k))
    return [
        *ledger.seeded(record, load.seed_rows),
        *ledger.conserved(record),
        *ledger.ledger_is(record, {"valid": load.expected_rows}),
        *ledger.nothing_missing(record),
        *ledger.all_answered(record),
        *ledger.stored_by_worker(record),
        *ledger.others_untouched(record),
        *answers.own_answer(record),
        *answers.names_kept(record),
        *answers.names_normalised(record),
        *ledger.batch_numbers(record),
        *ledger.batches_with_rows(record, filled, filled),
        *calls.exactly_once(record),
        *calls.count_is(record, load.expected_rows),
        *calls.answers_stored(record),
        *calls.names_unharmed(record),
        *batch_ranges.children_are(record, load.max_batches),
        *batch_ranges.own_slice(record),
        *batch_sequence.children_in_turn(record),
        *batch_sequence.batches_in_turn(record),
        *batch_sequence.parent_ends_last(record),
        *batch_sequence.validation_entered_once(record),
        *summary.summary_is(record, load.max_batches, load.expected_rows),
        *summary.agrees_with_table(record),
        *summary.rounds_are(record, load.max_batches),
        *status.answered_with_id(record),
        *status.not_early(record),
        *status.completed(record),
        *runtime.carried_out_by_workers(record),
        *runtime.calls_inside_http(record),
        *runtime.no_client_in_code(record),
        *runtime.no_strays(record),
        *network.nothing_outside(record),
        *runtime.ends_in_end(record),
        *quiet_end.unchanged(record, record.outcome),
    ]


@given(**SIZES)
def test_a_healthy_run_has_no_finding(**sizes: int) -> None:
    assert all_findings(healthy_run(**sizes)) == []


def with_stored(record: ExecutionRecord, rows: Any) -> ExecutionRecord:
    return record.model_copy(
        update={"outcome": record.outcome.model_copy(update={"stored": tuple(rows)})}
    )


def with_calls(record: ExecutionRecord, changed: Any) -> ExecutionRecord:
    return record.model_copy(
        update={"outcome": record.outcome.model_copy(update={"calls": tuple(changed)})}
    )


def change_row(record: ExecutionRecord, traveler: int, **fields: Any) -> ExecutionRecord:
    return with_stored(
        record,
        [
            row.model_copy(update=fields) if row.traveler_id == traveler else row
            for row in record.outcome.stored
        ],
    )


def change_call(record: ExecutionRecord, traveler: int, **fields: Any) -> ExecutionRecord:
    return with_calls(
        record,
        [
            call.model_copy(update=fields) if call.traveler_id == traveler else call
            for call in record.outcome.calls
        ],
    )


def test_a_parent_that_does_not_wait_is_named() -> None:
    run = healthy_run()
    found = batch_sequence.parent_ends_last(run.model_copy(update={"ended_at": 101.0}))
    assert [(f.kind, f.batches) for f in found] == [("parent-not-waiting", (1, 2, 3))]


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


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=12))
def test_the_peak_in_flight_is_the_deepest_overlap(spans: list[tuple[int, int]]) -> None:
    template = healthy_run().outcome.calls[0]
    made = [
        template.model_copy(update={"arrived": float(a), "departed": float(a + d)})
        for a, d in spans
    ]
    deepest = max((sum(a <= t < a + d for a, d in spans) for t in range(71)), default=0)
    assert calls.peak_in_flight(made) == deepest


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
    assert ExecutionRecord.model_validate_json(run.model_dump_json()) == run


def kinds(found: list[Finding]) -> dict[str, tuple[int, ...]]:
    """The travelers of each finding, by kind."""
    return {finding.kind: finding.travelers for finding in found}


def test_without_a_call_nothing_is_said_of_how_many_are_in_flight() -> None:
    run = healthy_run()
    bare = run.model_copy(update={"outcome": run.outcome.model_copy(update={"calls": ()})})
    assert [each.kind for each in calls.in_flight_between(bare, 2, 25)] == ["nothing-to-judge"]
    assert calls.in_flight_between(bare, 0, 25) == []
