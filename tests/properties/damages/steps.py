"""Steps that the event log tells otherwise: validation, last steps, rounds, workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import batch_sequence, commands, runtime, summary
from noetl_acceptance.model.record import Event
from tests.properties.cases import Case, Damage, Draw, Found, Hit, Tells, by_batches, by_nobody
from tests.properties.damages.children import ENDED, is_, moment, moved, with_events
from tests.properties.strategies import runs
from tests.runs import PARENT


def validate(times: int) -> Callable[[Draw, Case], Hit]:
    def harm(_: Draw, case: Case) -> Hit:
        return Hit(
            with_events(
                case,
                lambda e: (
                    [e] * times if is_(e, 0, "step.enter", batch_sequence.VALIDATE_STEP) else [e]
                ),
            )
        )

    return harm


def validate_early(draw: Draw, case: Case) -> Hit:
    last = case.subject.workload.max_batches
    batch = draw(st.integers(1, last))
    early = moment(case.subject, batch, ENDED) - 0.01
    harmed = moved(case, early, 0, "step.enter", batch_sequence.VALIDATE_STEP)
    return Hit(harmed, batches=tuple(range(batch, last + 1)))


def no_end_step(draw: Draw, case: Case) -> Hit:
    """Let some worker executions not enter their last step."""
    every = range(1, case.subject.workload.max_batches + 1)
    hit = draw(st.sets(st.sampled_from(every), min_size=1))
    executions = {f"{PARENT}{batch}" for batch in hit}
    harmed = with_events(
        case,
        lambda e: (
            []
            if e.execution_id in executions and (e.event_type, e.node_name) == ("step.enter", "end")
            else [e]
        ),
    )
    more = [Found("no-end-step")] * len(hit)
    return Hit(harmed, more={runtime.parent_waits: more})


def no_result(draw: Draw, case: Case) -> Hit:
    """Let some rounds have no result in the parent."""
    rounds = case.subject.workload.max_batches
    issued = [
        e.command_id for e in case.subject.events if is_(e, 0, "command.issued", "run_batches")
    ]
    assert len(issued) == rounds
    hit = draw(st.sets(st.sampled_from(issued), min_size=1))
    over = ("call.done", "command.completed")
    harmed = with_events(
        case, lambda e: [] if e.command_id in hit and e.event_type in over else [e]
    )
    return Hit(
        harmed,
        batches=tuple(k for k, command in enumerate(issued, start=1) if command in hit),
        more={commands.once_each: [Found("never-done")] * len(hit)},
    )


def claim(change: Callable[[Draw, Event], dict[str, Any]]) -> Callable[[Draw, Case], Hit]:
    """Return the damage that commands are claimed by other workers."""

    def harm(draw: Draw, case: Case) -> Hit:
        return Hit(
            with_events(
                case,
                lambda e: [
                    e.model_copy(update=change(draw, e)) if e.event_type == "command.claimed" else e
                ],
            )
        )

    return harm


def never_claim(draw: Draw, case: Case) -> Hit:
    """Let one command be claimed by nobody; no http step's, which would leave its calls alone."""
    able = [
        (event.command_id, event.execution_id.removeprefix(PARENT))
        for event in case.subject.events
        if event.event_type == "command.issued" and not str(event.node_name).startswith("fetch")
    ]
    hit, batch = draw(st.sampled_from(able))
    harmed = with_events(
        case,
        lambda e: [] if e.command_id == hit and e.event_type == "command.claimed" else [e],
    )
    return Hit(harmed, batches=(int(batch),) if batch else ())


def too_many_workers(draw: Draw, case: Case) -> Hit:
    return Hit(case.with_fields(workers=draw(st.integers(1, case.subject.workers - 1))))


WORKERS: Tells = {runtime.carried_out_by_workers: by_nobody("workers")}


DAMAGES = [
    *(
        Damage(
            f"the validation is entered {times} times",
            runs(),
            validate(times),
            {batch_sequence.validation_entered_once: by_nobody("validate-enters")},
        )
        for times in (0, 2)
    ),
    Damage(
        "the validation is entered early",
        runs(),
        validate_early,
        {batch_sequence.validation_entered_once: by_batches("validate-early")},
    ),
    Damage(
        "worker executions never enter their last step",
        runs(),
        no_end_step,
        {runtime.parent_waits: ()},
    ),
    Damage(
        "rounds have no result",
        runs(),
        no_result,
        {summary.rounds_ran: by_batches("rounds"), commands.once_each: ()},
    ),
    Damage(
        "a command is claimed by no worker",
        runs(),
        never_claim,
        {
            runtime.carried_out_by_workers: by_nobody("not-claimed"),
            commands.once_each: by_batches("never-claimed"),
        },
    ),
    Damage(
        "one worker carries out everything",
        runs(),
        claim(lambda *_: {"worker_id": "worker-0"}),
        WORKERS,
    ),
    Damage("more workers than there are carry it out", runs(), too_many_workers, WORKERS),
]
