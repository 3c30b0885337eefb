"""What an earlier execution left, dated back and renamed."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.fixtures.backdated_rows import AGES, age
from noetl_acceptance.model.pair_file import Names
from noetl_acceptance.noetl import outcome_tables


class Database:
    """Has the fixture's tables with one column each; keeps the changes."""

    def __init__(self, *types: str, refuses: bool = False) -> None:
        self.changes: list[str] = []
        self._types = types or ("text", "timestamp with time zone")
        self._refuses = refuses

    def execute(self, query: str | sql.Composed, _values: Any = ()) -> Database:
        text = query if isinstance(query, str) else query.as_string()
        if text.startswith("UPDATE"):
            if self._refuses:
                raise psycopg.errors.GeneratedAlways("can only be updated to DEFAULT")
            self.changes.append(text)
        return self

    def fetchall(self) -> list[tuple[str, str, str]]:
        tables = (outcome_tables.SOURCE, "who"), (outcome_tables.RESULTS, "at")
        return [(*place, kind) for place, kind in zip(tables, self._types, strict=True)]


NAMES = Names(source_name="who", stored_at="at")


def changed(names: Names) -> list[str]:
    database: Any = Database()
    age(database, "7", names, "2 days")
    return [change.split()[3] for change in database.changes]


def test_names_are_changed_under_the_pairs_own_name_and_every_time_is() -> None:
    assert changed(NAMES) == ['"who"', '"at"']
    assert changed(Names(source_name="who", stored_at=None)) == ['"who"', '"at"']


@pytest.mark.parametrize("by", AGES)
def test_only_one_execution_is_dated_back_and_as_far_as_asked_for(by: str) -> None:
    database: Any = Database()
    age(database, "7", NAMES, by)
    assert f"\"at\" - interval '{by}'" in database.changes[1]
    assert all(change.endswith("WHERE execution_id::text = '7'") for change in database.changes)


@pytest.mark.parametrize("other", [None, "not_there"])
def test_a_name_that_the_pair_does_not_have_stays(other: str | None) -> None:
    assert changed(Names(source_name=other)) == ['"at"']


def test_what_is_of_another_type_stays() -> None:
    database: Any = Database("jsonb", "text")
    age(database, "7", NAMES, "2 days")
    assert database.changes == []


def test_a_refused_change_is_not_judged() -> None:
    database: Any = Database(refuses=True)
    with pytest.raises(NotJudgedError, match=r"source\.who cannot be changed: can"):
        age(database, "7", NAMES, "2 days")
