"""Checks on the Run of the tests; ``tests/properties`` holds them against every other one."""

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
from noetl_acceptance.model.record import Run
from tests.runs import PAIR, PARENT, healthy_run

SIZES = {
    "seed_rows": st.integers(0, 30),
    "batch_size": st.integers(1, 8),
    "max_batches": st.integers(1, 5),
}


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
        *batch_ranges.children_are(run, load.max_batches),
        *batch_ranges.own_slice(run),
        *batch_sequence.children_in_turn(run),
        *batch_sequence.batches_in_turn(run),
        *batch_sequence.parent_ends_last(run),
        *batch_sequence.validation_entered_once(run),
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
        *quiet_end.unchanged(run, run.outcome),
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
    assert Run.model_validate_json(run.model_dump_json()) == run


def kinds(found: list[Finding]) -> dict[str, tuple[int, ...]]:
    """The travelers of each finding, by kind."""
    return {finding.kind: finding.travelers for finding in found}
