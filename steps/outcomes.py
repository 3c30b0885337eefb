"""Steps about the stored rows and the summary, and about a database that changes rows."""

from __future__ import annotations

from behave import given, register_type, then
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import executions_of, judge, judge_runs
from noetl_acceptance.bdd.step_fields import (
    DEFAULT_NUMBER,
    EXPECTED_BATCHES,
    EXPECTED_ROWS,
    EXPECTED_TRAVELERS,
    NUMBERS,
)
from noetl_acceptance.checks import (
    answers,
    early_rows,
    ledger,
    quiet_end,
    stub_answers,
    summary,
    unharmed,
)
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.request import DropMode, RowChange, Workload

register_type(
    DropMode=TypeBuilder.make_enum({"silently drops": "loses", "refuses": "refuses"}),
    ExpectedBatches=EXPECTED_BATCHES,
    ExpectedRows=EXPECTED_ROWS,
    ExpectedTravelers=EXPECTED_TRAVELERS,
    Numbers=NUMBERS,
    Other=TypeBuilder.make_choice(["another", "a third"]),
    Where=TypeBuilder.make_choice(
        [
            "the second database, and none in the default one",
            "the database of the default credential",
        ]
    ),
)


def default_sizes(context: Context) -> Workload:
    """Return the sizes that the documents give, in the edition that the pair follows."""
    pair: PlaybookPair = context.session.pair
    return pair.edition.workload


@given("the database {mode:DropMode} the rows of travelers {numbers:Numbers}")
def rows_dropped(context: Context, mode: DropMode, numbers: tuple[int, ...]) -> None:
    context.request = context.request.losing_rows_of(numbers, mode)


@given("the database deletes the rows of travelers {numbers:Numbers} while a later batch is stored")
def rows_deleted(context: Context, numbers: tuple[int, ...]) -> None:
    context.request = context.request.changing(RowChange(kind="removed", travelers=numbers))


@given(
    "the database backdates the rows of travelers {numbers:Numbers} by 400 days while a later "
    "batch is stored"
)
def rows_dated_back(context: Context, numbers: tuple[int, ...]) -> None:
    context.request = context.request.changing(RowChange(kind="dated back", travelers=numbers))


@given(
    "the database stores the row of traveler {one:d} under the number of traveler {other:d}, who "
    "is out of range"
)
def row_renumbered(context: Context, one: int, other: int) -> None:
    change = RowChange(kind="renumbered", travelers=(one,), number=other)
    context.request = context.request.changing(change)


@given(
    "the database shuffles the travelers as they are seeded, and adds a number to every other name"
)
def source_shuffled(context: Context) -> None:
    context.request = context.request.from_shuffled_source()


@then("the parent has seeded {count:ExpectedTravelers}, numbered from 1, each once")
def seeded(context: Context, count: int | None) -> None:
    judge_runs(context, ledger.seeded, default_sizes(context).seed_rows if count is None else count)


@then("the stored rows, one for each traveler in range, are exactly")
def rows_by_outcome(context: Context) -> None:
    default = str(default_sizes(context).expected_rows)
    wanted = {
        row["outcome"]: int(row["rows"].replace(DEFAULT_NUMBER, default)) for row in context.table
    }
    judge_runs(context, ledger.ledger_is, wanted)


@then("every stored row has HTTP status 200")
def all_answered(context: Context) -> None:
    judge_runs(context, ledger.all_answered)


@then("the stored rows carry the numbers of exactly {count:ExpectedBatches}, and none beyond")
def batches_with_rows(context: Context, count: int | None) -> None:
    numbers = default_sizes(context).max_batches if count is None else count
    judge_runs(context, ledger.batches_with_rows, numbers, numbers)


@then("the columns of the target table have the types that the documents' queries need")
def columns_typed(context: Context) -> None:
    judge_runs(context, ledger.columns_typed)


@then("every seeded traveler in range has a row")
def nothing_missing(context: Context) -> None:
    judge_runs(context, ledger.nothing_missing)


@then("each row carries the number of its traveler's batch")
def batch_numbers(context: Context) -> None:
    judge_runs(context, ledger.batch_numbers)


@then("each valid row holds the profile API's answer about its own traveler")
def own_answer(context: Context) -> None:
    judge_runs(context, answers.own_answer)


@then("no traveler has a valid row before the profile API has answered about it")
def answered_first(context: Context) -> None:
    judge_runs(context, early_rows.answered_first)


@then(
    "each valid row holds its traveler's name as seeded, and once more in upper case without "
    "spaces at both ends"
)
def names_stored(context: Context) -> None:
    judge_runs(context, answers.names_kept)
    judge_runs(context, answers.names_normalised)


@then("each valid row holds that profile, every key and value as the profile API sent it")
def answers_unharmed(context: Context) -> None:
    judge_runs(context, unharmed.answers_unharmed)


@then("each valid row holds a whole hash, and no mask in its place")
def digests_unharmed(context: Context) -> None:
    judge_runs(context, unharmed.digests_unharmed)


@then("no traveler without a good answer has a valid row")
def bad_answers_not_valid(context: Context) -> None:
    judge_runs(context, answers.bad_answers_not_valid)


@then("the invalid rows do not all give the same reason")
def reasons_differ(context: Context) -> None:
    judge_runs(context, answers.reasons_differ)


@then("no row shows a 2xx status that the profile API did not send about its traveler")
def own_status(context: Context) -> None:
    judge_runs(context, answers.own_status)


@then("no source or target row of {_:Other} execution is added, changed or removed")
def others_untouched(context: Context, _: str) -> None:
    judge_runs(context, ledger.others_untouched)


@then(
    "each traveler in range has exactly one row, valid or invalid with a reason, and no other "
    "traveler has a row"
)
def conserved(context: Context) -> None:
    judge_runs(context, ledger.conserved)


@then("the rows are stored in {_:Where}")
def stored_where_named(context: Context, _: str) -> None:
    judge_runs(context, ledger.stored_where_named)


@then(
    'the summary says "completed", with {batches:ExpectedBatches}, {rows:ExpectedRows} expected, '
    "all of them stored and none missing"
)
def summary_is(context: Context, batches: int | None, rows: int | None) -> None:
    default = default_sizes(context)
    judge_runs(
        context,
        summary.summary_is,
        default.max_batches if batches is None else batches,
        default.expected_rows if rows is None else rows,
    )


@then(
    "the summary expects a row for each traveler in range, counts the rows of the target table as "
    "stored, and the travelers in range without a row as missing"
)
def summary_agrees(context: Context) -> None:
    judge_runs(context, summary.agrees_with_table)


@then(
    "the summary, if there is one, expects a row for each traveler in range, counts the rows of "
    "the target table as stored, and the travelers in range without a row as missing"
)
def summary_agrees_if_any(context: Context) -> None:
    for each in executions_of(context):
        if summary.find_summary(each.record) is not None:
            judge(context, summary.agrees_with_table, each.record)


@then(
    "no source or target row is added, changed or removed, and no call is in flight or made, in "
    "the 2 seconds after the execution's end"
)
def nothing_changes(context: Context) -> None:
    for recorded in executions_of(context):
        judge(context, quiet_end.unchanged, recorded.record, context.session.look_again(recorded))


@then(
    "the summary counts exactly the missing travelers, or the execution has failed and has no "
    "summary"
)
def missing_counted(context: Context) -> None:
    judge_runs(context, stub_answers.missing_told)


@then(
    "for every lost traveler, an event of the worker execution or the traveler's row gives the "
    "reason"
)
def losses_explained(context: Context) -> None:
    judge_runs(context, stub_answers.losses_explained)
