"""Steps about the execution itself: start, order, status, workers."""

from __future__ import annotations

import re
from typing import Any

from behave import given, register_type, step, then, when
from behave.runner import Context
from parse import with_pattern
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import executions_of, judge, judge_runs
from noetl_acceptance.checks import (
    batch_ranges,
    batch_sequence,
    commands,
    failure,
    ledger,
    runtime,
    secrecy,
    status,
    summary,
)
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.execution.fixtures.backdated_rows import AGES, age
from noetl_acceptance.execution.quiescence import RecordedExecution
from noetl_acceptance.model.request import ExecutionRequest, Workers, Workload

SECRETS = {"database": "postgres", "message broker": "nats"}
REASONS = {
    "why it failed": failure.reason_told,
    "which credential failed": failure.reason_names_credential,
}
SEQUENCE_CHECKS = {
    "the event log": batch_sequence.children_in_turn,
    "the profile API's journal": batch_sequence.batches_in_turn,
    "the target table": ledger.stored_by_worker,
}
EARLIER = {
    "another execution has stored its travelers two days ago": ("2 days",),
    "executions of a day, a week, a month, a year and 10 years ago have stored their travelers": (
        AGES
    ),
}
MANNERS = {
    "by a worker of the sandbox, by more than one in all": runtime.carried_out_by_workers,
    "once, by the worker that claimed it, and every execution ended once": commands.once_each,
}
FRESH = "workers that have run nothing yet"


@with_pattern(
    rf"{FRESH}|a single worker (that takes \d+ commands at a time|with default settings"
    r"|with \w+ set to \w+|in a sandbox without isolation)",
    regex_group_count=1,
)
def workers(text: str) -> Workers:
    if text == FRESH:
        return Workers(alone=FRESH)
    setting = re.search(r"with (\w+) set to (\w+)", text)
    inflight = re.search(r"takes (\d+)", text)
    return Workers(
        count=1,
        inflight=int(inflight[1]) if inflight else 1,
        variables=((setting[1], setting[2]),) if setting else (),
        isolated="without isolation" not in text,
    )


register_type(
    Ages=TypeBuilder.make_enum(EARLIER),
    Manner=TypeBuilder.make_enum(MANNERS),
    Reason=TypeBuilder.make_enum(REASONS),
    Secret=TypeBuilder.make_enum(SECRETS),
    Witness=TypeBuilder.make_enum(SEQUENCE_CHECKS),
    Workers=workers,
)


@step("the run is started by NoETL's command line")
def started_by_command_line(context: Context) -> None:
    context.request = context.request.by_command_line()


@given("{workers:Workers}")
def workers_of_its_own(context: Context, workers: Workers) -> None:
    alone = context.scenario.name if workers.alone else ""
    context.request = context.request.on(workers.alone_for(alone))


@given("another execution has stored its travelers before")
def another_execution(context: Context) -> RecordedExecution:
    workload = Workload(seed_rows=4, batch_size=4, max_batches=1)
    request = ExecutionRequest(workload=workload, credential=context.request.credential)
    earlier: RecordedExecution
    (earlier,) = context.session.execute(request, seconds=60)
    judge(context, ledger.stored_at_all, earlier.record)
    context.session.forget([earlier])
    context.request = context.request.calling(earlier.journal)
    return earlier


@given("{ages:Ages}, under other names")
def executions_of_other_days(context: Context, ages: tuple[str, ...]) -> None:
    # All of them are over before one is dated back: what cleans up by age has not seen it yet.
    found = [another_execution(context) for _ in ages]
    for earlier, by in zip(found, ages, strict=True):
        database = earlier.connected.database(earlier.record.request.credential)
        age(database, earlier.record.execution_id, earlier.record.pair.names, by)


@when("{seed:d} travelers are enriched in {batches:Batches} of {size:d} within {seconds:d} seconds")
def travelers_enriched(context: Context, seed: int, batches: int, size: int, seconds: int) -> None:
    sizes = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    context.request = context.request.sized(sizes)
    context.executions = context.session.execute(context.request, seconds=seconds)


@when("as many travelers as the playbook says itself are enriched within {seconds:d} seconds")
def default_travelers_enriched(context: Context, seconds: int) -> None:
    context.executions = context.session.execute(context.request, seconds=seconds)


@when(
    "{count:d} runs of {seed:d} travelers in {batches:Batches} of {size:d} go on side by side, "
    "each within {seconds:d} seconds"
)
def side_by_side(
    context: Context, count: int, seed: int, batches: int, size: int, seconds: int
) -> None:
    workload = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    context.request = context.request.sized(workload).side_by_side(count)
    context.executions = context.session.execute(context.request, seconds=seconds)


@when(
    "runs of {seed:d} travelers in {batches:Batches} of {size:d}, and of {other_seed:d} in "
    "{other_batches:d} of {other_size:d}, go on side by side, each within {seconds:d} seconds"
)
def side_by_side_of_two_sizes(context: Context, seconds: int, **sizes: int) -> None:
    first, second = (
        Workload(
            seed_rows=sizes[f"{which}seed"],
            batch_size=sizes[f"{which}size"],
            max_batches=sizes[f"{which}batches"],
        )
        for which in ("", "other_")
    )
    context.request = context.request.sized(first).beside_one_of(second)
    context.executions = context.session.execute(context.request, seconds=seconds)


@when("the same travelers are enriched again within {seconds:d} seconds")
def enriched_again(context: Context, seconds: int) -> None:
    context.request = context.request.repeating(executions_of(context)[0].record.request)
    context.executions = context.session.execute(context.request, seconds=seconds)


@then("NoETL answered the request with the id of the execution")
def answered_with_id(context: Context) -> None:
    judge_runs(context, status.answered_with_id)


@then("{count:d} worker executions ran, one for each batch, and the parent has the result of each")
def worker_executions(context: Context, count: int) -> None:
    judge_runs(context, summary.rounds_ran, count)


@then("each worker execution requested the travelers of its own batch, all of them and no other")
def own_slice(context: Context) -> None:
    judge_runs(context, batch_ranges.own_slice)


@then("{checked:Witness} shows the batches one after the other")
def in_turn(context: Context, checked: Any) -> None:
    judge_runs(context, checked)


@then("the parent waits for the last step of each worker execution")
def parent_waits(context: Context) -> None:
    judge_runs(context, runtime.parent_waits)


@then("the parent enters the validation of the stored rows exactly once, after the last batch")
def validation_entered_once(context: Context) -> None:
    judge_runs(context, batch_sequence.validation_entered_once)


@then("every step was carried out {manner:Manner}")
def carried_out(context: Context, manner: Check) -> None:
    judge_runs(context, manner)


@then("http steps of the workers make all calls, and nothing else makes any")
def calls_by_http_only(context: Context) -> None:
    judge_runs(context, runtime.calls_by_http_only)


@then("the status says completed when the run has ended, and not before")
def status_in_time(context: Context) -> None:
    judge_runs(context, status.completed_in_time)


@then("the run has failed, and its status says so")
def run_failed(context: Context) -> None:
    judge_runs(context, failure.failed)


@then("no call reached the profile API and no row is stored")
def nothing_done(context: Context) -> None:
    judge_runs(context, failure.nothing_done)


@then("the events of the run say {told:Reason}")
def reason_told(context: Context, told: Any) -> None:
    judge_runs(context, told)


@then("no password of the {service:Secret} stands in any log or event")
def nothing_leaked(context: Context, service: str) -> None:
    for recorded in executions_of(context):
        judge(context, secrecy.none_leaked, recorded.connected.find_leaks(service))


@then("the runs really went on at the same time")
def went_on_together(context: Context) -> None:
    judge(context, status.side_by_side, [recorded.record for recorded in executions_of(context)])
