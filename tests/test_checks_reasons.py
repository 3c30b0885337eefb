"""Reasons of invalid rows, and calls that are missing at the address: what is told of which."""

from __future__ import annotations

import pytest

from noetl_acceptance.checks import answers, calls, ledger, summary
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.record import ExecutionRecord
from tests.runs import PAIR, healthy_run
from tests.test_checks import change_call, change_row, with_calls, with_stored

RUN = healthy_run()
BAD = {1: ("malformed", 200), 5: ("other_traveler", 200), 9: ("status", 203)}


def refused(*reasons: str | None) -> ExecutionRecord:
    """Return a run with three bad answers, and with these reasons in their rows."""
    run = RUN
    for (traveler, (answer, status)), reason in zip(BAD.items(), reasons, strict=True):
        run = change_call(run, traveler, answer=answer, status=status)
        fields = {"is_valid": False, "profile_status": status, "reason": reason}
        run = change_row(run, traveler, **fields)
    return run


@pytest.mark.parametrize(
    "reasons",
    [
        ("invalid", "invalid", "invalid"),
        ("invalid 1", "invalid 5", "invalid 9"),
        (
            "bad answer of batch 1 (200)",
            "bad answer of batch 2 (200)",
            "bad answer of batch 3 (203)",
        ),
        (" Traveler '1' : no", " Traveler '5' : no", " Traveler '9' : no"),
    ],
)
def test_what_stands_in_every_invalid_row_is_no_reason(reasons: tuple[str, ...]) -> None:
    (found,) = answers.reasons_differ(refused(*reasons))
    assert (found.kind, found.travelers) == ("reason-same", (1, 5, 9))
    assert "malformed, other traveler, status" in found.message


@pytest.mark.parametrize(
    "reasons",
    [
        ("no JSON", "another traveler", "status 203"),
        ("not its own profile", "not its own profile", "status 203"),
        ("answered about nobody", "answered about 6", "answered about nobody"),
    ],
)
def test_how_many_kinds_are_told_apart_is_left_open(reasons: tuple[str, ...]) -> None:
    assert answers.reasons_differ(refused(*reasons)) == []


def test_a_single_kind_proves_nothing() -> None:
    with pytest.raises(NotJudgedError, match="fewer than two kinds of bad answers"):
        answers.reasons_differ(refused("invalid", None, None))


def test_a_pair_without_reasons_is_not_judged() -> None:
    names = PAIR.names.model_copy(update={"reason": None})
    run = RUN.model_copy(update={"pair": PAIR.model_copy(update={"names": names})})
    with pytest.raises(NotJudgedError, match="no column for why a row is invalid"):
        answers.reasons_differ(run)


def test_calls_that_went_elsewhere_are_missing_at_the_address() -> None:
    some = [call for call in RUN.outcome.calls if call.traveler_id not in (2, 7)]
    run = with_calls(RUN, some).model_copy(update={"attempts": ("GET httpbin.org",)})
    (found,) = calls.as_addressed(run)
    assert (found.kind, found.travelers, found.batches) == ("call-missing", (2, 7), (1, 2))
    assert "2 travelers not requested at the address; calls elsewhere, e.g. GET http" in str(found)


def test_nobody_named_is_missed_where_calls_name_nobody() -> None:
    nameless = [call.model_copy(update={"traveler_id": None}) for call in RUN.outcome.calls]
    assert calls.as_addressed(with_calls(RUN, nameless)) == []
    (found,) = calls.as_addressed(with_calls(RUN, nameless[1:]))
    assert (found.kind, found.travelers) == ("call-missing", ())


def test_sums_name_the_batches_that_they_are_wrong_about() -> None:
    first, *others = RUN.outcome.stored
    twice = with_stored(RUN, [first, first, *others])
    found = [*ledger.ledger_is(twice, {"valid": 10}), *summary.agrees_with_table(twice)]
    told = {finding.kind: finding.batches for finding in found}
    assert told == {"ledger-valid": (1,), "row-duplicate": (), "summary": (1,)}
