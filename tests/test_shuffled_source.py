"""A source table that holds its rows in no order, and what cannot be judged."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.fixtures.shuffled_source import disordering, require_disorder
from noetl_acceptance.noetl import outcome_tables


class Database:
    """Keeps what it was told; has rows that lie in some order."""

    def __init__(self, *lying: int, refusal: psycopg.Error | None = None) -> None:
        self.told: list[str] = []
        self.kind, self.body = "text", ""
        self._lying, self._refusal = lying, refusal

    def execute(self, query: str | sql.Composed, _values: Any = ()) -> Database:
        text = query if isinstance(query, str) else query.as_string()
        self.told.append(" ".join(text.split()[:2]))
        if text.startswith("CREATE FUNCTION"):
            self.body = text
        if self._refusal is not None and text.startswith("CREATE TRIGGER"):
            raise self._refusal
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        if self.told[-1] == "SELECT table_name,":
            return [(outcome_tables.SOURCE, "traveler_name", self.kind)]
        return [(traveler,) for traveler in self._lying]


def disorder(database: Any) -> None:
    with disordering(database, "traveler_name"):
        database.told.append("inside")


def test_a_trigger_is_there_while_the_travelers_are_seeded() -> None:
    disorder(database := Database())
    assert database.told[-4:] == ["CREATE FUNCTION", "CREATE TRIGGER", "inside", "DROP FUNCTION"]


@pytest.mark.parametrize(("kind", "renames"), [("text", True), ("jsonb", False)])
def test_names_are_changed_where_they_are_texts(kind: str, renames: bool) -> None:
    database = Database()
    database.kind = kind
    disorder(database)
    assert ('SET "traveler_name" = "traveler_name" ||' in database.body) is renames
    assert "{" not in database.body


def test_what_a_killed_run_has_left_is_removed_first() -> None:
    disorder(database := Database())
    assert database.told[:2] == ["SELECT table_name,", "DROP FUNCTION"]


@pytest.mark.parametrize(
    "refusal",
    [
        psycopg.errors.UndefinedTable("no such table"),
        psycopg.errors.InsufficientPrivilege("permission denied"),
        psycopg.errors.WrongObjectType("it is a view"),
    ],
    ids=lambda refusal: type(refusal).__name__,
)
def test_where_no_trigger_can_be_made_nothing_is_started(refusal: psycopg.Error) -> None:
    database = Database(refusal=refusal)
    with pytest.raises(NotJudgedError, match=f"cannot be disordered: {refusal}"):
        disorder(database)
    assert "inside" not in database.told
    assert database.told[-1] == "DROP FUNCTION"


def test_rows_out_of_order_are_judged() -> None:
    database: Any = Database(2, 4, 1, 3)
    require_disorder(database, "7")


@pytest.mark.parametrize("lying", [(), (1,), (1, 2, 3)])
def test_rows_in_order_all_the_same_are_not_judged(lying: tuple[int, ...]) -> None:
    database: Any = Database(*lying)
    with pytest.raises(NotJudgedError, match="in the order of their travelers all the same"):
        require_disorder(database, "7")
