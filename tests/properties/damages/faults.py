"""Bad answers and losses that are not told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import answers, calls, ledger, slowness, stub_answers, summary
from noetl_acceptance.model.findings import batches_of
from noetl_acceptance.model.record import Event, StoredRow
from tests.properties.cases import Case, Damage, Draw, Hit, by_both, by_nobody, by_travelers
from tests.properties.damages.api import say
from tests.properties.damages.children import with_events
from tests.properties.damages.failing import slow
from tests.properties.damages.rows import LOST, change_rows, with_rows
from tests.properties.strategies import spoilt
from tests.runs import PARENT

REFUSED = spoilt(fate="refused", least=2)
"""Two travelers or more are answered badly and stored as invalid."""


SEVERAL_KINDS = REFUSED.filter(lambda case: len(set(case.shape.refused.values())) > 1).map(
    lambda case: case.holding(answers.reasons_differ)
)
"""They are answered badly in several ways."""


LOSSES = spoilt(fate="lost", least=1)
"""Some travelers are answered badly and not stored; an event says why."""


WELL: dict[str, Any] = {"answer": "good", "status": 200}


def one_of(draw: Draw, unlucky: Mapping[int, str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Draw one of the unlucky travelers; return him, and the others."""
    hit = draw(st.sampled_from(sorted(unlucky)))
    return (hit,), tuple(sorted(set(unlucky) - {hit}))


def answered_well(draw: Draw, case: Case) -> Hit:
    """Let a traveler whom a rule is about be answered well; the rows tell otherwise."""
    hit, _ = one_of(draw, case.shape.refused)
    made = tuple(
        call.model_copy(update=WELL) if call.traveler_id in hit else call
        for call in case.subject.outcome.calls
    )
    return Hit(case.with_outcome(calls=made), hit)


def no_rules(_: Draw, case: Case) -> Hit:
    return Hit(case.with_fields(request=case.subject.request.model_copy(update={"rules": ()})))


def bad_made_valid(draw: Draw, case: Case) -> Hit:
    hit, others = one_of(draw, case.shape.refused)

    def valid(row: StoredRow) -> list[StoredRow]:
        own = {"traveler_id": row.traveler_id, "traveler_name": row.name}
        fields = {"is_valid": True, "reason": None, "payload": own}
        return [row.model_copy(update=fields) if row.traveler_id in hit else row]

    left = (others, batches_of(case.subject, others))
    miscounted = {"ledger-valid": left, "ledger-invalid": left}
    return Hit(with_rows(case, valid), hit, named=miscounted)


def refused_lost(draw: Draw, case: Case) -> Hit:
    hit, others = one_of(draw, case.shape.refused)
    gone = with_rows(case, lambda row: [] if row.traveler_id in hit else [row])
    return Hit(gone, hit, named={"ledger-invalid": (others, batches_of(case.subject, others))})


def reason_forgotten(draw: Draw, case: Case) -> Hit:
    hit, _ = one_of(draw, case.shape.refused)
    return Hit(change_rows(case, hit, reason=None), hit)


def reasons_alike(_: Draw, case: Case) -> Hit:
    """Let every invalid row give the same reason, but for the traveler's number."""
    told = with_rows(
        case,
        lambda row: [
            row
            if row.is_valid
            else row.model_copy(update={"reason": f"bad answer about {row.traveler_id}"})
        ],
    )
    return Hit(told, tuple(sorted(case.shape.refused)))


def loss_untold(draw: Draw, case: Case) -> Hit:
    """Let no event tell an error in the worker execution of one batch that has lost travelers."""
    load = case.subject.workload
    batch = load.batch_of(draw(st.sampled_from(sorted(case.shape.lost))))
    hit = tuple(i for i in sorted(case.shape.lost) if load.batch_of(i) == batch)

    def silent(event: Event) -> list[Event]:
        own = event.execution_id == f"{PARENT}{batch}"
        return [event.model_copy(update={"error": None}) if own else event]

    return Hit(with_events(case, silent), hit)


def loss_not_summed(draw: Draw, case: Case) -> Hit:
    return Hit(say("data.missing_rows")(draw, case).case, tuple(sorted(case.shape.lost)))


DAMAGES = [
    Damage(
        "an answer was good that a rule should have spoilt",
        REFUSED,
        answered_well,
        {
            stub_answers.happened: by_travelers("fault-missing"),
            calls.answers_stored: by_travelers("answer-not-stored"),
        },
    ),
    Damage(
        "there is no rule for bad answers",
        REFUSED,
        no_rules,
        {stub_answers.happened: by_nobody("fault-missing")},
    ),
    Damage(
        "a bad answer made a valid row",
        REFUSED,
        bad_made_valid,
        {
            answers.bad_answers_not_valid: by_travelers("bad-answer-valid"),
            calls.answers_stored: by_travelers("row-without-answer"),
            stub_answers.losses_explained: by_travelers("loss-unexplained"),
            ledger.ledger_is: by_both("ledger-valid", "ledger-invalid"),
        },
    ),
    Damage(
        "the row of a bad answer is lost",
        REFUSED,
        refused_lost,
        {
            **{
                each: told
                for each, told in LOST.items()
                if each not in (calls.answers_stored, ledger.others_valid)
            },
            ledger.ledger_is: by_travelers("row-missing") + by_both("ledger-invalid"),
        },
    ),
    Damage(
        "the row of a bad answer does not say why",
        REFUSED,
        reason_forgotten,
        {
            ledger.conserved: by_travelers("row-no-reason"),
            ledger.ledger_is: by_travelers("row-no-reason"),
            stub_answers.losses_explained: by_travelers("loss-unexplained"),
        },
    ),
    Damage(
        "the rows of all kinds of bad answers give the same reason",
        SEVERAL_KINDS,
        reasons_alike,
        {answers.reasons_differ: by_travelers("reason-same")},
    ),
    Damage(
        "no event says why travelers are lost",
        LOSSES,
        loss_untold,
        {stub_answers.losses_explained: by_travelers("loss-unexplained")},
    ),
    Damage(
        "the summary does not tell who is lost",
        LOSSES,
        loss_not_summed,
        {
            stub_answers.missing_told: by_both("missing-untold"),
            summary.agrees_with_table: by_both("summary"),
        },
    ),
    Damage(
        "no answer was to be slow",
        slow(),
        no_rules,
        {slowness.costs_at_most: by_nobody("nothing-to-judge")},
    ),
]
