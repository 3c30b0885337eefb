"""A trigger on the target table that is there while one execution goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.waiting import eventually

Connection = psycopg.Connection[Any]

Moment = Literal["BEFORE", "AFTER"]
"""When a trigger is called: before a row is inserted, or after."""

TABLE_SECONDS = 30.0
"""How long to wait, before ``time-scale``, for an execution to have made the target table."""

TABLE = sql.SQL("public.{}").format(sql.Identifier(outcomes.RESULTS))

# A sequence keeps its number where the statement that has called the trigger is rolled back.
_MAKE = (
    sql.SQL("CREATE SEQUENCE public.{name}"),
    sql.SQL("CREATE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql AS {body}"),
    sql.SQL(
        "CREATE TRIGGER {name} {moment} INSERT ON {table} FOR EACH ROW "
        "WHEN ({when}) EXECUTE FUNCTION public.{name}()"
    ),
)
_COUNTED = sql.SQL("SELECT is_called FROM public.{name}")
_REMOVE = (
    sql.SQL("DROP FUNCTION IF EXISTS public.{name} CASCADE"),
    sql.SQL("DROP SEQUENCE IF EXISTS public.{name}"),
)


def name_of(execution_id: str) -> sql.Identifier:
    """Return the name of an execution's trigger, its function and its counter."""
    return sql.Identifier(f"acceptance_loses_{execution_id}")


def counting(execution_id: str) -> sql.Composed:
    """Return the statement by which the function of an execution's trigger counts what it does."""
    return sql.SQL("PERFORM nextval({})").format(f"public.acceptance_loses_{execution_id}")


def rows_of(execution_id: str, travelers: Sequence[int], row: str = "") -> sql.Composed:
    """Return the condition that a row is one of some travelers of an execution.

    Args:
        execution_id: the execution's.
        travelers: their ids.
        row: what stands before a column's name, ``NEW.`` in a trigger.
    """
    return sql.SQL("{r}execution_id::text = {id} AND {r}traveler_id::text = ANY({ids})").format(
        r=sql.SQL(row), id=execution_id, ids=[str(traveler) for traveler in travelers]
    )


def wait_for_table(database: Connection, *, time_scale: float) -> None:
    """Wait until an execution has made the target table.

    Args:
        database: where it stores its rows, in autocommit mode.
        time_scale: multiplies the deadline.

    Raises:
        DeadlineError: no target table came to be.
    """
    eventually(
        lambda: outcomes.read_columns(database)[outcomes.RESULTS],
        {"execution_id", "traveler_id"}.issubset,
        seconds=TABLE_SECONDS * time_scale,
        what=f"a table {outcomes.RESULTS} with the columns execution_id and traveler_id",
        every=0.02,
    )


@dataclass
class Trigger:
    """What became of a trigger.

    Args:
        refused: why it cannot be made (the user may not, the table is a view); empty where it is.
        counted: whether its function has counted anything; known when it has gone.
    """

    refused: str = ""
    counted: bool = False


@contextmanager
def trigger(
    database: Connection,
    execution_id: str,
    moment: Moment,
    when: sql.Composed,
    body: sql.Composed,
) -> Iterator[Trigger]:
    """Have the target table call a function for inserted rows while inside.

    Args:
        database: where the execution stores its rows, in autocommit mode.
        execution_id: names the trigger.
        moment: before or after a row is inserted.
        when: for which rows.
        body: of its function, in PL/pgSQL.
    """
    name, made = name_of(execution_id), Trigger()
    try:
        try:
            for statement in _MAKE:
                database.execute(
                    statement.format(
                        name=name,
                        body=body.as_string(),
                        moment=sql.SQL(moment),
                        table=TABLE,
                        when=when,
                    )
                )
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType) as refusal:
            made.refused = f"no trigger can be made: {refusal.diag.message_primary or refusal}"
        yield made
        if not made.refused:
            found = database.execute(_COUNTED.format(name=name)).fetchone()
            made.counted = bool(found and found[0])
    finally:
        for statement in _REMOVE:
            database.execute(statement.format(name=name))
