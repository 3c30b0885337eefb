"""Steps about what an execution left: rows, summary, and whether they agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast, get_args

from behave import given, register_type, then
from behave.runner import Context
from parse import with_pattern
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import executions_of, judge, judge_runs
from noetl_acceptance.checks import answers, ledger, quiet_end, stub_answers, summary
from noetl_acceptance.model.request import DropMode, ExecutionRequest, RowChange

HELD = {
    "its own traveler's answer": (answers.own_answer,),
    "the traveler's name, also trimmed and in upper case": (
        answers.names_kept,
        answers.names_normalised,
    ),
}


@with_pattern(
    r"(?:loses|refuses) the rows of travelers \d+ and \d+"
    r"|removes the rows of travelers \d+ and \d+ while a later batch is stored"
    r"|dates the rows of travelers \d+ and \d+ back by 400 days while a later batch is stored"
    r"|stores the row of traveler \d+ under the number of traveler \d+"
)
def table_change(text: str) -> Callable[[ExecutionRequest], ExecutionRequest]:
    verb = text.partition(" ")[0]
    one, other = (int(number) for number in re.findall(r"\d+", text)[:2])
    if verb in get_args(DropMode):
        return lambda request: request.losing_rows_of((one, other), cast(DropMode, verb))
    if verb == "stores":
        change = RowChange(kind="renumbered", travelers=(one,), number=other)
    elif verb == "removes":
        change = RowChange(kind="removed", travelers=(one, other))
    else:
        change = RowChange(kind="dated back", travelers=(one, other))
    return lambda request: request.changing(change)


register_type(Held=TypeBuilder.make_enum(HELD), TableChange=table_change)


@given("the target table {change:TableChange}")
def table_changed(context: Context, change: Callable[[ExecutionRequest], ExecutionRequest]) -> None:
    context.request = change(context.request)


@given("the source table holds the travelers in no order")
def disordered(context: Context) -> None:
    context.request = context.request.from_shuffled_source()


@then("{count:d} travelers are seeded for the run, numbered from 1, each once")
def seeded(context: Context, count: int) -> None:
    judge_runs(context, ledger.seeded, count)


@then("the traveler ledger is exactly")
def ledger_is(context: Context) -> None:
    wanted = {row["outcome"]: int(row["rows"]) for row in context.table}
    judge_runs(context, ledger.ledger_is, wanted)


@then("every row has the HTTP status 200, in {count:d} batches, the last being batch {highest:d}")
def batches_with_rows(context: Context, count: int, highest: int) -> None:
    judge_runs(context, ledger.all_answered)
    judge_runs(context, ledger.batches_with_rows, count, highest)


@then("the columns of the target table are of the types that the documents' queries need")
def columns_typed(context: Context) -> None:
    judge_runs(context, ledger.columns_typed)


@then("no traveler in range is missing")
def nothing_missing(context: Context) -> None:
    judge_runs(context, ledger.nothing_missing)


@then("each row carries the number of the batch that its traveler belongs to")
def batch_numbers(context: Context) -> None:
    judge_runs(context, ledger.batch_numbers)


@then("each valid row holds {checked:Held}")
def valid_row_holds(context: Context, checked: Any) -> None:
    for check in checked:
        judge_runs(context, check)


@then("no bad answer makes a valid row")
def bad_answers_not_valid(context: Context) -> None:
    judge_runs(context, answers.bad_answers_not_valid)


@then("the reasons in the rows do not say the same of every kind of bad answer")
def reasons_differ(context: Context) -> None:
    judge_runs(context, answers.reasons_differ)


@then("each row has an HTTP status that the profile API answered with")
def own_status(context: Context) -> None:
    judge_runs(context, answers.own_status)


@then("no row of another execution is added, changed or removed")
def others_untouched(context: Context) -> None:
    judge_runs(context, ledger.others_untouched)


@then("every traveler in range is stored exactly once, valid or invalid with a reason")
def conserved(context: Context) -> None:
    judge_runs(context, ledger.conserved)


@then("the rows are stored in the database that the credential names, and in no other")
def stored_where_named(context: Context) -> None:
    judge_runs(context, ledger.stored_where_named)


@then("the summary says completed, with {rounds:Rounds} and {rows:d} rows expected and stored")
def summary_is(context: Context, rounds: int, rows: int) -> None:
    judge_runs(context, summary.summary_is, rounds, rows)


@then("the summary's totals are those of the target table")
def summary_agrees(context: Context) -> None:
    judge_runs(context, summary.agrees_with_table)


@then("neither rows nor calls change in the 2 seconds after the end")
def nothing_changes(context: Context) -> None:
    for recorded in executions_of(context):
        judge(context, quiet_end.unchanged, recorded.record, context.session.look_again(recorded))


@then("missing travelers are told by the summary, or the run has failed")
def missing_told(context: Context) -> None:
    judge_runs(context, stub_answers.missing_told)


@then("an event of its worker execution tells why a traveler is lost, or else its row does")
def losses_explained(context: Context) -> None:
    judge_runs(context, stub_answers.losses_explained)
