"""Steps about the request: how it is made, on which workers, after which other executions."""

from __future__ import annotations

from behave import given, register_type, step, when
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import executions_of, judge
from noetl_acceptance.bdd.step_fields import BATCHES, COMMANDS, WORKERS_THAT_TAKE, WORKERS_WITH
from noetl_acceptance.checks import ledger
from noetl_acceptance.execution.fixtures.backdated_rows import AGES, age
from noetl_acceptance.execution.second_look import RecordedExecution
from noetl_acceptance.model.request import Cancellation, ExecutionRequest, Way, Workers, Workload

CANCEL_SECONDS = 120.0
"""The deadline of an execution that is cancelled, from its request until nothing of it moves."""

SINGLE = {
    "with the sandbox's usual settings": Workers(count=1, inflight=1),
    "in a sandbox without isolation": Workers(count=1, inflight=1, isolated=False),
}
WAYS: dict[str, Way] = {"API": "api", "command line": "command line"}

register_type(
    Batches=BATCHES,
    Commands=COMMANDS,
    Single=TypeBuilder.make_enum(SINGLE),
    Way=TypeBuilder.make_enum(WAYS),
    WorkersThatTake=WORKERS_THAT_TAKE,
    WorkersWith=WORKERS_WITH,
)


def use_workers(context: Context, workers: Workers) -> None:
    context.request = context.request.on(workers)


def execute_earlier(context: Context) -> RecordedExecution:
    """Carry out a small execution with the scenario's credential, and call its address again."""
    workload = Workload(seed_rows=4, batch_size=4, max_batches=1)
    request = ExecutionRequest(workload=workload, credential=context.request.credential)
    earlier: RecordedExecution
    (earlier,) = context.session.execute(request, seconds=60)
    judge(context, ledger.stored_at_all, earlier.record)
    context.session.forget([earlier])
    context.request = context.request.calling(earlier.journal)
    return earlier


def execute_backdated(context: Context, ages: tuple[str, ...]) -> None:
    """Carry out an execution for each age, then date the executions back."""
    # All of them end before one is dated back: a clean-up by age cannot meet it in between.
    found = [execute_earlier(context) for _ in ages]
    for earlier, by in zip(found, ages, strict=True):
        database = earlier.connected.database(earlier.record.request.credential)
        age(database, earlier.record.execution_id, earlier.record.pair.names, by)


@step("the request is made through NoETL's command line")
def made_through_command_line(context: Context) -> None:
    context.request = context.request.by_command_line()


@given("new workers that have not carried out anything yet")
def new_workers(context: Context) -> None:
    use_workers(context, Workers(alone=context.scenario.name))


@given("a single worker {workers:Single}")
def single_worker(context: Context, workers: Workers) -> None:
    use_workers(context, workers)


@given("{count:WorkersThatTake} {commands:Commands} at a time")
def workers_of_commands(context: Context, count: int, commands: int) -> None:
    use_workers(context, Workers(count=count, inflight=commands))


@given("a proxy in each link between the services")
def proxied_links(context: Context) -> None:
    workers = context.request.workers or Workers()
    use_workers(context, workers.model_copy(update={"links": True}))


@given("a second release of NoETL")
def release_beside(context: Context) -> None:
    workers = context.request.workers or Workers()
    use_workers(context, workers.model_copy(update={"updatable": True}))


@given("{count:WorkersWith} {name:w} set to {value:w}")
def workers_with_setting(context: Context, count: int, name: str, value: str) -> None:
    use_workers(context, Workers(count=count, inflight=1, variables=((name, value),)))


@given("an earlier execution has stored its travelers in the same tables")
def earlier_execution(context: Context) -> None:
    execute_earlier(context)


@given("an earlier execution, backdated by two days, has stored its travelers under other names")
def earlier_execution_dated_back(context: Context) -> None:
    execute_backdated(context, ("2 days",))


@given(
    "five earlier executions, backdated by a day, a week, a month, a year and ten years, have "
    "stored their travelers under other names"
)
def earlier_executions_dated_back(context: Context) -> None:
    execute_backdated(context, AGES)


@when("{seed:d} travelers are enriched in {batches:Batches} of {size:d} within {seconds:d} seconds")
def travelers_enriched(context: Context, seed: int, batches: int, size: int, seconds: int) -> None:
    sizes = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    context.request = context.request.sized(sizes)
    context.executions = context.session.execute(context.request, seconds=seconds)


@when("a single traveler is enriched in a single batch within {seconds:d} seconds")
def single_traveler_enriched(context: Context, seconds: int) -> None:
    travelers_enriched(context, seed=1, batches=1, size=1, seconds=seconds)


@when("the playbook's default number of travelers is enriched within {seconds:d} seconds")
def default_travelers_enriched(context: Context, seconds: int) -> None:
    context.executions = context.session.execute(context.request, seconds=seconds)


@when(
    "{count:d} executions, each of {seed:d} travelers in {batches:Batches} of {size:d}, are "
    "carried out side by side, each within {seconds:d} seconds"
)
def side_by_side(
    context: Context, count: int, seed: int, batches: int, size: int, seconds: int
) -> None:
    workload = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    context.request = context.request.sized(workload).side_by_side(count)
    context.executions = context.session.execute(context.request, seconds=seconds)


@when(
    "{count:d} executions, each of {seed:d} travelers in {batches:Batches} of {size:d}, are "
    "carried out side by side, within {factor:d} times as long as they take one after the other"
)
def saturating(
    context: Context, count: int, seed: int, batches: int, size: int, factor: int
) -> None:
    workload = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    alone = context.session.repeat(context.request.sized(workload))
    seconds = factor * count * (alone.ended_at - alone.started_at)
    context.request = context.request.sized(workload).side_by_side(count).that_may_hang()
    context.executions = context.session.execute(context.request, seconds=seconds)


@when(
    "{seed:d} travelers are enriched in {batches:Batches} of {size:d}, and NoETL's {way:Way} "
    "cancels the execution when call {number:d} has arrived"
)
def cancelled_midway(
    context: Context, seed: int, batches: int, size: int, way: Way, number: int
) -> None:
    sizes = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    cancellation = Cancellation(by=way, calls=number)
    context.request = context.request.sized(sizes).cancelled(cancellation)
    context.executions = context.session.execute(context.request, seconds=CANCEL_SECONDS)


@when(
    "an execution of {seed:d} travelers in {batches:Batches} of {size:d} and one of "
    "{other_seed:d} travelers in {other_batches:Batches} of {other_size:d} are carried out side "
    "by side, each within {seconds:d} seconds"
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


@when("a new execution of the same sizes is carried out within {seconds:d} seconds")
def enriched_again(context: Context, seconds: int) -> None:
    context.request = context.request.repeating(executions_of(context)[0].record.request)
    context.executions = context.session.execute(context.request, seconds=seconds)
