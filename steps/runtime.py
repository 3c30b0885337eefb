"""Steps about the execution itself: start, order, status, workers."""

from __future__ import annotations

from behave import given, register_type, step, then, when
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.checks import failure, ledger, order, runtime, secrecy, status, windows
from noetl_acceptance.judging import judge, judge_runs
from noetl_acceptance.order import Order, Workers, Workload, ask

SECRETS = {"database": "postgres", "message broker": "nats"}

register_type(Secret=TypeBuilder.make_enum(SECRETS))


@step("the run is started by NoETL's command line")
def started_by_command_line(context: Context) -> None:
    ask(context, started_by="command line")


@given("workers that have run nothing yet")
def fresh_workers(context: Context) -> None:
    ask(context, workers=Workers(alone=context.scenario.name))


@step("the sandbox has {count:d} workers that take {inflight:d} commands at a time each")
def workers_of_its_own(context: Context, count: int, inflight: int) -> None:
    ask(context, workers=Workers(count=count, inflight=inflight))


@given("another execution has stored its travelers before")
def another_execution(context: Context) -> None:
    workload = Workload(seed_rows=4, batch_size=2, max_batches=2)
    for earlier in context.session.execute(Order(workload=workload), seconds=60):
        judge(context, ledger.stored_at_all, earlier.run)


@when(
    "{seed:d} travelers are enriched in {batches:d} batches of {size:d} within {seconds:d} seconds"
)
def travelers_enriched(context: Context, seed: int, batches: int, size: int, seconds: int) -> None:
    ask(context, workload=Workload(seed_rows=seed, batch_size=size, max_batches=batches))
    context.executions = context.session.execute(context.order, seconds=seconds)


@when("as many travelers as the playbook says itself are enriched within {seconds:d} seconds")
def default_travelers_enriched(context: Context, seconds: int) -> None:
    context.executions = context.session.execute(context.order, seconds=seconds)


@when(
    "{count:d} runs of {seed:d} travelers in {batches:d} batches of {size:d} go on side by side, "
    "each within {seconds:d} seconds"
)
def side_by_side(
    context: Context, count: int, seed: int, batches: int, size: int, seconds: int
) -> None:
    workload = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    ask(context, workload=workload, at_once=count)
    context.executions = context.session.execute(context.order, seconds=seconds)


@when("the same travelers are enriched again within {seconds:d} seconds")
def enriched_again(context: Context, seconds: int) -> None:
    ask(context, repeats=context.executions[0].run.order)
    context.executions = context.session.execute(context.order, seconds=seconds)


@then("NoETL answered the request with the id of the execution")
def answered_with_id(context: Context) -> None:
    judge_runs(context, status.answered_with_id)


@then("{count:d} worker executions ran, one for each batch")
def worker_executions(context: Context, count: int) -> None:
    judge_runs(context, windows.children_are, count)


@then("each worker execution requested the travelers of its own batch, all of them and no other")
def own_slice(context: Context) -> None:
    judge_runs(context, windows.own_slice)


@then("by the event log no worker execution starts before the one before has ended")
def ordered_by_events(context: Context) -> None:
    judge_runs(context, order.children_in_turn)


@then("by the profile API's journal no batch is requested before the one before is answered")
def ordered_by_journal(context: Context) -> None:
    judge_runs(context, order.batches_in_turn)


@then("the parent ends after its last worker execution")
def parent_ends_last(context: Context) -> None:
    judge_runs(context, order.parent_ends_last)


@then("the parent enters the validation of the stored rows exactly once, after the last batch")
def validation_entered_once(context: Context) -> None:
    judge_runs(context, order.validation_entered_once)


@then("every step was carried out by a worker of the sandbox, by more than one in all")
def carried_out_by_workers(context: Context) -> None:
    judge_runs(context, runtime.carried_out_by_workers)


@then("each call falls inside an http step of a worker execution")
def calls_inside_http(context: Context) -> None:
    judge_runs(context, runtime.calls_inside_http)


@then("the profile API receives no call but those")
def no_strays(context: Context) -> None:
    judge_runs(context, runtime.no_strays)


@then("each worker execution ends in its last step, for which the parent waits")
def ends_in_end(context: Context) -> None:
    judge_runs(context, runtime.ends_in_end)


@then("no step that ran holds an HTTP client in its own code")
def no_client_in_code(context: Context) -> None:
    judge_runs(context, runtime.no_client_in_code)


@then("the status did not say completed or failed before the run had ended")
def status_not_early(context: Context) -> None:
    judge_runs(context, status.not_early)


@then("the status says completed now that the run has ended")
def status_completed(context: Context) -> None:
    judge_runs(context, status.completed)


@then("the run has failed, and its status says so")
def run_failed(context: Context) -> None:
    judge_runs(context, failure.failed)


@then("no call reached the profile API and no row is stored")
def nothing_done(context: Context) -> None:
    judge_runs(context, failure.nothing_done)


@then("the events of the run say why it failed")
def reason_told(context: Context) -> None:
    judge_runs(context, failure.reason_told)


@then("the events of the run name the credential that failed")
def reason_names_credential(context: Context) -> None:
    judge_runs(context, failure.reason_names_credential)


@then("no password of the {service:Secret} stands in any log or event")
def nothing_leaked(context: Context, service: str) -> None:
    for recorded in context.executions:
        judge(context, secrecy.none_leaked, recorded.stage.find_leaks(service))


@then("the runs really went on at the same time")
def went_on_together(context: Context) -> None:
    judge(context, status.side_by_side, [recorded.run for recorded in context.executions])
