"""Rows of the source that are missing or added, and rows of other executions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import answers, calls, ledger
from noetl_acceptance.model.record import RowCounts, SourceRow
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


def touch_others(
    change: Callable[[dict[str, RowCounts]], dict[str, RowCounts]],
) -> Callable[[Draw, Case], Hit]:
    """Return the damage that there are other rows of execution 7, or of one more."""
    return lambda _, case: Hit(case.with_outcome(others=change(case.subject.outcome.others)))


def counted(**fields: Any) -> Callable[[dict[str, RowCounts]], dict[str, RowCounts]]:
    """Return the change that execution 7 has other counts, or another digest."""
    return lambda rows: {**rows, "7": rows["7"].model_copy(update=fields)}


TOUCHED: dict[str, Callable[[dict[str, RowCounts]], dict[str, RowCounts]]] = {
    "has no row any more": lambda rows: {each: rows[each] for each in rows if each != "7"},
    "is added": lambda rows: {**rows, "9": rows["7"]},
    "has a seed more": counted(source=3),
    "has no stored row any more": counted(stored=0),
    "has other content": counted(digest="another"),
}


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
    *(
        Damage(
            f"another execution {how}",
            runs(others=("7",)),
            touch_others(change),
            {ledger.others_untouched: by_nobody("other-execution")},
        )
        for how, change in TOUCHED.items()
    ),
]
