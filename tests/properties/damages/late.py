"""What changes when it should not any more: rows and calls after their time."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from noetl_acceptance.checks import early_rows, ledger, quiet_end
from noetl_acceptance.model.record import ExecutionRecord, StoredRow
from tests.properties.cases import Case, Damage, Draw, Hit, by_batches, by_nobody, by_travelers
from tests.properties.damages.rows import some_travelers, with_rows
from tests.properties.strategies import runs


def change_later(table: str) -> Callable[[Draw, Case], Hit]:
    """Return the damage that rows change after the end: gone, changed or stored once more."""

    def harm(draw: Draw, case: Case) -> Hit:
        hit = some_travelers(draw, case)
        change = draw(
            st.sampled_from(
                [
                    lambda _: [],
                    lambda row: [row, row],
                    lambda row: [row.model_copy(update={"name": "later"})],
                ]
            )
        )
        outcome = case.subject.outcome
        rows = tuple(
            new
            for row in getattr(outcome, table)
            for new in (change(row) if row.traveler_id in hit else [row])
        )
        return Hit(case.holding(quiet_end.unchanged, outcome.model_copy(update={table: rows})), hit)

    return harm


def store_late(*, past_end: bool) -> Callable[[Draw, Case], Hit]:
    """Return the damage that rows are stored after their worker execution, or after the end."""

    def harm(draw: Draw, case: Case) -> Hit:
        run, hit = case.subject, some_travelers(draw, case)
        ends = {e.execution_id: e.at for e in run.events if e.event_type == "playbook.completed"}

        def at(batch: int) -> float:
            own = ends[f"{run.execution_id}{batch}"]
            return float(run.ended_at if past_end else own) + 0.001234

        def late(row: StoredRow) -> list[StoredRow]:
            changed = {"stored_at": at(row.batch_number or 0)}
            return [row.model_copy(update=changed) if row.traveler_id in hit else row]

        return Hit(with_rows(case, late), hit)

    return harm


def count_late(draw: Draw, case: Case) -> Hit:
    """Have one row less counted when a worker execution has ended; the first count is at none."""
    run = case.subject
    load, samples = run.workload, list(run.samples)
    filled = load.batch_of(load.expected_rows)
    batch = draw(st.integers(1, filled))
    samples[batch] = samples[batch].model_copy(update={"stored": samples[batch].stored - 1})
    return Hit(case.with_fields(samples=tuple(samples)), batches=tuple(range(1, batch + 1)))


def count_early(draw: Draw, case: Case) -> Hit:
    """Have one more traveler with a valid row than were answered before a batch's count."""
    run = case.subject
    samples = list(run.samples)
    turn = draw(st.integers(0, len(samples) - 1))
    until = samples[turn].until
    answered = {c.traveler_id for c in run.outcome.calls if c.departed and c.departed <= until}
    samples[turn] = samples[turn].model_copy(update={"valid": len(answered) + 1})
    return Hit(case.with_fields(samples=tuple(samples)))


def call_past_end(draw: Draw, case: Case) -> Hit:
    run: ExecutionRecord = case.subject
    hit = some_travelers(draw, case)
    times = {"arrived": run.ended_at + 0.5, "departed": draw(st.sampled_from([None, 1e9]))}
    again = tuple(
        call.model_copy(update={"number": call.number + 1000, **times})
        for call in run.outcome.calls
        if call.traveler_id in hit
    )
    later = run.outcome.model_copy(update={"calls": (*run.outcome.calls, *again)})
    return Hit(case.holding(quiet_end.unchanged, later), hit)


DAMAGES = [
    Damage(
        "rows change after the end",
        runs(),
        change_later("stored"),
        {quiet_end.unchanged: by_travelers("row-after-end")},
    ),
    Damage(
        "seeds change after the end",
        runs(),
        change_later("source"),
        {quiet_end.unchanged: by_travelers("seed-after-end")},
    ),
    Damage(
        "rows are stored after their worker execution",
        runs(times="exact"),
        store_late(past_end=False),
        {ledger.stored_by_worker: by_travelers("row-after-worker")},
    ),
    Damage(
        "rows are stored after the terminal event",
        runs(times="exact"),
        store_late(past_end=True),
        {
            ledger.stored_by_worker: by_travelers("row-after-worker"),
            quiet_end.unchanged: by_travelers("row-past-end"),
        },
    ),
    Damage(
        "rows are counted too late",
        runs(),
        count_late,
        {ledger.stored_by_worker: by_batches("row-after-worker")},
    ),
    Damage(
        "rows are valid before the answers",
        runs(),
        count_early,
        {early_rows.answered_first: by_nobody("row-before-answer")},
    ),
    Damage(
        "calls are made after the end",
        runs(),
        call_past_end,
        {quiet_end.unchanged: by_travelers("call-after-end")},
    ),
]
