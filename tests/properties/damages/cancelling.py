"""A cancelled execution that does not say so, or does more than what was at work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import cancelling
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.model.cancelled import Cancelled
from noetl_acceptance.model.event_types import CANCELLED
from noetl_acceptance.model.record import Event, ExecutionRecord, StatusSample, StoredSample
from tests.properties.cases import Case, Damage, Draw, Hit, by_nobody, by_travelers
from tests.properties.strategies import runs
from tests.runs import PARENT, call_of, row_of


@st.composite
def cancelled(draw: Draw) -> Case:
    """Draw a record that was cancelled while a call was in flight, and stopped well."""
    whole: ExecutionRecord = draw(runs(commands="each", tool_list=False)).subject
    call = draw(st.sampled_from(whole.outcome.calls))
    at = call.arrived + 0.01
    issued, ends = _claimed(whole.events, at)
    kept = [e for e in whole.events if e.at <= at or e.command_id in issued]
    parent = next(e for e in whole.events if e.execution_id == PARENT)
    stop = parent.model_copy(
        update={"event_id": 10**6, "event_type": CANCELLED, "at": at, "error": "asked to"}
    )
    rest = max(ends)
    outcome = whole.outcome.model_copy(
        update={
            "read_at": rest + 20,
            "calls": tuple(c for c in whole.outcome.calls if c.arrived <= at),
            "stored": tuple(r for r in whole.outcome.stored if (r.stored_at or 0) <= at),
        }
    )
    said: dict[str, Any] = {"completed": False, "failed": False, "current_step": "run_batches"}
    record = whole.model_copy(
        update={
            "cancelled": Cancelled(asked=at, answered=at, answer="{}"),
            "end": CANCELLED,
            "ended_at": at,
            "events": tuple(sorted([*kept, stop], key=lambda e: (e.at, e.event_id))),
            "outcome": outcome,
            "samples": (StoredSample(at=rest + 2, stored=len(outcome.stored)),),
            "statuses": (
                StatusSample(at=at - 0.5, **said),
                StatusSample(at=rest + 12, cancelled=True, **said),
            ),
        }
    )
    held: dict[Check, tuple[Any, ...]] = {
        cancelling.status_says_so: (),
        cancelling.nothing_later: (),
        cancelling.nothing_left: (),
    }
    return Case(record, held)


def _claimed(events: Iterable[Event], at: float) -> tuple[set[str], list[float]]:
    """Return the commands that are claimed at a time, and when they end."""
    claimed = {
        str(e.command_id) for e in events if e.event_type == "command.claimed" and e.at <= at
    }
    return claimed, [at, *(e.at for e in events if e.command_id in claimed)]


def say(**words: bool) -> Callable[[Draw, Case], Hit]:
    def harm(_: Draw, case: Case) -> Hit:
        first, last = case.subject.statuses
        return Hit(case.with_fields(statuses=(first, last.model_copy(update=words))))

    return harm


def ask_before_only(_: Draw, case: Case) -> Hit:
    return Hit(case.with_fields(statuses=case.subject.statuses[:1]))


def go_on(_: Draw, case: Case) -> Hit:
    return Hit(case.with_fields(end="playbook.completed"))


def call_on(draw: Draw, case: Case) -> Hit:
    """Have more calls begin than the commands at work could make, or later."""
    record = case.subject
    rest = max(event.at for event in record.events)
    extra = draw(st.integers(1, 3))
    late = rest + draw(st.sampled_from((1.5, 5.0)))
    calls = [call_of(900 + k, 50 + k, late + k, late + k + 0.1) for k in range(extra)]
    told = case.with_outcome(calls=(*record.outcome.calls, *calls))
    return Hit(told, tuple(range(50, 50 + extra)))


def store_on(draw: Draw, case: Case) -> Hit:
    record = case.subject
    late = max(event.at for event in record.events) + draw(st.sampled_from((1.5, 5.0)))
    row = row_of(77, 1).model_copy(update={"stored_at": late})
    return Hit(case.with_outcome(stored=(*record.outcome.stored, row)), (77,))


def hold_on(draw: Draw, case: Case) -> Hit:
    """Have a claimed command never end."""
    record = case.subject
    held = draw(
        st.sampled_from([e.command_id for e in record.events if e.event_type == "command.claimed"])
    )
    ends = ("command.completed", "command.failed", "call.done")
    kept = tuple(e for e in record.events if e.command_id != held or e.event_type not in ends)
    return Hit(case.with_fields(events=kept))


DAMAGES = [
    Damage(
        "the status of a cancelled execution says completed",
        cancelled(),
        say(cancelled=False, completed=True),
        {cancelling.status_says_so: by_nobody("status-not-cancelled")},
    ),
    Damage(
        "the status of a cancelled execution says nothing",
        cancelled(),
        say(cancelled=False),
        {cancelling.status_says_so: by_nobody("status-not-cancelled", "status-not-ended")},
    ),
    Damage(
        "the status of a cancelled execution is not told",
        cancelled(),
        ask_before_only,
        {cancelling.status_says_so: by_nobody("status-missing")},
    ),
    Damage(
        "a cancelled execution completes",
        cancelled(),
        go_on,
        {cancelling.status_says_so: by_nobody("not-cancelled")},
    ),
    Damage(
        "calls begin after the cancellation",
        cancelled(),
        call_on,
        {cancelling.nothing_later: by_travelers("call-after-cancel")},
    ),
    Damage(
        "a row is stored after the cancellation",
        cancelled(),
        store_on,
        {cancelling.nothing_later: by_travelers("row-after-cancel")},
    ),
    Damage(
        "a worker holds a command of a cancelled execution",
        cancelled(),
        hold_on,
        {cancelling.nothing_left: by_nobody("command-left-open")},
    ),
]
