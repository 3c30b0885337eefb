"""Has what an execution left look as if it were of another day and of other people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.noetl.pair import Names

Connection = psycopg.Connection[Any]

AGES = ("1 day", "1 week", "1 month", "1 year", "10 years")
"""What a clean-up by age is likely to be about, each as an interval of Postgres."""

_RENAME = sql.SQL("'Nobody ' || traveler_id")
_UPDATE = sql.SQL("UPDATE public.{table} SET {column} = {value} WHERE execution_id::text = {id}")


def age(database: Connection, execution_id: str, names: Names, by: str) -> None:
    """Date an execution's rows back, and give its seeded travelers other names.

    Every date and timestamp of the fixture's two tables is dated back. A column that the pair has
    no name for, or that is of another type, stays as it is.

    Args:
        database: where it stored its rows, in autocommit mode.
        execution_id: an execution that is over and looked at no more.
        names: the pair's.
        by: how far back, an interval of Postgres.

    Raises:
        NotJudgedError: the database refuses a change.
    """
    for table, columns in outcomes.read_columns(database).items():
        for column, value in _changes(table, columns, names, by):
            query = _UPDATE.format(
                table=sql.Identifier(table),
                column=sql.Identifier(column),
                value=value,
                id=execution_id,
            )
            try:
                database.execute(query)
            except psycopg.Error as refusal:
                raise NotJudgedError(f"{table}.{column} cannot be changed: {refusal}") from refusal


def _changes(
    table: str, columns: dict[str, str], names: Names, by: str
) -> Iterator[tuple[str, sql.Composable]]:
    """Yield the columns to change, each with its new value."""
    for column, kind in columns.items():
        if kind.startswith(("timestamp", "date")):
            back = sql.SQL("{} - interval {}").format(sql.Identifier(column), sql.Literal(by))
            yield column, back
        elif (table, column) == (outcomes.SOURCE, names.source_name) and kind.startswith(
            ("text", "character")
        ):
            yield column, _RENAME
