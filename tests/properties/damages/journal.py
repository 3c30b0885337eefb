"""Calls in the profile API's journal that are missing, other ones, or made again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import (
    answers,
    batch_ranges,
    batch_sequence,
    calls,
    early_rows,
    runtime,
)
from noetl_acceptance.model.record import Call, ExecutionRecord
from tests.properties.cases import (
    Case,
    Damage,
    Draw,
    Found,
    Hit,
    Tells,
    by_both,
    by_nobody,
    by_travelers,
)
from tests.properties.damages.rows import some_travelers
from tests.properties.strategies import runs
from tests.runs import PARENT

NO_ANSWER: Tells = {
    calls.answers_stored: by_travelers("row-without-answer"),
    answers.own_answer: by_travelers("payload-made-up"),
}
"""What is told of valid rows whose travelers got no good answer."""

UNANSWERED: Tells = {**NO_ANSWER, answers.own_status: by_travelers("status-made-up")}
"""What is told of valid rows whose travelers got none at all."""


AGAIN: Tells = {
    calls.exactly_once: by_travelers("call-repeated"),
    calls.never_again: by_travelers("call-repeated"),
    calls.count_is: by_both("call-count"),
    calls.answers_stored: by_travelers("row-several-answers"),
}


def of_one_batch(draw: Draw, case: Case) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Draw travelers of one of the first two batches, not its first; return them and the batch."""
    load = case.subject.workload
    batch = draw(st.integers(1, 2))
    able = st.sampled_from(load.window(batch)[1:])
    return tuple(sorted(draw(st.sets(able, min_size=1)))), (batch,)


def with_calls(case: Case, change: Callable[[Call], Sequence[Call]]) -> Case:
    """Return the case with each call changed to others, and with no least number in flight."""
    made = tuple(new for call in case.subject.outcome.calls for new in change(call))
    _, most = case.held[calls.in_flight_between]
    return case.with_outcome(calls=made).holding(calls.in_flight_between, 0, most)


def changed(case: Case, hit: Sequence[int], change: Callable[[Call], dict[str, Any]]) -> Case:
    """Return the case with other fields of the calls about some travelers."""
    return with_calls(
        case,
        lambda call: [
            call.model_copy(update=change(call)) if call.traveler_id in hit else call,
        ],
    )


def more_in_flight(case: Case) -> Case:
    """Return the case with any number of calls in flight allowed."""
    return case.holding(calls.in_flight_between, 0, 100)


def entered(record: ExecutionRecord, batch: int, step: str) -> float:
    """Return when a worker execution entered a step."""
    child = f"{PARENT}{batch}"
    return next(
        event.at
        for event in record.events
        if event.execution_id == child
        and event.event_type == "step.enter"
        and event.node_name == step
    )


def after_fetching(record: ExecutionRecord, call: Call, batch: int, place: int = 0) -> Call:
    """Return a call made once more, when its worker execution's http steps are over."""
    at = entered(record, batch, "shape") + 0.02 + 0.01 * place
    number = 1000 + place
    again = {"number": number, "arrived": at, "departed": at + 0.005, "trace": f"Root=1-{number}"}
    return call.model_copy(update=again)


def never_call(draw: Draw, case: Case) -> Hit:
    hit, batch = of_one_batch(draw, case)
    return Hit(with_calls(case, lambda c: [] if c.traveler_id in hit else [c]), hit, batch)


def call_nobody(_: Draw, case: Case) -> Hit:
    load = case.subject.workload
    found = [
        Found("slice-not-requested", tuple(load.window(k)), (k,))
        for k in range(1, load.max_batches + 1)
        if load.window(k)
    ]
    gone = with_calls(case, lambda _: [])
    return Hit(gone, tuple(load.travelers), more={batch_ranges.own_slice: found})


def call_stranger(draw: Draw, case: Case) -> Hit:
    """Let the last worker execution call about somebody in no batch, after its http steps."""
    run: ExecutionRecord = case.subject
    load = run.workload
    batch = load.batch_of(load.expected_rows)
    stranger = load.batch_size * load.max_batches + draw(st.integers(1, 9))
    names = {row.traveler_id: row.name for row in run.outcome.source}
    last = run.outcome.calls[-1].model_copy(
        update={"traveler_id": stranger, "traveler_name": names.get(stranger)}
    )
    more = (*run.outcome.calls, after_fetching(run, last, batch))
    return Hit(case.with_outcome(calls=more), (stranger,), (batch,))


def call_again(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)
    run: ExecutionRecord = case.subject

    def again(call: Call) -> list[Call]:
        if call.traveler_id not in hit:
            return [call]
        batch = run.workload.batch_of(call.traveler_id)
        return [call, after_fetching(run, call, batch, hit.index(call.traveler_id))]

    return Hit(with_calls(case, again), hit)


def call_again_inside(draw: Draw, case: Case) -> Hit:
    """Repeat calls inside of their own commands, which take 0.2 s more than the calls."""
    hit = some_travelers(draw, case)

    def again(call: Call) -> list[Call]:
        departed = call.departed or 0.0
        times = {"arrived": departed + 0.02, "departed": departed + 0.04}
        repeated = call.model_copy(update={"number": call.number + 1000, **times})
        return [call, repeated] if call.traveler_id in hit else [call]

    return Hit(with_calls(case, again), hit)


def call_impatiently(draw: Draw, case: Case) -> Hit:
    """Repeat calls that fail before they have been answered."""
    hit = some_travelers(draw, case)

    def again(call: Call) -> list[Call]:
        if call.traveler_id not in hit:
            return [call]
        first = {"number": call.number + 1000, "answer": "status", "status": 500}
        later = {"arrived": call.arrived + 0.01}
        return [call.model_copy(update=first), call.model_copy(update=later)]

    return Hit(more_in_flight(with_calls(case, again)), hit)


def forget_traveler(draw: Draw, case: Case) -> Hit:
    hit, batch = of_one_batch(draw, case)
    return Hit(changed(case, hit, lambda _: {"traveler_id": None}), hit, batch)


def rename(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)

    def harmed(call: Call) -> dict[str, Any]:
        name = str(call.traveler_name)
        return {
            "traveler_name": draw(st.sampled_from([None, "", name.strip(), name + "x", "Robert"]))
        }

    return Hit(changed(case, hit, harmed), hit)


def call_elsewhere(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)
    other = st.sampled_from(["/s/x/anything", "/s/x/profiles", "/s/x", "/s/x/a/profile"])
    path = draw(other) + draw(st.sampled_from(["", "?traveler_id=1&back=/s/x/profile"]))
    return Hit(changed(case, hit, lambda _: {"path": path}), hit)


DAMAGES = [
    Damage(
        "travelers are never requested",
        runs(),
        never_call,
        {
            **UNANSWERED,
            calls.exactly_once: by_travelers("call-missing"),
            calls.count_is: by_both("call-count"),
            calls.as_addressed: by_both("call-missing"),
            batch_ranges.own_slice: by_both("slice-not-requested"),
            early_rows.answered_first: by_nobody("row-before-answer"),
        },
    ),
    Damage(
        "nobody is requested",
        runs(),
        call_nobody,
        {
            **UNANSWERED,
            calls.exactly_once: by_travelers("call-missing"),
            calls.count_is: by_nobody("call-count"),
            calls.names_unharmed: by_travelers("nothing-to-judge"),
            calls.as_addressed: by_both("call-missing"),
            calls.answers_stored: by_travelers("nothing-to-judge", "row-without-answer"),
            calls.never_again: by_travelers("nothing-to-judge"),
            batch_sequence.batches_in_turn: by_travelers("nothing-to-judge"),
            runtime.calls_by_http_only: by_travelers("nothing-to-judge"),
            batch_ranges.own_slice: (),
            early_rows.answered_first: by_nobody("row-before-answer"),
        },
    ),
    Damage(
        "somebody in no batch is requested",
        runs(),
        call_stranger,
        {
            calls.exactly_once: by_travelers("call-extra"),
            calls.count_is: by_nobody("call-count"),
            calls.answers_stored: by_travelers("answer-not-stored"),
            batch_ranges.own_slice: by_both("foreign-slice"),
            runtime.calls_by_http_only: by_travelers("call-outside-http"),
        },
    ),
    Damage(
        "travelers are requested again, by no http step",
        runs(),
        call_again,
        {**AGAIN, runtime.calls_by_http_only: by_travelers("call-outside-http")},
    ),
    Damage(
        "travelers are requested again inside of their commands",
        runs(commands="each"),
        call_again_inside,
        AGAIN,
    ),
    Damage(
        "travelers are requested again before a bad answer has come",
        runs(),
        call_impatiently,
        {check: AGAIN[check] for check in (calls.exactly_once, calls.count_is)},
    ),
    Damage(
        "calls name no traveler",
        runs(),
        forget_traveler,
        {
            **UNANSWERED,
            calls.exactly_once: by_travelers("call-missing") + by_nobody("call-nameless"),
            batch_ranges.own_slice: by_both("slice-not-requested"),
        },
    ),
    Damage(
        "calls name another name",
        runs(),
        rename,
        {calls.names_unharmed: by_travelers("call-name")},
    ),
    Damage(
        "calls go to another path of the API",
        runs(),
        call_elsewhere,
        {calls.as_addressed: by_travelers("call-elsewhere")},
    ),
]
