"""A table that loses or changes rows: what is asked of the database, and what cannot be judged."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.fixtures.changed_rows import changing_rows
from noetl_acceptance.execution.fixtures.lost_rows import losing_rows
from noetl_acceptance.model.request import DropMode, RowChange, Workload
from noetl_acceptance.noetl import outcome_tables
from noetl_acceptance.support.polling import DeadlineError

TABLE = {"execution_id": "text", "traveler_id": "bigint", "stored on": "timestamp with time zone"}
SIZES = Workload(seed_rows=10, batch_size=3, max_batches=3)


class Database:
    """Answers as a database with the fixture's tables would; keeps what it was told."""

    def __init__(
        self,
        *,
        got_in: int = 0,
        may: bool = True,
        columns: dict[str, str] = TABLE,
        counted: bool = True,
    ) -> None:
        self.told: list[str] = []
        self.text = ""
        self._got_in, self._may, self._counted = got_in, may, counted
        self._columns = columns
        self._row: tuple[Any, ...] = ()
        self._rows: list[tuple[str, ...]] = []

    def execute(self, query: str | sql.Composed, _values: Any = ()) -> Database:
        text = query if isinstance(query, str) else query.as_string()
        self.told.append(" ".join(text.split()[:2]))
        self.text += f"{text}\n"
        if text.startswith("CREATE") and not self._may:
            raise psycopg.errors.InsufficientPrivilege("permission denied for schema public")
        self._row = (self._counted,) if "is_called" in text else (self._got_in,)
        named = self._columns.items()
        self._rows = [(outcome_tables.RESULTS, *each) for each in named]
        if "is_generated" in text:
            self._rows = [tuple(each) for each in named]
        return self

    def fetchall(self) -> list[tuple[str, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...]:
        return self._row

    @property
    def changes(self) -> list[str]:
        """What it was told but for questions."""
        return [each for each in self.told if not each.lstrip().startswith("SELECT")]


def within(
    database: Database, inside: AbstractContextManager[None], error: BaseException | None = None
) -> None:
    with inside:
        database.told.append("inside")
        if error is not None:
            raise error


def lose(database: Any, error: BaseException | None = None, how: DropMode = "loses") -> None:
    within(database, losing_rows(database, "7", (6, 12), how, time_scale=0.01), error)


def change(database: Any, kind: Any, *travelers: int, number: int = 0) -> None:
    changed = RowChange(kind=kind, travelers=travelers, number=number)
    within(database, changing_rows(database, "7", changed, SIZES, time_scale=0.01))


ALL = [
    *("CREATE SEQUENCE", "CREATE FUNCTION", "CREATE TRIGGER"),
    *("inside", "DROP FUNCTION", "DROP SEQUENCE"),
]


def test_a_trigger_is_there_while_the_execution_goes_on() -> None:
    lose(database := Database())
    assert database.changes == ALL


@pytest.mark.parametrize(("how", "raises"), [("loses", False), ("refuses", True)])
def test_who_stores_a_row_is_told_of_an_error_where_it_is_refused(
    how: DropMode, raises: bool
) -> None:
    lose(database := Database(), how=how)
    assert ("RAISE EXCEPTION" in database.text) is raises


def test_it_goes_as_well_when_the_execution_is_late() -> None:
    database = Database()
    with pytest.raises(DeadlineError):
        lose(database, DeadlineError("late"))
    assert database.changes == ALL


def test_rows_that_got_in_all_the_same_are_not_judged() -> None:
    with pytest.raises(NotJudgedError, match="2 rows meant to be lost got in, before"):
        lose(Database(got_in=2))


def test_where_no_trigger_may_be_made_the_execution_goes_on_and_is_not_judged() -> None:
    database = Database(got_in=2, may=False)
    with pytest.raises(NotJudgedError, match="no trigger can be made: permission denied"):
        lose(database)
    assert "inside" in database.told


def test_a_table_that_does_not_come_to_be_is_told() -> None:
    with pytest.raises(DeadlineError, match="a table traveler_batch_results with the columns"):
        lose(Database(columns={"traveler_id": "bigint"}))


def test_stored_rows_go_when_one_of_a_later_batch_comes_in() -> None:
    change(database := Database(), "removed", 1, 5)
    assert database.changes == ALL
    assert "AFTER INSERT" in database.text
    assert "NEW.traveler_id::bigint > 6" in database.text  # batch 2 ends with traveler 6
    assert "DELETE FROM public" in database.text


def test_rows_are_dated_back_once_in_whatever_column_has_a_time() -> None:
    change(database := Database(got_in=2), "dated back", 1, 3)
    assert '"stored on" = "stored on" - make_interval(days => 400)' in database.text
    assert '"stored on" > now() - make_interval(days => 400 / 2)' in database.text


def test_a_row_is_given_another_number_when_it_comes_in() -> None:
    change(database := Database(), "renumbered", 4, number=10)
    assert "BEFORE INSERT" in database.text
    assert "NEW.traveler_id := 10" in database.text
    assert 'SELECT NEW."execution_id", NEW."traveler_id", NEW."stored on"' in database.text


@pytest.mark.parametrize(
    ("database", "kind", "why"),
    [
        (Database(counted=False), "removed", "no row was removed as it was to be: they came"),
        (Database(may=False), "removed", "no trigger can be made: permission denied"),
        (Database(got_in=1), "removed", "1 row meant to be lost got in"),
        (Database(columns=dict(list(TABLE.items())[:2])), "dated back", "keeps no time"),
        (Database(got_in=1), "renumbered", "1 row meant to be lost got in"),
    ],
)
def test_what_did_not_happen_is_not_judged_and_the_execution_goes_on(
    database: Database, kind: str, why: str
) -> None:
    with pytest.raises(NotJudgedError, match=why):
        change(database, kind, 1, 3)
    assert "inside" in database.told
