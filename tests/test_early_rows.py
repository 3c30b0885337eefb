"""A row is valid once its traveler was answered about, and not before."""

from __future__ import annotations

from typing import Any

import pytest

from noetl_acceptance.checks.early_rows import answered_first
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.record import ExecutionRecord, StoredSample
from tests.runs import PAIR, healthy_run
from tests.test_checks import with_calls

RUN = healthy_run()
FIRST, SECOND = (call.departed or 0.0 for call in RUN.outcome.calls[:2])


def counted(valid: int | None, until: float | None, **fields: Any) -> ExecutionRecord:
    """Return the run with one more count, of ten rows, that was over by ``until``."""
    sample = StoredSample(at=FIRST - 1, stored=10, valid=valid, until=until)
    return RUN.model_copy(update={"samples": (*RUN.samples, sample), **fields})


def test_rows_that_are_valid_before_any_call_are_told() -> None:
    (found,) = answered_first(counted(10, FIRST - 0.5))
    assert str(found).startswith("row-before-answer: 10 travelers had a valid row")
    assert str(found).endswith("and the profile API had answered about 0")


def test_rows_may_be_there_before_the_answers_as_long_as_they_are_not_valid() -> None:
    assert answered_first(counted(0, FIRST - 0.5)) == []


def test_a_row_counts_against_the_answers_that_came_until_its_count_was_over() -> None:
    assert answered_first(counted(2, SECOND)) == []
    assert answered_first(counted(2, SECOND - 0.01)) != []


def test_a_call_without_a_traveler_may_have_been_about_any() -> None:
    calls = [
        call.model_copy(update={"traveler_id": None}) if call.number == 1 else call
        for call in RUN.outcome.calls
    ]
    assert answered_first(with_calls(counted(1, FIRST), calls)) == []


@pytest.mark.parametrize("sample", [(10, None), (None, FIRST)])
def test_where_no_valid_rows_were_counted_nothing_is_judged(sample: tuple[Any, Any]) -> None:
    run = counted(*sample)
    with pytest.raises(NotJudgedError, match="no valid rows were counted"):
        answered_first(run.model_copy(update={"samples": run.samples[-1:]}))


def test_a_pair_whose_calls_name_nobody_is_not_judged() -> None:
    names = PAIR.names.model_copy(update={"call_traveler_id": None})
    with pytest.raises(NotJudgedError, match="do not name their traveler"):
        answered_first(counted(10, FIRST - 0.5, pair=PAIR.model_copy(update={"names": names})))
