"""A table that loses rows: what is asked of the database, and what cannot be judged."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.order import Losing
from noetl_acceptance.row_loss import losing_rows
from noetl_acceptance.waiting import DeadlineError


class Database:
    """Answers as a database with the fixture's tables would; keeps what it was told."""

    def __init__(self, *, got_in: int = 0, may: bool = True, columns: str = "") -> None:
        self.told: list[str] = []
        self.raises = False
        self._got_in, self._may = got_in, may
        self._columns = (columns or "execution_id traveler_id").split()

    def execute(self, query: str | sql.Composed, _values: Any = ()) -> Database:
        text = query if isinstance(query, str) else query.as_string()
        self.told.append(" ".join(text.split()[:2]))
        self.raises = self.raises or "RAISE EXCEPTION" in text
        if text.startswith("CREATE") and not self._may:
            raise psycopg.errors.InsufficientPrivilege("permission denied for schema public")
        return self

    def fetchall(self) -> list[tuple[str, str, str]]:
        return [(outcomes.RESULTS, column, "bigint") for column in self._columns]

    def fetchone(self) -> tuple[int]:
        return (self._got_in,)


def lose(database: Database, inside: BaseException | None = None, how: Losing = "loses") -> None:
    connection: Any = database
    with losing_rows(connection, "7", (6, 12), how, time_scale=0.01):
        database.told.append("inside")
        if inside is not None:
            raise inside


ALL = ["CREATE FUNCTION", "CREATE TRIGGER", "inside", "DROP FUNCTION"]


def test_a_trigger_is_there_while_the_execution_goes_on() -> None:
    lose(database := Database())
    assert [each for each in database.told if not each.startswith("SELECT")] == ALL


@pytest.mark.parametrize(("how", "raises"), [("loses", False), ("refuses", True)])
def test_who_stores_a_row_is_told_of_an_error_where_it_is_refused(
    how: Losing, raises: bool
) -> None:
    lose(database := Database(), how=how)
    assert database.raises is raises


def test_it_goes_as_well_when_the_execution_is_late() -> None:
    database = Database()
    with pytest.raises(DeadlineError):
        lose(database, DeadlineError("late"))
    assert database.told[-1] == "DROP FUNCTION"


def test_rows_that_got_in_all_the_same_are_not_judged() -> None:
    with pytest.raises(NotJudgedError, match="2 rows that were to be lost got in, before"):
        lose(Database(got_in=2))


def test_where_no_trigger_may_be_made_the_execution_goes_on_and_is_not_judged() -> None:
    database = Database(got_in=2, may=False)
    with pytest.raises(NotJudgedError, match="no trigger can be made: permission denied"):
        lose(database)
    assert "inside" in database.told


def test_a_table_that_does_not_come_to_be_is_told() -> None:
    with pytest.raises(DeadlineError, match="a table traveler_batch_results with the columns"):
        lose(Database(columns="traveler_id"))
