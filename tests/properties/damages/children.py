"""Worker executions that are missing, too many, endless or out of turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from noetl_acceptance.checks import batch_ranges, batch_sequence, runtime, summary
from noetl_acceptance.model.record import Event, ExecutionRecord
from tests.properties.cases import (
    Case,
    Damage,
    Draw,
    Hit,
    Tells,
    by_batches,
    by_both,
    by_nobody,
    by_travelers,
)
from tests.properties.held import case_of
from tests.properties.strategies import runs
from tests.runs import PARENT

ENDED = "playbook.completed"


def with_events(case: Case, change: Callable[[Event], Sequence[Event]]) -> Case:
    """Return the case with each event changed to others."""
    return case.with_fields(events=tuple(new for e in case.subject.events for new in change(e)))


def is_(event: Event, batch: int, kind: str, node: str | None = None) -> bool:
    """Whether an event is of a kind, of a batch's worker execution (0: the parent), of a step."""
    execution = f"{PARENT}{batch or ''}"
    right = event.execution_id == execution and event.event_type == kind
    return right and node in (None, event.node_name)


def moment(record: ExecutionRecord, batch: int, kind: str, node: str | None = None) -> float:
    return next(event.at for event in record.events if is_(event, batch, kind, node))


def without(case: Case, batch: int, kind: str, node: str | None = None) -> Case:
    return with_events(case, lambda e: [] if is_(e, batch, kind, node) else [e])


def moved(case: Case, at: float, batch: int, kind: str, node: str | None = None) -> Case:
    return with_events(
        case,
        lambda e: [e.model_copy(update={"at": at}) if is_(e, batch, kind, node) else e],
    )


def empty_windows(record: ExecutionRecord) -> tuple[int, ...]:
    load = record.workload
    return tuple(k for k in range(1, load.max_batches + 1) if not load.window(k))


def lose_child(draw: Draw, case: Case) -> Hit:
    batch = draw(st.integers(1, 2))
    child = f"{PARENT}{batch}"
    rest = with_events(case, lambda e: [] if e.execution_id == child else [e])
    return Hit(rest, tuple(case.subject.workload.window(batch)), (batch,))


def lose_empty_child(_: Draw, case: Case) -> Hit:
    child = f"{PARENT}{case.subject.workload.max_batches}"
    rest = with_events(case, lambda e: [] if e.execution_id == child else [e])
    return Hit(rest, batches=empty_windows(case.subject))


def one_child_more(_: Draw, case: Case) -> Hit:
    """Let one more worker execution run when the last has ended, without any call."""
    run: ExecutionRecord = case.subject
    last = f"{PARENT}{run.workload.max_batches}"
    at = moment(run, run.workload.max_batches, ENDED) + 0.001
    more = tuple(
        event.model_copy(update={"execution_id": f"{PARENT}99", "at": at, "command_id": None})
        for event in run.events
        if (event.execution_id == last and event.event_type in ("playbook.initialized", ENDED))
        or is_(event, run.workload.max_batches, "step.enter", "end")
    )
    return Hit(case.with_fields(events=(*run.events, *more)), batches=empty_windows(run))


def child_never_ends(draw: Draw, case: Case) -> Hit:
    batch = draw(st.integers(1, 2))
    return Hit(without(case, batch, ENDED), batches=(batch,))


def last_child_never_ends(_: Draw, case: Case) -> Hit:
    batch = case.subject.workload.max_batches
    return Hit(without(case, batch, ENDED), batches=(batch,))


def child_fails(draw: Draw, case: Case) -> Hit:
    batch = draw(st.integers(1, case.subject.workload.max_batches))
    failed = {"event_type": "playbook.failed"}
    harmed = with_events(
        case, lambda e: [e.model_copy(update=failed) if is_(e, batch, ENDED) else e]
    )
    return Hit(harmed, batches=(batch,))


def works_on_after_end(draw: Draw, case: Case) -> Hit:
    """Let a worker execution enter its step end before others."""
    batch = draw(st.integers(1, case.subject.workload.max_batches))
    early = moment(case.subject, batch, "step.enter", "start") - 0.001
    return Hit(moved(case, early, batch, "step.enter", "end"), batches=(batch,))


def child_ends_late(draw: Draw, case: Case) -> Hit:
    """Let the last worker execution end after the parent."""
    batch = case.subject.workload.max_batches
    late = case.subject.ended_at + draw(st.sampled_from([0.001, 1.0, 60.0]))
    return Hit(moved(case, late, batch, ENDED), batches=(batch,))


def child_starts_early(draw: Draw, case: Case) -> Hit:
    """Let a worker execution begin when the one before has not quite ended."""
    batch = draw(st.integers(1, case.subject.workload.max_batches - 1))
    early = moment(case.subject, batch, ENDED) - draw(st.sampled_from([0.0001, 0.01, 0.05]))
    harmed = moved(case, early, batch + 1, "playbook.initialized")
    return Hit(harmed, batches=(batch, batch + 1))


def swap_batches(draw: Draw, case: Case) -> Hit:
    """Let two batches be run in the other order."""
    turns = list(range(1, case.subject.workload.max_batches + 1))
    first = draw(st.integers(0, 1 if case.subject.workload.window(3) else 0))
    turns[first], turns[first + 1] = turns[first + 1], turns[first]
    swapped = case_of(replace(case.shape, turns=tuple(turns)))
    return Hit(swapped, tuple(case.subject.workload.window(first + 1)), (first + 1, first + 2))


def empty_first(_: Draw, case: Case) -> Hit:
    """Let the last batch, which is empty, be run first."""
    last = case.subject.workload.max_batches
    swapped = case_of(replace(case.shape, turns=(last, *range(1, last))))
    filled = [k for k in range(1, last) if case.subject.workload.window(k)]
    return Hit(swapped, batches=tuple(filled))


PARENT_EARLY: Tells = {
    runtime.parent_waits: by_batches("parent-not-waiting"),
    batch_sequence.validation_entered_once: by_batches("validate-early"),
}


NEVER_ENDS: Tells = {**PARENT_EARLY, summary.rounds_ran: by_batches("child-not-completed")}


DAMAGES = [
    Damage(
        "a worker execution is missing",
        runs(),
        lose_child,
        {
            summary.rounds_ran: by_batches("children"),
            batch_ranges.own_slice: by_both("slice-not-requested"),
            runtime.calls_by_http_only: by_travelers("call-outside-http"),
        },
    ),
    Damage(
        "the worker execution of an empty batch is missing",
        runs(empty_last=True),
        lose_empty_child,
        {summary.rounds_ran: by_batches("children")},
    ),
    Damage(
        "there is one worker execution more",
        runs(),
        one_child_more,
        {summary.rounds_ran: by_batches("children")},
    ),
    Damage(
        "a worker execution never ends",
        runs(),
        child_never_ends,
        {
            **NEVER_ENDS,
            batch_sequence.children_in_turn: by_batches("batch-not-ended"),
            batch_ranges.own_slice: by_nobody("slices-overlap"),
        },
    ),
    Damage("the last worker execution never ends", runs(), last_child_never_ends, NEVER_ENDS),
    Damage(
        "a worker execution fails",
        runs(),
        child_fails,
        {summary.rounds_ran: by_batches("child-not-completed")},
    ),
    Damage(
        "a worker execution works on after its step end",
        runs(),
        works_on_after_end,
        {runtime.parent_waits: by_nobody("end-not-last")},
    ),
    Damage("a worker execution ends after the parent", runs(), child_ends_late, PARENT_EARLY),
    Damage(
        "a worker execution begins too early",
        runs(),
        child_starts_early,
        {
            batch_sequence.children_in_turn: by_batches("batch-order"),
            batch_ranges.own_slice: by_nobody("slices-overlap"),
        },
    ),
    Damage(
        "two batches are run in the other order",
        runs(),
        swap_batches,
        {
            batch_sequence.batches_in_turn: by_both("call-order"),
            batch_sequence.children_in_turn: by_batches("batch-turn"),
        },
    ),
    Damage(
        "an empty batch is run before the others",
        runs(empty_last=True),
        empty_first,
        {batch_sequence.children_in_turn: by_batches("batch-turn")},
    ),
]
