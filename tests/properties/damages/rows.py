"""Rows of the target that are lost, stored twice or about nobody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import answers, calls, ledger, stub_answers, summary
from noetl_acceptance.model.findings import batches_of
from noetl_acceptance.model.record import RowCounts, StoredRow
from tests.properties.cases import (
    Case,
    Damage,
    Draw,
    Hit,
    Tells,
    by_batches,
    by_both,
    by_nobody,
    by_travelers,
)
from tests.properties.strategies import runs, sparable

LOST: Tells = {
    ledger.conserved: by_travelers("row-missing"),
    ledger.ledger_is: by_travelers("row-missing") + by_both("ledger-valid"),
    ledger.nothing_missing: by_travelers("row-missing"),
    ledger.others_valid: by_travelers("others-lost"),
    calls.answers_stored: by_travelers("answer-not-stored"),
    summary.agrees_with_table: by_both("summary", "summary"),
    stub_answers.missing_told: by_both("missing-untold"),
    stub_answers.losses_explained: by_travelers("loss-unexplained"),
}
"""What is told of rows that are not there."""


def some_travelers(draw: Draw, case: Case) -> tuple[int, ...]:
    """Draw up to three travelers, none of them the first of a batch."""
    able = st.sampled_from(sparable(case.subject.workload))
    return tuple(sorted(draw(st.sets(able, min_size=1, max_size=3))))


def with_rows(case: Case, change: Callable[[StoredRow], Sequence[StoredRow]]) -> Case:
    """Return the case with each row of the target changed to others."""
    stored = tuple(new for row in case.subject.outcome.stored for new in change(row))
    return case.with_outcome(stored=stored)


def change_rows(case: Case, travelers: Collection[int], **fields: Any) -> Case:
    """Return the case with other fields of some travelers' rows."""
    return with_rows(
        case,
        lambda row: [row.model_copy(update=fields) if row.traveler_id in travelers else row],
    )


def type_otherwise(draw: Draw, case: Case) -> Hit:
    """Let a column that is promised be of another type, or not be there."""
    types = dict(case.subject.outcome.types)
    column = draw(st.sampled_from(["traveler_id", "profile_status", "batch_number", "is_valid"]))
    if draw(st.booleans()):
        types[column] = draw(st.sampled_from(["text", "boolean[]", "jsonb"]))
    else:
        del types[column]
    return Hit(case.with_outcome(types=types))


def lose(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)
    return Hit(with_rows(case, lambda row: [] if row.traveler_id in hit else [row]), hit)


def lose_batch(batch_of: Callable[[Draw, int], int]) -> Callable[[Draw, Case], Hit]:
    def harm(draw: Draw, case: Case) -> Hit:
        load = case.subject.workload
        batch = batch_of(draw, load.batch_of(load.expected_rows))
        gone = tuple(load.window(batch))
        rest = with_rows(case, lambda row: [] if row.traveler_id in gone else [row])
        return Hit(rest, gone, (batch,))

    return harm


def lose_all(_: Draw, case: Case) -> Hit:
    load = case.subject.workload
    filled = tuple(range(1, load.batch_of(load.expected_rows) + 1))
    return Hit(case.with_outcome(stored=()), tuple(load.travelers), filled)


def store_twice(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)
    twice = with_rows(case, lambda row: [row, row] if row.traveler_id in hit else [row])
    more = tuple(
        sample.model_copy(update={"stored": sample.stored + len(hit)})
        for sample in case.subject.samples
    )
    return Hit(twice.with_fields(samples=more), hit, batches_of(case.subject, hit))


def store_extra(draw: Draw, case: Case) -> Hit:
    """Add a row about nobody in range, under the number of the first batch."""
    run = case.subject
    extra = run.workload.batch_size * run.workload.max_batches + draw(st.integers(1, 9))
    seeded = {row.traveler_id: row.name for row in run.outcome.source}
    name = seeded.get(extra)
    row = run.outcome.stored[0].model_copy(
        update={
            "traveler_id": extra,
            "name": name,
            "normalized_name": (name or "").strip().upper(),
            "payload": {"traveler_id": extra},
        }
    )
    return Hit(case.with_outcome(stored=(*run.outcome.stored, row)), (extra,))


def misplace(draw: Draw, case: Case) -> Hit:
    source, stored = draw(st.sampled_from([(1, 0), (0, 1), (3, 3)]))
    return Hit(case.with_fields(misplaced=RowCounts(source=source, stored=stored)))


TRAVELERS_GONE = by_travelers("nothing-to-judge")


DAMAGES = [
    Damage(
        "a column is of another type",
        runs(),
        type_otherwise,
        {ledger.columns_typed: by_nobody("column-type")},
    ),
    Damage("rows are lost", runs(), lose, LOST),
    Damage(
        "all rows of a batch are lost",
        runs(),
        lose_batch(lambda draw, last: int(draw(st.integers(1, last - 1)))),
        {**LOST, ledger.batches_with_rows: by_batches("batches-with-rows")},
    ),
    Damage(
        "all rows of the last batch are lost",
        runs(),
        lose_batch(lambda _, last: last),
        {
            **LOST,
            ledger.batches_with_rows: by_batches("batches-with-rows", "highest-batch"),
        },
    ),
    Damage(
        "all rows are lost",
        runs(),
        lose_all,
        {
            **LOST,
            ledger.batches_with_rows: by_batches("batches-with-rows", "highest-batch"),
            ledger.stored_where_named: by_travelers("nothing-stored"),
            ledger.stored_at_all: by_travelers("nothing-stored"),
            ledger.all_answered: TRAVELERS_GONE,
            ledger.stored_by_worker: TRAVELERS_GONE,
            ledger.batch_numbers: TRAVELERS_GONE,
            answers.own_answer: TRAVELERS_GONE,
            answers.names_kept: TRAVELERS_GONE,
            answers.names_normalised: TRAVELERS_GONE,
            answers.own_status: TRAVELERS_GONE,
        },
    ),
    Damage(
        "rows are stored twice",
        runs(),
        store_twice,
        {
            ledger.conserved: by_travelers("row-duplicate"),
            ledger.ledger_is: by_travelers("row-duplicate") + by_batches("ledger-valid"),
            summary.agrees_with_table: by_batches("summary"),
        },
    ),
    Damage(
        "a row is about nobody in range",
        runs(),
        store_extra,
        {
            ledger.conserved: by_travelers("row-extra"),
            ledger.ledger_is: by_travelers("row-extra") + by_nobody("ledger-valid"),
            ledger.batch_numbers: by_travelers("batch-number"),
            calls.answers_stored: by_travelers("row-without-answer"),
            answers.own_status: by_travelers("status-made-up"),
            summary.agrees_with_table: by_nobody("summary"),
        },
    ),
    Damage(
        "rows are in the default database",
        runs(),
        misplace,
        {ledger.stored_where_named: by_nobody("row-misplaced")},
    ),
]
