"""Checks and evidence grow no faster than the record, counted in lines of code carried out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from types import FrameType
from typing import Any

import pytest

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import Workload
from tests.properties.cases import Case
from tests.properties.held import case_of
from tests.properties.used import checks_used
from tests.scale import evidence, judging, parameters, shape_of

FACTOR = 4
SLACK = 1.25
"""What a record of four times the size may take beyond four times the lines."""

Harm = Callable[[ExecutionRecord], ExecutionRecord]


def lines_of(function: Callable[..., Any], *arguments: Any) -> int:
    """How many lines of Python a call carries out, each turn of a loop counted."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event in ("line", "call")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with suppress(NotJudgedError):
            function(*arguments)
    finally:
        sys.settrace(before)
    return count


def unharmed(record: ExecutionRecord) -> ExecutionRecord:
    return record


def without_rows(record: ExecutionRecord) -> ExecutionRecord:
    return record.model_copy(update={"outcome": record.outcome.model_copy(update={"stored": ()})})


def with_calls_twice(record: ExecutionRecord) -> ExecutionRecord:
    first = record.outcome.calls
    again = [c.model_copy(update={"number": c.number + len(first)}) for c in first]
    return record.model_copy(
        update={"outcome": record.outcome.model_copy(update={"calls": (*first, *again)})}
    )


def without_results(record: ExecutionRecord) -> ExecutionRecord:
    """No command is ever done, and no worker execution ends."""
    kept = ("playbook.initialized", "command.issued", "command.claimed", "step.enter")
    return record.model_copy(
        update={"events": tuple(e for e in record.events if e.event_type in kept)}
    )


@cache
def healthy(batches: int, size: int) -> Case:
    workload = Workload(seed_rows=batches * size, batch_size=size, max_batches=batches)
    return case_of(shape_of(workload))


@cache
def judged(batches: int, size: int, harm: Harm) -> dict[str, int]:
    case = healthy(batches, size)
    run = harm(case.subject)
    subjects = {**judging(run, case.held), **evidence(run)}
    return {each.__name__: lines_of(each, *more) for each, more in subjects.items()}


@pytest.mark.parametrize(
    "grown", [(4 * FACTOR, 30), (4, 30 * FACTOR)], ids=["batches", "travelers"]
)
@pytest.mark.parametrize(
    "harm", [unharmed, without_rows, with_calls_twice, without_results], ids=lambda h: h.__name__
)
def test_what_is_judged_and_written_grows_with_the_record(
    harm: Harm, grown: tuple[int, int]
) -> None:
    small, large = judged(4, 30, harm), judged(*grown, harm)
    steep = {
        name: (small[name], lines)
        for name, lines in large.items()
        if lines > FACTOR * SLACK * small[name]
    }
    assert not steep


def test_every_check_of_executions_that_is_used_is_among_them() -> None:
    case = case_of(shape_of(Workload(seed_rows=4, batch_size=2, max_batches=2)))
    of_runs = {
        c
        for c in checks_used()
        if parameters(c)[0] in ("ExecutionRecord", "Sequence[ExecutionRecord]")
    }
    assert {each.__name__ for each in of_runs - judging(case.subject, case.held).keys()} == set()
