"""Runs that should fail, that are slow, or that go on side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import calls, failure, slowness, stub_answers
from noetl_acceptance.checks import status as said
from noetl_acceptance.checks.history import children
from noetl_acceptance.model.event_types import FAILURES
from noetl_acceptance.model.record import Call, ExecutionRecord, StoredRow
from noetl_acceptance.model.request import Credential
from noetl_acceptance.profile_api.rules import Rule
from tests.properties.cases import Case, Damage, Draw, Hit, by_both, by_nobody, by_travelers
from tests.properties.damages.children import with_events
from tests.properties.held import case_of
from tests.properties.strategies import runs
from tests.runs import PARENT


@st.composite
def failed(draw: Draw) -> Case:
    """Draw a run that cannot work: it fails, does nothing and says why."""
    name = draw(st.sampled_from(["pg_k8s", "pg_named", "pg_unknown"]))
    run: ExecutionRecord = draw(runs()).subject
    told = {
        "event_type": draw(st.sampled_from(FAILURES)),
        "error": f"no credential\n  {name}",
        "node_name": "start",
    }
    own = next(e for e in run.events if e.execution_id == PARENT)
    events = tuple(e for e in run.events[:6] if e.execution_id == PARENT)
    over = run.statuses[-1].model_copy(update={"failed": True, "completed": draw(st.booleans())})
    broken = run.model_copy(
        update={
            "end": draw(st.sampled_from(["playbook.failed", "command.failed"])),
            "events": (*events, own.model_copy(update=told)),
            "statuses": (run.statuses[0], over),
            "request": run.request.model_copy(update={"credential": Credential(name=name)}),
            "outcome": run.outcome.model_copy(update={"source": (), "stored": (), "calls": ()}),
        }
    )
    held: dict[Any, tuple[Any, ...]] = {
        failure.failed: (),
        failure.nothing_done: (),
        failure.reason_told: (),
        failure.reason_names_credential: (),
        stub_answers.missing_told: (),
        said.answered_with_id: (),
    }
    return Case(broken, held, run)


def completed_all_the_same(_: Draw, case: Case) -> Hit:
    missing = tuple(case.subject.workload.travelers)
    return Hit(case.with_fields(end="playbook.completed"), missing)


def status_silent(draw: Draw, case: Case) -> Hit:
    first, last = case.subject.statuses
    others = [
        (),
        (first,),
        (first, last.model_copy(update={"failed": False})),
        (last.model_copy(update={"at": case.subject.ended_at - 0.001}),),
    ]
    return Hit(case.with_fields(statuses=draw(st.sampled_from(others))))


def left(table: str) -> Callable[[Draw, Case], Hit]:
    """Return the damage that some calls or rows are there of the run that did not fail."""

    def harm(draw: Draw, case: Case) -> Hit:
        every: Sequence[Call | StoredRow] = getattr(case.shape.outcome, table)
        chosen = draw(st.lists(st.sampled_from(every), min_size=1, max_size=3))
        hit = {each.traveler_id for each in chosen if each.traveler_id is not None}
        return Hit(case.with_outcome(**{table: tuple(chosen)}), tuple(sorted(hit)))

    return harm


def tell(error: str | None) -> Callable[[Draw, Case], Hit]:
    return lambda _, case: Hit(
        with_events(case, lambda e: [e.model_copy(update={"error": error})] if e.error else [e])
    )


FACTOR = 2


@st.composite
def slow(draw: Draw) -> Case:
    """Draw a run whose answers are slow, as many at once as its shape says, and a quick one."""
    case: Case = draw(runs(at_once=draw(st.integers(2, 4)), seconds=(0.3,)))
    latency = draw(st.sampled_from([0.3, 2.0]))
    run: ExecutionRecord = case.subject
    ruled = run.request.model_copy(update={"rules": (Rule("delay", seconds=latency),)})
    made, peak = len(run.outcome.calls), case.held[calls.in_flight_between][0]
    needed = latency * (made / peak + run.workload.max_batches)
    cost = needed * draw(st.sampled_from([0, 1, FACTOR - 0.01]))
    quick = run.model_copy(update={"ended_at": run.ended_at - cost})
    fewer = case_of(replace(case.shape, at_once=peak - 1)).subject
    held: dict[Any, tuple[Any, ...]] = {
        slowness.costs_at_most: (quick, FACTOR),
        slowness.more_parallel: (fewer,),
    }
    slowed = run.model_copy(update={"request": ruled})
    return Case(slowed, held, needed)


def too_slow(draw: Draw, case: Case) -> Hit:
    more = FACTOR * case.shape + draw(st.sampled_from([0.001, 1.0]))
    quick = case.subject.model_copy(update={"ended_at": case.subject.ended_at - more})
    return Hit(case.holding(slowness.costs_at_most, quick, FACTOR))


def not_more_parallel(_: Draw, case: Case) -> Hit:
    return Hit(case.holding(slowness.more_parallel, case.subject))


@st.composite
def together(draw: Draw) -> Case:
    """Draw runs side by side: each begins with its batches before the first of them ends."""
    run: ExecutionRecord = draw(runs()).subject
    length = run.ended_at - min(child.started for child in children(run))
    starts = draw(st.lists(st.integers(0, 9), min_size=1, max_size=2))
    several = [run, *(_later(run, length * start / 10) for start in starts)]
    return Case(several, {said.side_by_side: ()})


def _later(record: ExecutionRecord, seconds: float) -> ExecutionRecord:
    events = tuple(event.model_copy(update={"at": event.at + seconds}) for event in record.events)
    times = {"started_at": record.started_at + seconds, "ended_at": record.ended_at + seconds}
    return record.model_copy(update={**times, "events": events})


def one_by_one(draw: Draw, case: Case) -> Hit:
    first = case.subject[0]
    length = first.ended_at - first.started_at
    last = _later(first, length + draw(st.sampled_from([0.0, 0.001, 9.0])))
    apart = draw(st.sampled_from([[first], [*case.subject, last], [last, *case.subject]]))
    return Hit(Case(apart, case.held))


DAMAGES = [
    Damage(
        "a run that cannot work completes",
        failed(),
        completed_all_the_same,
        {
            failure.failed: by_nobody("not-failed"),
            stub_answers.missing_told: by_both("missing-untold"),
        },
    ),
    Damage(
        "the status of a failed run does not say so",
        failed(),
        status_silent,
        {failure.failed: by_nobody("status-not-failed")},
    ),
    Damage(
        "a failed run has made calls",
        failed(),
        left("calls"),
        {failure.nothing_done: by_travelers("call-made")},
    ),
    Damage(
        "a failed run has stored rows",
        failed(),
        left("stored"),
        {failure.nothing_done: by_travelers("row-stored")},
    ),
    Damage(
        "no event says why the run failed",
        failed(),
        tell(None),
        {
            failure.reason_told: by_nobody("no-reason"),
            failure.reason_names_credential: by_nobody("reason-without-name"),
        },
    ),
    Damage(
        "no event names the credential",
        failed(),
        tell("Missing: db_host"),
        {failure.reason_names_credential: by_nobody("reason-without-name")},
    ),
    Damage(
        "slow answers cost too much",
        slow(),
        too_slow,
        {slowness.costs_at_most: by_nobody("too-slow")},
    ),
    Damage(
        "more workers bring no more calls at once",
        slow(),
        not_more_parallel,
        {slowness.more_parallel: by_nobody("not-more-parallel")},
    ),
    Damage(
        "runs do not go on side by side",
        together(),
        one_by_one,
        {said.side_by_side: by_nobody("not-side-by-side")},
    ),
]
