"""Rows of the source that are missing or added, and rows of other executions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from noetl_acceptance.checks import answers, calls, ledger
from noetl_acceptance.run import RowCounts, SourceRow
from tests.properties.cases import Case, Damage, Draw, Hit, by_nobody, by_travelers
from tests.properties.damages.rows import TRAVELERS_GONE, some_travelers
from tests.properties.strategies import runs


def with_seeds(case: Case, change: Callable[[SourceRow], Sequence[SourceRow]]) -> Case:
    """Return the case with each row of the source changed to others."""
    source = tuple(new for row in case.subject.outcome.source for new in change(row))
    return case.with_outcome(source=source)


def lose_seeds(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)
    return Hit(with_seeds(case, lambda row: [] if row.traveler_id in hit else [row]), hit)


def lose_all_seeds(_: Draw, case: Case) -> Hit:
    seeds = tuple(row.traveler_id for row in case.subject.outcome.source)
    missing = {"seed-missing": (seeds, ())}
    travelers = tuple(case.subject.workload.travelers)
    nothing = {"nothing-stored": ((), ())}
    return Hit(case.with_outcome(source=()), travelers, named={**missing, **nothing})


def seed_twice(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)
    return Hit(with_seeds(case, lambda row: [row, row] if row.traveler_id in hit else [row]), hit)


def seed_extra(draw: Draw, case: Case) -> Hit:
    run = case.subject
    extra = draw(st.sampled_from([run.workload.seed_rows + 1, run.workload.seed_rows + 7]))
    row = SourceRow(traveler_id=extra, name="x")
    return Hit(case.with_outcome(source=(*run.outcome.source, row)), (extra,))


def touch_others(draw: Draw, case: Case) -> Hit:
    others = case.subject.outcome.others
    counts = others["7"]
    changed: dict[str, RowCounts] = draw(
        st.sampled_from(
            [
                {each: rows for each, rows in others.items() if each != "7"},
                {**others, "9": counts},
                {**others, "7": counts.model_copy(update={"digest": "another"})},
                {**others, "7": counts.model_copy(update={"source": counts.source + 1})},
                {**others, "7": counts.model_copy(update={"stored": 0})},
            ]
        )
    )
    return Hit(case.with_outcome(others=changed))


DAMAGES = [
    Damage(
        "seeds are missing",
        runs(),
        lose_seeds,
        {
            ledger.seeded: by_travelers("seed-missing"),
            answers.names_kept: by_travelers("name-changed"),
            answers.names_normalised: by_travelers("name-not-normalised"),
            calls.names_unharmed: by_travelers("call-name"),
        },
    ),
    Damage(
        "all seeds are missing",
        runs(),
        lose_all_seeds,
        {
            ledger.seeded: by_travelers("seed-missing"),
            ledger.nothing_missing: TRAVELERS_GONE,
            ledger.stored_where_named: by_nobody("nothing-stored"),
            ledger.stored_at_all: by_nobody("nothing-stored"),
            answers.names_kept: by_travelers("name-changed"),
            answers.names_normalised: by_travelers("name-not-normalised"),
            calls.names_unharmed: by_travelers("call-name"),
        },
    ),
    Damage(
        "travelers are seeded twice",
        runs(),
        seed_twice,
        {ledger.seeded: by_travelers("seed-duplicate")},
    ),
    Damage(
        "somebody more is seeded", runs(), seed_extra, {ledger.seeded: by_travelers("seed-extra")}
    ),
    Damage(
        "another execution is touched",
        runs(others=("7",)),
        touch_others,
        {ledger.others_untouched: by_nobody("other-execution")},
    ),
]
