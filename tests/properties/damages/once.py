"""Commands and executions that are there twice, or left."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from noetl_acceptance.checks import commands
from noetl_acceptance.model.event_types import CANCELLED
from tests.properties.cases import Case, Damage, Draw, Hit, by_batches, by_nobody
from tests.properties.damages.children import ENDED, is_, with_events
from tests.properties.strategies import runs
from tests.runs import PARENT


def ended_again(draw: Draw, case: Case) -> Hit:
    """Let a worker execution be cancelled when it has ended."""
    batch = draw(st.integers(1, case.subject.workload.max_batches))
    harmed = with_events(
        case,
        lambda e: (
            [e, e.model_copy(update={"event_type": CANCELLED})] if is_(e, batch, ENDED) else [e]
        ),
    )
    return Hit(harmed, batches=(batch,))


def parent_ended_again(_: Draw, case: Case) -> Hit:
    again = {"event_type": "playbook.failed"}
    return Hit(
        with_events(case, lambda e: [e, e.model_copy(update=again)] if is_(e, 0, ENDED) else [e])
    )


def of_a_batch(harm: Callable[[Case, str], Case]) -> Callable[[Draw, Case], Hit]:
    """Return the damage of one command of a worker execution, of its first step."""

    def harmed(draw: Draw, case: Case) -> Hit:
        batch = draw(st.integers(1, case.subject.workload.max_batches))
        command = next(
            str(e.command_id)
            for e in case.subject.events
            if is_(e, batch, "command.issued", "start")
        )
        return Hit(harm(case, command), batches=(batch,))

    return harmed


def claimed_again(case: Case, command: str) -> Case:
    other = {"worker_id": "worker-0"}
    return with_events(
        case,
        lambda e: (
            [e, e.model_copy(update=other)]
            if (e.command_id, e.event_type) == (command, "command.claimed")
            else [e]
        ),
    )


def never_done(case: Case, command: str) -> Case:
    return with_events(
        case,
        lambda e: [] if (e.command_id, e.event_type) == (command, "command.completed") else [e],
    )


def command_too_many(_: Draw, case: Case) -> Hit:
    """Let the loop of calls in the first batch issue a command for nobody."""
    child = f"{PARENT}1"
    fetch = [
        e for e in case.subject.events if e.execution_id == child and "fetch" in str(e.node_name)
    ]
    window = len(case.subject.workload.window(1))
    first = fetch[0].command_id
    more = tuple(
        e.model_copy(update={"command_id": f"{first}-{number}"})
        for number in range(window)
        for e in fetch
        if e.command_id == first
    )
    return Hit(case.with_fields(events=(*case.subject.events, *more)), batches=(1,))


DAMAGES = [
    Damage(
        "a worker execution ends twice",
        runs(),
        ended_again,
        {commands.once_each: by_batches("ended-twice")},
    ),
    Damage(
        "the parent ends twice",
        runs(),
        parent_ended_again,
        {commands.once_each: by_nobody("ended-twice")},
    ),
    Damage(
        "a command is claimed twice",
        runs(),
        of_a_batch(claimed_again),
        {commands.once_each: by_batches("claimed-twice")},
    ),
    Damage(
        "a command is never done",
        runs(),
        of_a_batch(never_done),
        {commands.once_each: by_batches("never-done")},
    ),
    Damage(
        "a loop issues more commands than it has items",
        runs(commands="each"),
        command_too_many,
        {commands.once_each: by_batches("loop-too-long")},
    ),
]
