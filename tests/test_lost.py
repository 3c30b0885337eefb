"""A good answer came and no row: whose it is, NoETL's and the pair's, or the pair's alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from noetl_acceptance.evidence.ledger_difference import ledger_difference, lines, whole
from noetl_acceptance.evidence.lost import responsible
from noetl_acceptance.model.record import Event, ExecutionRecord, Stores
from noetl_acceptance.noetl.statement_counts import count_stores, since
from tests.runs import healthy_run
from tests.test_checks import with_stored
from tests.test_recorded import recorded

BOTH = (
    "NoETL or the pair: a good answer came, step store_results of batch 1 was carried out and "
    "completed, and no row came (travelers 50)"
)


def losing(**fields: Any) -> ExecutionRecord:
    """Return the recorded run whose batch 1 has lost its last row, with other fields."""
    return recorded("drops-one-row").model_copy(update=fields)


def test_both_are_named_where_the_database_says_nothing() -> None:
    run = losing()
    assert responsible(run, run.missing_ids) == [BOTH]
    assert lines(ledger_difference(run))[-1] == BOTH
    assert BOTH in whole(ledger_difference(run))


@pytest.mark.parametrize(
    ("stores", "told"),
    [
        (Stores(statements=4, rows=0), f"the pair{BOTH.removeprefix('NoETL or the pair')}"),
        (Stores(statements=4, rows=199), BOTH),
        (Stores(statements=3, rows=0), BOTH),
        (Stores(statements=0, rows=0), BOTH),
    ],
)
def test_the_pair_alone_is_named_only_where_its_statements_came_and_stored_nothing(
    stores: Stores, told: str
) -> None:
    statements = f"{stores.statements} storing statements, with {stores.rows} rows"
    run = losing(stores=stores)
    assert responsible(run, run.missing_ids) == [f"{told}; the database carried out {statements}"]


def storing(event: Event) -> bool:
    return (event.node_name or "") == "store_results"


def test_nobody_is_named_where_the_step_failed_or_did_not_run_or_no_good_answer_came() -> None:
    run = losing()
    failed = [
        event.model_copy(update={"event_type": "call.error"})
        if storing(event) and event.event_type == "call.done"
        else event
        for event in run.events
    ]
    never = [event for event in run.events if not storing(event)]
    for events in (failed, never):
        assert responsible(run.model_copy(update={"events": tuple(events)}), (50,)) == []
    bad = [
        call.model_copy(update={"answer": "malformed"}) if call.traveler_id == 50 else call
        for call in run.outcome.calls
    ]
    outcome = run.outcome.model_copy(update={"calls": tuple(bad)})
    assert responsible(run.model_copy(update={"outcome": outcome}), (50,)) == []


def test_of_a_healthy_run_nobody_is_named() -> None:
    assert ledger_difference(recorded("healthy")).lost_by == ()


def test_nobody_is_named_where_no_step_is_known_to_store() -> None:
    assert responsible(healthy_run(), (1,)) == []
    first, *others = healthy_run().outcome.stored
    assert ledger_difference(with_stored(healthy_run(), others)).lost_by == (), first


class Counts:
    """A database that counts statements, or does not."""

    def __init__(self, *rows: tuple[Any, ...] | Exception | None) -> None:
        self._rows = list(rows)

    def execute(self, *_: Any) -> Counts:
        if isinstance(self._rows[0], Exception):
            raise self._rows[0]
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0)


def counted(*rows: Any) -> Stores | None:
    counts: Any = Counts(*rows)
    outcome: Any = SimpleNamespace(info=SimpleNamespace(dbname="noetl"))
    return count_stores(counts, outcome)


def test_a_database_that_does_not_count_says_nothing() -> None:
    assert counted(None) is None
    assert counted(("s",), psycopg.errors.ObjectNotInPrerequisiteState("not preloaded")) is None
    assert counted(("s",), psycopg.errors.InsufficientPrivilege("no")) is None


def test_what_was_counted_meanwhile_is_the_difference() -> None:
    before, now = counted(("s",), (7, 350)), counted(("s",), (11, 549))
    assert since(before, now) == Stores(statements=4, rows=199)
    assert since(None, now) is None
    assert since(before, None) is None
