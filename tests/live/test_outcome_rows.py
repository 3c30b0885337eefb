"""How the rows of an execution are read again and again, on a real Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from noetl_acceptance.noetl import outcome_rows, outcome_tables
from noetl_acceptance.noetl.outcome_rows import RowReader
from tests.runs import PAIR

TABLES = """
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public;
    CREATE TABLE traveler_batch_source (execution_id text, traveler_id integer, traveler_name text);
    CREATE TABLE traveler_batch_results (
        execution_id text, traveler_id integer, is_valid boolean, profile_payload jsonb,
        processed_at timestamptz DEFAULT now(), times_processed integer DEFAULT 1)
"""
ADD = """
    INSERT INTO traveler_batch_results (execution_id, traveler_id, is_valid, profile_payload)
    VALUES (%s, %s, true, '{"args": {"name": "Ann"}}')
"""


class Tables:
    """The two tables, and how often a row was parsed."""

    def __init__(self, conninfo: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.connection: psycopg.Connection[Any] = psycopg.connect(conninfo, autocommit=True)
        self.connection.execute(TABLES)
        self.fetched: list[int] = []
        parse = outcome_rows._stored_row

        def counting(row: dict[str, Any]) -> Any:
            self.fetched.append(row["traveler_id"])
            return parse(row)

        monkeypatch.setattr(outcome_rows, "_stored_row", counting)

    def reader(self) -> RowReader:
        return RowReader(self.connection, "1000", PAIR.names)

    def add(self, *travelers: int, execution: str = "1000") -> None:
        for each in travelers:
            self.connection.execute(ADD, (execution, each))


@pytest.fixture
def tables(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    made = Tables(database, monkeypatch)
    yield made
    made.connection.close()


def test_a_row_that_has_not_changed_is_fetched_once(tables: Tables) -> None:
    reader = tables.reader()
    tables.add(2, 1)
    assert [row.traveler_id for row in reader.read().stored] == [1, 2]
    tables.add(3)
    tables.add(1, execution="another")
    rows = reader.read()
    assert [row.traveler_id for row in rows.stored] == [1, 2, 3]
    assert sorted(tables.fetched) == [1, 2, 3]
    assert rows == tables.reader().read()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE traveler_batch_results SET is_valid = false WHERE traveler_id = 2",
        "UPDATE traveler_batch_results SET processed_at = '2025-01-01' WHERE traveler_id = 2",
        "UPDATE traveler_batch_results SET traveler_id = 7 WHERE traveler_id = 2",
        "UPDATE traveler_batch_results SET traveler_id = NULL WHERE traveler_id = 2",
        "DELETE FROM traveler_batch_results WHERE traveler_id = 2",
        "INSERT INTO traveler_batch_results SELECT * FROM traveler_batch_results",
        "ALTER TABLE traveler_batch_results DROP COLUMN is_valid",
        "ALTER TABLE traveler_batch_results ALTER COLUMN is_valid TYPE text USING 't'",
        "ALTER TABLE traveler_batch_results RENAME COLUMN is_valid TO was_valid",
        "UPDATE traveler_batch_source SET traveler_name = 'Bob'",
        "DROP TABLE traveler_batch_results",
        "TRUNCATE traveler_batch_results",
    ],
)
def test_what_changed_between_two_readings_is_read_as_it_stands(
    tables: Tables, change: str
) -> None:
    tables.connection.execute("INSERT INTO traveler_batch_source VALUES ('1000', 1, 'Ann')")
    tables.add(1, 2, 3)
    reader = tables.reader()
    before = reader.read()
    tables.connection.execute(change)
    rows = reader.read()
    assert rows != before
    assert rows == tables.reader().read()


def test_a_row_that_only_was_written_again_is_the_same(tables: Tables) -> None:
    tables.add(1, 2, 3)
    reader = tables.reader()
    before = reader.read()
    tables.connection.execute("UPDATE traveler_batch_results SET is_valid = true")
    tables.connection.execute("VACUUM FULL traveler_batch_results")
    assert reader.read() == before
    assert len(tables.fetched) == 3


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ("SELECT 1", (3, 2)),
        ("INSERT INTO traveler_batch_results SELECT * FROM traveler_batch_results", (6, 2)),
        ("ALTER TABLE traveler_batch_results ALTER execution_id TYPE integer USING 1000", (3, 2)),
        ("ALTER TABLE traveler_batch_results ALTER is_valid TYPE text USING 'valid'", (3, None)),
        ("ALTER TABLE traveler_batch_results DROP traveler_id", (3, None)),
        ("ALTER TABLE traveler_batch_results DROP execution_id", (0, None)),
        ("DROP TABLE traveler_batch_results", (0, 0)),
    ],
)
def test_rows_are_counted_as_far_as_the_table_tells_them(
    tables: Tables, change: str, counts: tuple[int, int | None]
) -> None:
    tables.add(1, 2, 3)
    tables.connection.execute(
        "UPDATE traveler_batch_results SET is_valid = false WHERE traveler_id = 3"
    )
    tables.connection.execute(change)
    place = tables.connection, "1000"
    assert (outcome_tables.count_stored(*place), outcome_tables.count_valid(*place)) == counts


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE traveler_batch_results ALTER execution_id TYPE integer USING 1000",
        "ALTER TABLE traveler_batch_results ALTER is_valid TYPE text USING 'valid'",
        "ALTER TABLE traveler_batch_results ALTER processed_at TYPE date",
        "UPDATE traveler_batch_results SET processed_at = 'infinity'",
        "UPDATE traveler_batch_results SET processed_at = '-infinity'",
    ],
)
def test_a_table_of_another_shape_is_read_as_far_as_it_can_be(tables: Tables, change: str) -> None:
    tables.add(1, 2)
    tables.connection.execute(change)
    assert [row.traveler_id for row in tables.reader().read().stored] == [1, 2]


def test_an_id_that_a_column_cannot_hold_has_no_rows(tables: Tables) -> None:
    kind = "ALTER TABLE traveler_batch_results ALTER execution_id TYPE uuid USING gen_random_uuid()"
    tables.add(1)
    tables.connection.execute(kind)
    assert tables.reader().read().stored == ()
    assert outcome_tables.count_stored(tables.connection, "1000") == 0
