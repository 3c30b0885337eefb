"""Calls at the wrong time, never or badly answered, too many or too few at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import (
    batch_sequence,
    calls,
    early_rows,
    network,
    quiet_end,
    runtime,
    stub_answers,
)
from noetl_acceptance.model.record import Call
from tests.properties.cases import Case, Damage, Draw, Hit, by_both, by_nobody, by_travelers
from tests.properties.damages.journal import (
    NO_ANSWER,
    UNANSWERED,
    changed,
    entered,
    more_in_flight,
    of_one_batch,
)
from tests.properties.damages.rows import some_travelers
from tests.properties.held import case_of
from tests.properties.strategies import runs, sparable


def call_early(draw: Draw, case: Case) -> Hit:
    """Let calls be made by the worker execution, but before its http steps."""
    hit, (batch,) = of_one_batch(draw, case)
    at = entered(case.subject, batch, "start") + 0.02

    def early(call: Call) -> dict[str, Any]:
        arrived = at + 0.01 * hit.index(call.traveler_id or 0)
        return {"arrived": arrived, "departed": arrived + 0.005}

    return Hit(changed(case, hit, early), hit, (batch,))


def call_in_anothers(**answer: Any) -> Callable[[Draw, Case], Hit]:
    """Return the damage that a call is made in the command of the traveler before."""

    def harm(draw: Draw, case: Case) -> Hit:
        hit = draw(st.sampled_from(sparable(case.subject.workload)))
        before = next(c for c in case.subject.outcome.calls if c.traveler_id == hit - 1)
        over = before.departed or 0.0
        times = {"arrived": over + 0.02, "departed": over + 0.04}
        return Hit(changed(case, (hit,), lambda _: {**times, **answer}), (hit,))

    return harm


def answer_late(draw: Draw, case: Case) -> Hit:
    """Let calls of the first batch be answered when the second one is requested."""
    load = case.subject.workload
    hit = (draw(st.sampled_from(load.window(1)[1:])),)
    first = min(c.arrived for c in case.subject.outcome.calls if c.traveler_id in load.window(2))
    late = changed(case, hit, lambda _: {"departed": first + 0.001})
    return Hit(more_in_flight(late), hit, (1, 2))


def never_answer(draw: Draw, case: Case) -> Hit:
    load = case.subject.workload
    hit = (draw(st.sampled_from(load.window(1)[1:])),)
    silent = changed(case, hit, lambda _: {"answer": "open", "status": None, "departed": None})
    return Hit(more_in_flight(silent), hit, (1, 2))


def answer_badly(*bad_ones: dict[str, Any]) -> Callable[[Draw, Case], Hit]:
    """Return the damage that some travelers were answered by one of these."""

    def harm(draw: Draw, case: Case) -> Hit:
        hit = some_travelers(draw, case)
        bad = draw(st.sampled_from(bad_ones))
        return Hit(changed(case, hit, lambda _: bad), hit)

    return harm


BROKEN: list[dict[str, Any]] = [
    {"answer": "malformed"},
    {"answer": "close", "status": None},
    {"answer": "other_traveler"},
]
"""Answers that are none, with a status that tells of success."""

REFUSED: list[dict[str, Any]] = [
    {"answer": "status", "status": 429},
    {"answer": "good", "status": 500},
]


def reach(field: str, *values: tuple[str, ...]) -> Callable[[Draw, Case], Hit]:
    return lambda draw, case: Hit(case.with_fields(**{field: draw(st.sampled_from(values))}))


def at_once(difference: int) -> Callable[[Draw, Case], Hit]:
    """Return the damage that more or fewer calls are in flight at once than is asked."""

    def harm(_: Draw, case: Case) -> Hit:
        bounds = case.held[calls.in_flight_between]
        other = case_of(replace(case.shape, at_once=bounds[0] + difference))
        return Hit(other.holding(calls.in_flight_between, *bounds))

    return harm


DAMAGES = [
    Damage(
        "calls are made outside of http steps",
        runs(),
        call_early,
        {runtime.calls_by_http_only: by_travelers("call-outside-http")},
    ),
    Damage(
        "a call is made in another traveler's command",
        runs(at_once=1, commands="each"),
        call_in_anothers(),
        {runtime.calls_by_http_only: by_travelers("call-outside-http")},
    ),
    Damage(
        "a call that fails is made in another traveler's command",
        runs(at_once=1, commands="each"),
        call_in_anothers(answer="status", status=500),
        {
            **UNANSWERED,
            runtime.calls_by_http_only: by_travelers("call-outside-http"),
            stub_answers.losses_explained: by_travelers("loss-unexplained"),
        },
    ),
    Damage(
        "a call is answered when the next batch is requested",
        runs(),
        answer_late,
        {
            batch_sequence.batches_in_turn: by_both("call-order"),
            runtime.calls_by_http_only: by_travelers("call-outside-http"),
            early_rows.answered_first: by_nobody("row-before-answer"),
        },
    ),
    Damage(
        "a call is never answered",
        runs(),
        never_answer,
        {
            **UNANSWERED,
            batch_sequence.batches_in_turn: by_both("call-order"),
            stub_answers.losses_explained: by_travelers("loss-unexplained"),
            quiet_end.unchanged: by_travelers("call-after-end"),
            early_rows.answered_first: by_nobody("row-before-answer"),
        },
    ),
    Damage(
        "valid rows stand on broken answers",
        runs(),
        answer_badly(*BROKEN),
        {**NO_ANSWER, stub_answers.losses_explained: by_travelers("loss-unexplained")},
    ),
    Damage(
        "valid rows stand on refusals",
        runs(),
        answer_badly(*REFUSED),
        {**UNANSWERED, stub_answers.losses_explained: by_travelers("loss-unexplained")},
    ),
    Damage(
        "something else of the profile API is called",
        runs(),
        reach("strays", ("GET /ping",), ("GET /s/other/profile", "POST /")),
        {runtime.calls_by_http_only: by_nobody("stray-call")},
    ),
    Damage(
        "something outside is called",
        runs(),
        reach("attempts", ("CONNECT telemetry.example:443",), ("GET a:1", "GET b:2")),
        {network.nothing_outside: by_nobody("attempt-outside")},
    ),
    Damage(
        "one call less is in flight than there must be",
        runs(at_once=3),
        at_once(-1),
        {calls.in_flight_between: by_nobody("not-parallel")},
    ),
    Damage(
        "one call more is in flight than may be",
        runs(at_once=1),
        at_once(1),
        {calls.in_flight_between: by_nobody("too-parallel")},
    ),
]
