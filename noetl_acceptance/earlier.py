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
    "UPDATE public.{table} SET {name} = 'Nobody ' || traveler_id WHERE execution_id::text = {id}"
)
_AGE = sql.SQL(
    "UPDATE public.{table} SET {at} = {at} - interval '2 days' WHERE execution_id::text = {id}"
)


def age(database: Connection, execution_id: str, names: Names) -> None:
    """Date an execution's rows back by two days, and give its seeded travelers other names.

    What the pair has no name for, or no column, stays as it is.

    Args:
        database: where it stored its rows, in autocommit mode.
        execution_id: an execution that is over and looked at no more.
        names: the pair's.

    Raises:
        NotJudgedError: the database refuses a change.
    """
    columns = outcomes.read_columns(database)
    changes = (
        (outcomes.SOURCE, names.source_name, _RENAME),
        (outcomes.RESULTS, names.stored_at, _AGE),
    )
    for table, column, change in changes:
        if column not in columns[table]:
            continue
        place = sql.Identifier(table), sql.Identifier(column)
        try:
            database.execute(
                change.format(table=place[0], name=place[1], at=place[1], id=execution_id)
            )
        except psycopg.Error as refusal:
            raise NotJudgedError(f"{table}.{column} cannot be changed: {refusal}") from refusal
