"""Which checks hold for a healthy Run, and with which figures."""

from __future__ import annotations

from typing import Any

from noetl_acceptance.checks import (
    answers,
    batch_ranges,
    batch_sequence,
    calls,
    commands,
    early_rows,
    ledger,
    network,
    quiet_end,
    runtime,
    status,
    stub_answers,
    summary,
    texts,
)
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.model.record import ExecutionRecord
from tests.properties.cases import Case
from tests.properties.runs import Maker, Shape

MOST = 25
"""What the worker playbook of the tests allows in flight."""


def case_of(shape: Shape) -> Case:
    """Make the record of a shape, held against all checks that fit."""
    run = Maker(shape).make()
    return Case(run, _held(shape, run), shape)


def _held(shape: Shape, record: ExecutionRecord) -> dict[Check, tuple[Any, ...]]:
    load = shape.workload
    rows = load.expected_rows
    widths = [len(load.window(k)) for k in range(1, load.max_batches + 1)]
    filled = sum(1 for width in widths if width)
    peak = min(shape.at_once, max(widths))
    invalid = len(shape.refused)
    held: dict[Check, tuple[Any, ...]] = {
        ledger.seeded: (load.seed_rows,),
        ledger.batch_numbers: (),
        ledger.columns_typed: (),
        ledger.stored_by_worker: (),
        early_rows.answered_first: (),
        ledger.others_untouched: (),
        answers.own_answer: (),
        answers.names_kept: (),
        answers.names_normalised: (),
        answers.own_status: (),
        calls.exactly_once: (),
        calls.never_again: (),
        calls.count_is: (rows + len(shape.retried),),
        calls.answers_stored: (),
        calls.names_unharmed: (),
        calls.as_addressed: (),
        calls.in_flight_between: (peak, peak),
        batch_ranges.own_slice: (),
        batch_sequence.children_in_turn: (),
        batch_sequence.batches_in_turn: (),
        batch_sequence.validation_entered_once: (),
        summary.agrees_with_table: (),
        summary.rounds_ran: (load.max_batches,),
        status.answered_with_id: (),
        status.completed_in_time: (),
        commands.once_each: (),
        runtime.carried_out_by_workers: (),
        runtime.calls_by_http_only: (),
        runtime.parent_waits: (),
        network.nothing_outside: (),
        stub_answers.missing_told: (),
        stub_answers.losses_explained: (),
        quiet_end.unchanged: (record.outcome,),
    }
    if rows:
        held |= {
            ledger.stored_where_named: (),
            ledger.stored_at_all: (),
            texts.parallel_http_loop: (MOST,),
        }
    badly = sorted(shape.spoilt)
    if len(badly) < rows:
        held[ledger.others_valid] = (badly,)
    if not shape.lost:
        held |= {
            ledger.conserved: (),
            ledger.ledger_is: ({"valid": rows - invalid, "invalid": invalid},),
            ledger.nothing_missing: (),
            ledger.batches_with_rows: (filled, filled),
            summary.summary_is: (load.max_batches, rows),
        }
    if not shape.spoilt:
        held[ledger.all_answered] = ()
    if shape.rules:
        held[stub_answers.happened] = ()
    if shape.spoilt:
        held[answers.bad_answers_not_valid] = ()
    return held
