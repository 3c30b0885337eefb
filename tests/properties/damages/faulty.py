"""An execution that met a fault and does not end, doubles, loses in silence or goes on too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import faulty
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.generations.recovery import SOON
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.fault import FaultInterval
from noetl_acceptance.model.record import ExecutionRecord, StatusSample
from tests.properties.cases import Case, Damage, Draw, Hit, by_both, by_nobody, by_travelers
from tests.properties.damages.rows import some_travelers
from tests.properties.strategies import runs
from tests.runs import call_of


@st.composite
def met(draw: Draw) -> Case:
    """Draw a record of an execution that a killed worker cost nothing."""
    whole: ExecutionRecord = draw(runs(times="exact")).subject
    healed = whole.ended_at - draw(st.floats(0, 100))
    interval = FaultInterval(
        service="worker-1",
        action="killed",
        began=healed - 3,
        proof="worker-1 was ended by SIGKILL",
        healed=healed,
        healing="worker-1 was started again, and answers",
    )
    last = StatusSample(at=whole.ended_at, completed=True, failed=False, current_step="end")
    record = whole.model_copy(update={"faults": (interval,), "statuses": (last,)})
    held: dict[Check, tuple[Any, ...]] = {
        faulty.nothing_doubled: (),
        faulty.ended_in_time: (),
        faulty.loss_told: (),
        faulty.no_ghosts: (record.outcome,),
    }
    return Case(record, held)


ending = met().map(lambda case: Case(case.subject, {faulty.ended_in_time: ()}))
"""One of which only the end is judged: what has not ended tells nothing else."""

renewed = runs().map(lambda case: Case([case.subject], {faulty.new_execution_whole: ("",)}))
"""A new execution that is whole."""


def with_fields(change: Callable[[ExecutionRecord], dict[str, Any]]) -> Callable[..., Hit]:
    """Return the damage of some of a record's fields; what it left later stays as it was."""

    def harm(_: Draw, case: Case) -> Hit:
        return Hit(Case(case.subject.model_copy(update=change(case.subject)), case.held))

    return harm


def waited_out(record: ExecutionRecord) -> dict[str, Any]:
    """Return the fields of one that was given up when its silence had proven that it hangs."""
    healed = max(each.healed or 0.0 for each in record.faults)
    return {"end": UNENDED, "statuses": (), "ended_at": max(record.ended_at, healed + SOON + 1)}


def call_again(draw: Draw, case: Case) -> Hit:
    hit = some_travelers(draw, case)
    record = case.subject
    at = record.ended_at - 0.01
    more = [call_of(900 + number, traveler, at, at) for number, traveler in enumerate(hit)]
    outcome = record.outcome.model_copy(update={"calls": (*record.outcome.calls, *more)})
    changed = Case(record.model_copy(update={"outcome": outcome}), case.held)
    return Hit(changed.holding(faulty.no_ghosts, outcome), hit)


def store_later(draw: Draw, case: Case) -> Hit:
    """Have rows come after the end that were not there before."""
    hit = some_travelers(draw, case)
    record = case.subject
    left = tuple(row for row in record.outcome.stored if row.traveler_id not in hit)
    outcome = record.outcome.model_copy(update={"stored": left})
    return Hit(Case(record.model_copy(update={"outcome": outcome}), case.held), hit)


def renewed_otherwise(**fields: Any) -> Callable[..., Hit]:
    def harm(_: Draw, case: Case) -> Hit:
        (record,) = case.subject
        return Hit(Case([record.model_copy(update=fields)], case.held))

    return harm


DAMAGES = [
    Damage(
        "calls are made again that no command explains",
        met(),
        call_again,
        {faulty.nothing_doubled: by_travelers("call-repeated")},
    ),
    Damage(
        "an execution that met a fault does not end",
        ending,
        with_fields(waited_out),
        {faulty.ended_in_time: by_nobody("not-ended")},
    ),
    Damage(
        "the status does not tell the end",
        met(),
        with_fields(lambda _: {"statuses": ()}),
        {faulty.ended_in_time: by_nobody("status-not-ended")},
    ),
    Damage(
        "an execution that met a fault fails without a reason",
        met(),
        with_fields(lambda _: {"end": "command.failed"}),
        {faulty.loss_told: by_nobody("failed-without-reason")},
    ),
    Damage(
        "rows come after the end",
        met(),
        store_later,
        {
            faulty.no_ghosts: by_travelers("row-after-end"),
            faulty.loss_told: by_both("summary", "summary"),
        },
    ),
    Damage(
        "a new execution after a fault does not end",
        renewed,
        renewed_otherwise(end=UNENDED),
        {faulty.new_execution_whole: by_nobody("new-not-ended")},
    ),
    Damage(
        "a new execution after a fault fails",
        renewed,
        renewed_otherwise(end="playbook.failed"),
        {faulty.new_execution_whole: by_nobody("new-not-completed")},
    ),
]
