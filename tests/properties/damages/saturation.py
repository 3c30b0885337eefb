"""More executions at once than there are workers, of which one is not whole or does not end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import saturation
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.record import ExecutionRecord
from tests.properties.cases import Case, Damage, Draw, Hit, by_both, by_nobody, by_travelers
from tests.properties.strategies import runs


@st.composite
def saturated(draw: Draw) -> Case:
    """Draw records of executions side by side, more than there are workers, all of them whole."""
    count = draw(st.integers(2, 4))
    records = [draw(runs()).subject.model_copy(update={"workers": 1}) for _ in range(count)]
    return Case(records, {saturation.all_end_whole: ()})


def spoil(
    change: Callable[[ExecutionRecord], dict[str, Any]],
) -> Callable[[Draw, Case], Hit]:
    def harm(draw: Draw, case: Case) -> Hit:
        records = list(case.subject)
        at = draw(st.integers(0, len(records) - 1))
        records[at] = records[at].model_copy(update=change(records[at]))
        return Hit(Case(records, case.held), travelers=(1,), batches=(1,))

    return harm


def lose_the_first(record: ExecutionRecord) -> dict[str, Any]:
    kept = tuple(row for row in record.outcome.stored if row.traveler_id != 1)
    return {"outcome": record.outcome.model_copy(update={"stored": kept})}


def never_end(record: ExecutionRecord) -> dict[str, Any]:
    """Have the last worker execution wait for a worker, and the parent's worker for it."""
    held = [e for e in record.events if e.node_name == "run_batches"][-1].command_id
    kept = [
        e
        for e in record.events
        if e.command_id != held or e.event_type in ("command.issued", "command.claimed")
    ]
    return {"end": UNENDED, "events": tuple(kept)}


DAMAGES = [
    Damage(
        "one of several executions does not end",
        saturated(),
        spoil(never_end),
        {saturation.all_end_whole: by_nobody("not-ended")},
    ),
    Damage(
        "one of several executions fails",
        saturated(),
        spoil(lambda _: {"end": "playbook.failed"}),
        {saturation.all_end_whole: by_nobody("not-completed")},
    ),
    Damage(
        "one of several executions loses a traveler",
        saturated(),
        spoil(lose_the_first),
        {
            saturation.all_end_whole: (
                *by_travelers("row-missing"),
                *by_both("summary", "summary"),
            )
        },
    ),
]
