"""What an earlier execution left, dated back and renamed."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.earlier import age
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.noetl.pair import Names


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
        tables = (outcomes.SOURCE, "who"), (outcomes.RESULTS, "at")
        return [(*place, kind) for place, kind in zip(tables, self._types, strict=True)]


NAMES = Names(source_name="who", stored_at="at")


def changed(names: Names) -> list[str]:
    database: Any = Database()
    age(database, "7", names)
    return [change.split()[1] for change in database.changes]


def test_names_and_times_are_changed_under_the_pairs_own_names() -> None:
    assert changed(NAMES) == [f'public."{table}"' for table in (outcomes.SOURCE, outcomes.RESULTS)]


def test_only_one_execution_is_changed() -> None:
    database: Any = Database()
    age(database, "7", NAMES)
    assert all(change.endswith("WHERE execution_id::text = '7'") for change in database.changes)


@pytest.mark.parametrize("other", [None, "not_there"])
def test_what_the_pair_does_not_have_stays(other: str | None) -> None:
    assert changed(Names(source_name=other, stored_at=other)) == []


def test_what_is_of_another_type_stays() -> None:
    database: Any = Database("jsonb", "text")
    age(database, "7", NAMES)
    assert database.changes == []


def test_a_refused_change_is_not_judged() -> None:
    database: Any = Database(refuses=True)
    with pytest.raises(NotJudgedError, match=r"source\.who cannot be changed: can"):
        age(database, "7", NAMES)
