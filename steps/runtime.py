"""Steps about how NoETL carried an execution out: batches, commands, status, failure."""

from __future__ import annotations

from behave import register_type, then
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import executions_of, judge, judge_runs
from noetl_acceptance.bdd.step_fields import EXPECTED_BATCHES
from noetl_acceptance.checks import (
    batch_ranges,
    batch_sequence,
    cancelling,
    commands,
    failure,
    ledger,
    runtime,
    saturation,
    secrecy,
    status,
    summary,
)

SECRETS = {"database password": "postgres", "message broker's password": "nats"}

register_type(ExpectedBatches=EXPECTED_BATCHES, Secret=TypeBuilder.make_enum(SECRETS))


@then("NoETL answers the request with the id of the execution that it has started")
def answered_with_id(context: Context) -> None:
    judge_runs(context, status.answered_with_id)


@then(
    "the event log shows exactly {count:ExpectedBatches}, each with one completed worker execution "
    "and one result, and the summary counts as many"
)
def batches_carried_out(context: Context, count: int | None) -> None:
    default = context.session.pair.edition.workload.max_batches
    judge_runs(context, summary.rounds_ran, default if count is None else count)


@then("each worker execution requests all travelers of its own batch and no others")
def own_batch(context: Context) -> None:
    judge_runs(context, batch_ranges.own_slice)


@then("the event log shows the batches in order, each starting after the previous one ended")
def batches_in_event_log(context: Context) -> None:
    judge_runs(context, batch_sequence.children_in_turn)


@then(
    "the profile API's log shows the batches in order, the calls of each after the answers of the "
    "previous one"
)
def batches_in_call_log(context: Context) -> None:
    judge_runs(context, batch_sequence.batches_in_turn)


@then("the target table shows the rows of each batch stored before its worker execution ended")
def batches_in_target_table(context: Context) -> None:
    judge_runs(context, ledger.stored_by_worker)


@then(
    "each worker execution enters its step end last, the parent playbook waits for that step, and "
    "the parent ends after every worker execution"
)
def parent_waits(context: Context) -> None:
    judge_runs(context, runtime.parent_waits)


@then("the parent starts to validate the stored rows exactly once, after the last batch has ended")
def validation_entered_once(context: Context) -> None:
    judge_runs(context, batch_sequence.validation_entered_once)


@then("the sandbox's workers carried out every step, and at least two of them took part")
def carried_out_by_workers(context: Context) -> None:
    judge_runs(context, runtime.carried_out_by_workers)


@then(
    "each command is claimed once and carried out, no loop gives out more commands than it has "
    "items, no batch has two worker executions, and no execution ends twice"
)
def carried_out_once(context: Context) -> None:
    judge_runs(context, commands.once_each)


@then(
    "http steps of the worker executions make every call to the profile API, and no Python step "
    "has code that could make one"
)
def calls_by_http_only(context: Context) -> None:
    judge_runs(context, runtime.calls_by_http_only)


@then(
    'the status says neither "completed" nor "failed" before the end of the execution, and '
    '"completed" when asked after it'
)
def status_in_time(context: Context) -> None:
    judge_runs(context, status.completed_in_time)


@then('the status says "cancelled", and the event log says that the execution has ended')
def status_says_cancelled(context: Context) -> None:
    judge_runs(context, cancelling.status_says_so)


@then("after the cancellation no call starts and no row is stored, except by commands then at work")
def nothing_after_cancelling(context: Context) -> None:
    judge_runs(context, cancelling.nothing_later)


@then("no command of the execution or of its worker executions stays at work")
def nothing_left_at_work(context: Context) -> None:
    judge_runs(context, cancelling.nothing_left)


@then("all of them end, each completed, with a row for every traveler and a summary that agrees")
def all_end_whole(context: Context) -> None:
    judge(context, saturation.all_end_whole, [each.record for each in executions_of(context)])


@then("the execution has failed, and its status says so")
def execution_failed(context: Context) -> None:
    judge_runs(context, failure.failed)


@then("no call has reached the profile API, and no row is stored")
def nothing_done(context: Context) -> None:
    judge_runs(context, failure.nothing_done)


@then("an event of the execution gives the reason for its failure")
def reason_given(context: Context) -> None:
    judge_runs(context, failure.reason_told)


@then("the execution's error in the event log names that credential")
def credential_named(context: Context) -> None:
    judge_runs(context, failure.reason_names_credential)


@then("no log of a service and no event of NoETL contains the {service:Secret}")
def nothing_leaked(context: Context, service: str) -> None:
    for recorded in executions_of(context):
        judge(context, secrecy.none_leaked, recorded.connected.find_leaks(service))


@then(
    "the event log confirms that both executions had started their batches before either of them "
    "ended"
)
def carried_out_together(context: Context) -> None:
    judge(context, status.side_by_side, [recorded.record for recorded in executions_of(context)])
