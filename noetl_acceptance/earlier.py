"""Has what an execution left look as if it were of another day and of other people."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.noetl.pair import Names

Connection = psycopg.Connection[Any]

_RENAME = sql.SQL(
    "UPDATE public.{table} SET {column} = 'Nobody ' || traveler_id WHERE execution_id::text = {id}"
)
_AGE = sql.SQL(
    "UPDATE public.{table} SET {column} = {column} - interval '2 days' "
    "WHERE execution_id::text = {id}"
)


def age(database: Connection, execution_id: str, names: Names) -> None:
    """Date an execution's rows back by two days, and give its seeded travelers other names.

    What the pair has no name for, no column, or one of another type stays as it is.

    Args:
        database: where it stored its rows, in autocommit mode.
        execution_id: an execution that is over and looked at no more.
        names: the pair's.

    Raises:
        NotJudgedError: the database refuses a change.
    """
    columns = outcomes.read_columns(database)
    changes = (
        (outcomes.SOURCE, names.source_name, ("text", "character"), _RENAME),
        (outcomes.RESULTS, names.stored_at, ("timestamp", "date"), _AGE),
    )
    for table, column, types, change in changes:
        if column is None or not columns[table].get(column, "").startswith(types):
            continue
        try:
            database.execute(
                change.format(
                    table=sql.Identifier(table), column=sql.Identifier(column), id=execution_id
                )
            )
        except psycopg.Error as refusal:
            raise NotJudgedError(f"{table}.{column} cannot be changed: {refusal}") from refusal
