"""A check over nothing must not pass for a proof: an empty record is found by every check.

Those below hold for an empty record by what they promise; each says why.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from noetl_acceptance.checks import failure, ledger, log_findings, network, stub_answers
from noetl_acceptance.checks.check_names import Check, name_of
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.record import ExecutionRecord
from tests.properties.used import checks_used
from tests.runs import healthy_run

ABSENCE: dict[Check, str] = {
    failure.nothing_done: "it promises that nothing is there",
    ledger.others_untouched: "what is not there cannot be touched; other steps look at the rows",
    ledger.none_misplaced: "it promises that nothing is elsewhere",
    log_findings.quiet: "it promises that nothing is logged",
    network.nothing_outside: "it promises that nothing is sent",
    stub_answers.missing_told: "an execution that has failed need not count",
}


def empty(record: ExecutionRecord) -> ExecutionRecord:
    """Return a record in which nothing was seen of an execution that has travelers in range."""
    nothing: dict[str, Any] = {
        "source": (),
        "stored": (),
        "calls": (),
        "columns": {},
        "types": {},
    }
    return record.model_copy(
        update={
            "events": (),
            "statuses": (),
            "samples": (),
            "outcome": record.outcome.model_copy(update=nothing),
        }
    )


def of_a_run() -> list[Check]:
    """The checks that take a record and nothing else, or figures that a step names."""
    found = []
    for check in checks_used():
        subject, *others = inspect.signature(check).parameters.values()
        if str(subject.annotation) == "ExecutionRecord" and all(
            str(o.annotation) == "int" for o in others
        ):
            found.append(check)
    return sorted(found, key=name_of)


@pytest.mark.parametrize("check", of_a_run(), ids=name_of)
def test_an_empty_record_is_no_proof(check: Check) -> None:
    figures = [4] * (len(inspect.signature(check).parameters) - 1)
    try:
        found = check(empty(healthy_run()), *figures)
    except NotJudgedError:
        return
    assert found or check in ABSENCE


def test_most_checks_are_of_a_run() -> None:
    assert len(of_a_run()) > 30
