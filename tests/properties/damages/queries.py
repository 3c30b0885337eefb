"""What NoETL's command line told of rows and of the status."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import command_line
from noetl_acceptance.model.command_record import Given
from tests.properties import commands
from tests.properties.cases import Case, Damage, Draw, Hit, Tells, by_nobody
from tests.properties.damages.commands import FAILS, call_with

DIFFERS: Tells = {command_line.tells_rows: by_nobody("answer-differs")}


def rows_told(change: Callable[[Draw, list[dict[str, Any]]], list[dict[str, Any]]]) -> Any:
    """Return the damage that the query tells other rows than the database."""

    def harm(draw: Draw, case: Case) -> Hit:
        given: Given = case.subject
        rows = change(draw, [dict(row) for row in given.rows or []])
        table = "table" in given.call.arguments
        out = commands.table_of(rows) if table else json.dumps({"result": rows, "error": None})
        return Hit(case.with_fields(call=given.call.model_copy(update={"out": out})))

    return harm


def last_changed(_: Draw, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*rows[:-1], {**rows[-1], "number": 7}]


def last_lost(_: Draw, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows[:-1]


def last_first(_: Draw, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[0], *rows[:0:-1], rows[-1]]


def renamed(_: Draw, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"number": row["number"], "column_2": row["value"]} for row in rows]


def other_wanted(draw: Draw, case: Case) -> Hit:
    """Ask for a value, or a name, that the first row has not."""
    wanted = draw(st.sampled_from([{"number": "101"}, {"number": ""}, {"absent": "100"}]))
    return Hit(case.holding(command_line.shows, wanted))


def status_with(draw: Draw, case: Case) -> Hit:
    """Let one field of the status be wrong or not there."""
    name = draw(st.sampled_from(["execution_id", "completed", "failed", "current_step"]))
    told = json.loads(case.subject.call.out)
    wrong = [1, [], "yes"] if name != "current_step" else [1, []]
    told[name] = draw(st.sampled_from(wrong))
    if draw(st.booleans()) and (name != "current_step" or case.shape):
        del told[name]
    if name in ("completed", "failed"):  # an execution that is over has a step
        told["current_step"] = "end"
    made = case.subject.call.model_copy(update={"out": json.dumps(told)})
    return Hit(case.with_fields(call=made))


DAMAGES = [
    Damage("a value is told otherwise", commands.queries(), rows_told(last_changed), DIFFERS),
    Damage("a row is not told", commands.queries(), rows_told(last_lost), DIFFERS),
    Damage("rows are told twice", commands.queries(), rows_told(last_first), DIFFERS),
    Damage(
        "an answer is no JSON",
        commands.queries(),
        call_with(out=st.sampled_from(["", "(2 rows)", "{"])),
        {
            command_line.tells_rows: by_nobody("answer-unreadable"),
            command_line.shows: by_nobody("answer-unreadable"),
        },
    ),
    Damage(
        "an answer is an error",
        commands.queries(),
        call_with(out=st.just('{"result": null, "error": "no such table"}')),
        {
            command_line.tells_rows: by_nobody("answer-error"),
            command_line.shows: by_nobody("answer-error"),
        },
    ),
    Damage(
        "a query fails",
        commands.queries(),
        call_with(exit_code=FAILS),
        {
            check: by_nobody("command-failed")
            for check in (command_line.succeeds, command_line.tells_rows, command_line.shows)
        },
    ),
    Damage(
        "the first row shows something else",
        commands.queries(),
        other_wanted,
        {command_line.shows: by_nobody("answer")},
    ),
    Damage(
        "a table is empty",
        commands.queries(table=True),
        call_with(out=st.sampled_from(["", " \n"])),
        {command_line.tells_rows: by_nobody("table-empty")},
    ),
    Damage(
        "a table does not name its columns",
        commands.queries(table=True),
        rows_told(renamed),
        {command_line.tells_rows: by_nobody("table-unnamed")},
    ),
    Damage(
        "a table has another value",
        commands.queries(table=True),
        rows_told(last_changed),
        DIFFERS,
    ),
    Damage("a table lacks a row", commands.queries(table=True), rows_told(last_lost), DIFFERS),
    Damage(
        "a query reads no rows",
        commands.queries(table=True),
        lambda _, case: Hit(case.with_fields(rows=None)),
        {command_line.tells_rows: by_nobody("nothing-to-judge")},
    ),
    Damage(
        "a status has another field",
        commands.statuses(),
        status_with,
        {command_line.tells_status: by_nobody("status-field")},
    ),
]
