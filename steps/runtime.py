"""Steps about the execution itself: start, order, status, workers."""

from __future__ import annotations

from behave import then, when
from behave.runner import Context

from noetl_acceptance.checks import order, runtime, status, windows
from noetl_acceptance.judging import judge_run
from noetl_acceptance.run import Workload


@when(
    "{seed:d} travelers are enriched in {batches:d} batches of {size:d} within {seconds:d} seconds"
)
def travelers_enriched(context: Context, seed: int, batches: int, size: int, seconds: int) -> None:
    workload = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    context.recorded = context.session.execute(workload, context.rules, seconds=seconds)


@then("NoETL answered the request with the id of the execution")
def answered_with_id(context: Context) -> None:
    judge_run(context, status.answered_with_id)


@then("{count:d} worker executions ran, one for each batch")
def worker_executions(context: Context, count: int) -> None:
    judge_run(context, windows.children_are, count)


@then("each worker execution requested only the travelers of its own batch")
def own_slice(context: Context) -> None:
    judge_run(context, windows.own_slice)


@then("by the event log no worker execution starts before the one before has ended")
def ordered_by_events(context: Context) -> None:
    judge_run(context, order.children_in_turn)


@then("by the profile API's journal no batch is requested before the one before is answered")
def ordered_by_journal(context: Context) -> None:
    judge_run(context, order.batches_in_turn)


@then("the parent ends after its last worker execution")
def parent_ends_last(context: Context) -> None:
    judge_run(context, order.parent_ends_last)


@then("the parent enters the validation of the stored rows exactly once, after the last batch")
def validation_entered_once(context: Context) -> None:
    judge_run(context, order.validation_entered_once)


@then("every step was carried out by a worker of the sandbox, by more than one in all")
def carried_out_by_workers(context: Context) -> None:
    judge_run(context, runtime.carried_out_by_workers)


@then("each call falls inside an http step of a worker execution")
def calls_inside_http(context: Context) -> None:
    judge_run(context, runtime.calls_inside_http)


@then("no step that ran holds an HTTP client in its own code")
def no_client_in_code(context: Context) -> None:
    judge_run(context, runtime.no_client_in_code)


@then("the status did not say completed or failed before the run had ended")
def status_not_early(context: Context) -> None:
    judge_run(context, status.not_early)


@then("the status says completed now that the run has ended")
def status_completed(context: Context) -> None:
    judge_run(context, status.completed)
