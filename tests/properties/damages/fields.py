"""Rows of the target with other fields than they should have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import answers, calls, ledger
from noetl_acceptance.model.record import StoredRow
from tests.properties.cases import Case, Damage, Draw, Hit, Tells, by_both, by_travelers
from tests.properties.damages.rows import some_travelers, with_rows
from tests.properties.runs import SHAPES
from tests.properties.strategies import runs


def fields(name: str, change: Callable[[Draw, StoredRow], dict[str, Any]], told: Tells) -> Damage:
    """Return the damage that some rows have other fields than they should."""

    def harm(draw: Draw, case: Case) -> Hit:
        hit = some_travelers(draw, case)

        def changed(row: StoredRow) -> list[StoredRow]:
            if row.traveler_id not in hit:
                return [row]
            return [row.model_copy(update=change(draw, row))]

        return Hit(with_rows(case, changed), hit)

    return Damage(name, runs(), harm, told)


def other_batch(draw: Draw, row: StoredRow) -> dict[str, Any]:
    return {"batch_number": draw(st.sampled_from([k for k in (1, 2) if k != row.batch_number]))}


def payload(draw: Draw, row: StoredRow, **changed: Any) -> dict[str, Any]:
    own = {"traveler_id": row.traveler_id, "traveler_name": row.name, **changed}
    return {"payload": draw(st.sampled_from(SHAPES))({"args": own})}


def foreign(draw: Draw, row: StoredRow) -> dict[str, Any]:
    other = draw(st.integers(1, 20).filter(lambda i: i != row.traveler_id))
    return payload(draw, row, traveler_id=draw(st.sampled_from((other, str(other)))))


def of_two(draw: Draw, row: StoredRow) -> dict[str, Any]:
    return payload(draw, row, besides={"traveler_id": row.traveler_id + 1})


def renamed(draw: Draw, row: StoredRow) -> dict[str, Any]:
    other = draw(st.sampled_from(["Robert", str(row.name).strip(), str(row.name).upper() + "!"]))
    return payload(draw, row, traveler_name=other)


def made_up(draw: Draw, row: StoredRow) -> dict[str, Any]:
    trace = draw(st.sampled_from(["Root=1-none", "Root=1-", "Root=1-999"]))
    return payload(draw, row, trace=trace)


def empty(draw: Draw, _: StoredRow) -> dict[str, Any]:
    return {"payload": draw(st.sampled_from([None, "", {}, [], "{}", "[]"]))}


def other_name(draw: Draw, row: StoredRow) -> dict[str, Any]:
    name = str(row.name)
    return {"name": draw(st.sampled_from([None, "", name.strip(), name + "x", name.swapcase()]))}


def raw_name(draw: Draw, row: StoredRow) -> dict[str, Any]:
    name = str(row.normalized_name)
    return {"normalized_name": draw(st.sampled_from([None, "", row.name, f" {name}", name + "x"]))}


INVALID = by_both("ledger-valid", "ledger-invalid")


NOT_STORED: Tells = {
    calls.answers_stored: by_travelers("answer-not-stored"),
    ledger.others_valid: by_travelers("others-lost"),
}


DAMAGES = [
    fields(
        "rows carry another batch's number",
        other_batch,
        {ledger.batch_numbers: by_travelers("batch-number")},
    ),
    fields(
        "a number that no batch has",
        lambda draw, _: {"batch_number": draw(st.sampled_from([None]))},
        {ledger.batch_numbers: by_travelers("batch-number")},
    ),
    fields(
        "rows have another status",
        lambda draw, _: {"profile_status": draw(st.sampled_from([None, 0, 404, 500]))},
        {ledger.all_answered: by_travelers("status-not-200")},
    ),
    fields(
        "rows tell of a success that nobody was answered with",
        lambda draw, _: {"profile_status": draw(st.sampled_from([201, 204, 299]))},
        {
            ledger.all_answered: by_travelers("status-not-200"),
            answers.own_status: by_travelers("status-made-up"),
        },
    ),
    fields(
        "the answer is another traveler's",
        foreign,
        {answers.own_answer: by_travelers("payload-foreign")},
    ),
    fields(
        "the answer is two travelers'",
        of_two,
        {answers.own_answer: by_travelers("payload-foreign")},
    ),
    fields(
        "the answer names another name",
        renamed,
        {answers.own_answer: by_travelers("payload-renamed")},
    ),
    fields(
        "the answer was never sent",
        made_up,
        {answers.own_answer: by_travelers("payload-made-up")},
    ),
    fields("the answer is empty", empty, {answers.own_answer: by_travelers("payload-empty")}),
    fields("the name is not kept", other_name, {answers.names_kept: by_travelers("name-changed")}),
    fields(
        "the name is not normalised",
        raw_name,
        {answers.names_normalised: by_travelers("name-not-normalised")},
    ),
    fields(
        "invalid rows say no reason",
        lambda draw, _: {"is_valid": False, "reason": draw(st.sampled_from([None, "", " "]))},
        {
            ledger.conserved: by_travelers("row-no-reason"),
            ledger.ledger_is: INVALID + by_travelers("row-no-reason"),
            **NOT_STORED,
        },
    ),
    fields(
        "well answered travelers are invalid",
        lambda *_: {"is_valid": False, "reason": "not JSON"},
        {ledger.ledger_is: INVALID, **NOT_STORED},
    ),
    fields(
        "valid rows say a reason",
        lambda *_: {"reason": "not JSON"},
        {
            ledger.conserved: by_travelers("row-valid-with-reason"),
            ledger.ledger_is: by_travelers("row-valid-with-reason"),
        },
    ),
    fields(
        "rows are neither valid nor invalid",
        lambda *_: {"is_valid": None},
        {
            ledger.conserved: by_travelers("row-undecided"),
            ledger.ledger_is: INVALID + by_travelers("row-undecided"),
            **NOT_STORED,
        },
    ),
]
