"""Steps about a fault in the middle of an execution, and about what comes after it."""

from __future__ import annotations

import re
from typing import cast

from behave import given, register_type, then, when
from behave.runner import Context
from parse import with_pattern
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.bdd.step_fields import BATCHES
from noetl_acceptance.checks import faulty
from noetl_acceptance.execution.faults.updated_service import ORDERLY_SECONDS
from noetl_acceptance.model.fault import Action, Fault, Gap, Victim
from noetl_acceptance.model.request import Workload

MOMENT_SECONDS = 60.0
"""How long the calls may take to arrive at which a fault is made."""

GAPS: dict[str, Gap] = {
    "between the answers and the rows of batch 2": "before the rows",
    "between the rows of batch 2 and their report": "before the report",
    "between the rows of batch 2 and the answer of Postgres": "before the answer",
    "between batch 2 and batch 3": "between batches",
    "between the answer to the request and the first command": "before a command",
}
"""The gaps that are held open, all but the last one from the middle of batch 2 on."""

VICTIMS: dict[str, Victim] = {
    "a worker that calls the profile API": "a worker at a call",
    "the worker that stores them": "the storing worker",
    "the worker that holds the parent's command": "the parent's worker",
    "every worker": "all workers",
    "two workers": "two workers",
    "the server and the workers": "server and workers",
    "the server": "server",
    "NATS": "nats",
    "NATS's consumer": "consumers",
    "NATS's stream": "streams",
    "Postgres": "postgres",
    "every free connection to Postgres": "free connections",
    "every session of NoETL's at Postgres": "NoETL's sessions",
    "the database": "database",
    "the target table": "target table",
    "the next row": "next row",
    "every write to the database": "writes",
    "the link between the workers and the server": "worker-server",
    "the link between the workers and NATS": "worker-nats",
    "the link between the workers and Postgres": "worker-postgres",
    "the link between the workers and the profile API": "worker-profile-api",
    "the link between the server and NATS": "server-nats",
    "the link between the server and Postgres": "server-postgres",
    "every link of the server": "the server's links",
    "the link between a worker that calls the profile API and the server": (
        "a worker's link to the server"
    ),
}


@with_pattern(
    r"(?:is|are) (?:"
    r"(?:killed|terminated), and started again \d+ seconds later"
    r"|(?:frozen|taken|read-only|locked|refused|cut|silent|silent in its answers|slow"
    r"|replaced by another release) for \d+ seconds"
    r"|refused for a (?:serialization failure|deadlock)|ended|added|deleted)"
)
def fate(text: str) -> tuple[Action, float]:
    """Return what is done, and for how many seconds; 0 for what has no duration."""
    _, done = text.split(" ", 1)
    action = re.split(r", and started again | for \d", done)[0]
    seconds = re.search(r"\d+", done)
    return cast(Action, action), float(seconds.group()) if seconds else 0.0


register_type(
    Batches=BATCHES,
    Fate=fate,
    Gap=TypeBuilder.make_enum(GAPS),
    Victim=TypeBuilder.make_enum(VICTIMS),
)


@given("the suite waits the full 120 seconds even if the execution hangs")
def waited_out(context: Context) -> None:
    context.request = context.request.model_copy(update={"waited_out": True})


@when(
    "{seed:d} travelers are enriched in {batches:Batches} of {size:d}, and as soon as call "
    "{number:d} has arrived {victim:Victim} {fate:Fate}"
)
def enriched_under_fault(
    context: Context,
    seed: int,
    batches: int,
    size: int,
    number: int,
    victim: Victim,
    fate: tuple[Action, float],
) -> None:
    action, lasts = fate
    sizes = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    _enrich(context, sizes, Fault(action=action, victim=victim, calls=number, seconds=lasts))


@when(
    "{seed:d} travelers are enriched in {batches:Batches} of {size:d}, and {gap:Gap} "
    "{victim:Victim} {fate:Fate}"
)
def enriched_with_a_gap(
    context: Context,
    seed: int,
    batches: int,
    size: int,
    gap: Gap,
    victim: Victim,
    fate: tuple[Action, float],
) -> None:
    action, lasts = fate
    sizes = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    calls = size + size // 2
    fault = Fault(action=action, victim=victim, gap=gap, calls=calls, seconds=lasts)
    _enrich(context, sizes, fault)


def _enrich(context: Context, sizes: Workload, fault: Fault) -> None:
    context.request = context.request.sized(sizes).under(fault)
    seconds = MOMENT_SECONDS + fault.seconds + faulty.END_SECONDS
    if fault.action == "terminated":
        seconds += ORDERLY_SECONDS
    story = context.session.faults.of(
        context.request, seconds=seconds, renewed_seconds=faulty.END_SECONDS
    )
    context.story, context.executions = story, (story.met,)


@then(
    "no traveler has two rows, and no more calls are repeated than the interrupted commands explain"
)
def nothing_doubled(context: Context) -> None:
    judge(context, faulty.nothing_doubled, context.story.met.record)


@then("within 120 seconds of the healing the execution ends, and its status says so")
def ends_in_time(context: Context) -> None:
    judge(context, faulty.ended_in_time, context.story.met.record)


@then("the summary counts exactly the missing travelers, or the execution fails with a reason")
def loss_told(context: Context) -> None:
    judge(context, faulty.loss_told, context.story.met.record)


@then(
    "after the end of the execution no call starts, no row is stored and no worker execution runs"
)
def no_ghosts(context: Context) -> None:
    story = context.story
    judge(context, faulty.no_ghosts, story.met.record, story.later, story.events)


@then(
    "a new execution of the same sizes, requested on the same services, completes with one good "
    "answer and one row for each traveler, and its summary counts these rows"
)
def new_execution_whole(context: Context) -> None:
    story = context.story
    whole = faulty.new_execution_whole
    judge(context, whole, story.renewed_records, story.refused, story.crashed)
