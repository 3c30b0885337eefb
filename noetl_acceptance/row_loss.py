"""Has the target table lose rows on their way in: it skips them unseen, or refuses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.order import Losing
from noetl_acceptance.waiting import eventually

Connection = psycopg.Connection[Any]

TABLE_SECONDS = 30.0
"""How long to wait, before ``time-scale``, for an execution to have made the target table."""

_BODIES: dict[Losing, str] = {
    "loses": "BEGIN RETURN NULL; END",
    "refuses": "BEGIN RAISE EXCEPTION 'the table takes no row of traveler %', NEW.traveler_id; END",
}
_FUNCTION = sql.SQL("CREATE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql AS {body}")
_TRIGGER = sql.SQL(
    "CREATE TRIGGER {name} BEFORE INSERT ON public.{table} FOR EACH ROW "
    "WHEN (NEW.execution_id::text = {execution} AND NEW.traveler_id::text = ANY({travelers})) "
    "EXECUTE FUNCTION public.{name}()"
)
_REMOVE = sql.SQL("DROP FUNCTION IF EXISTS public.{name} CASCADE")


@contextmanager
def losing_rows(
    database: Connection,
    execution_id: str,
    travelers: Sequence[int],
    how: Losing = "loses",
    *,
    time_scale: float,
) -> Iterator[None]:
    """Let the target table lose the rows of some travelers of one execution while inside.

    A trigger does so, from the moment at which there is a table, and goes in the end.

    Args:
        database: where the execution stores its rows, in autocommit mode.
        execution_id: whose rows; none of another execution is touched.
        travelers: their ids.
        how: what the trigger does with their rows.
        time_scale: multiplies the deadline.

    Raises:
        DeadlineError: no target table came to be.
        NotJudgedError: rows of these travelers got in all the same, as no trigger can be made (the
            user may not, the table is a view), before there was one, or not by an insertion.
    """
    name = sql.Identifier(f"acceptance_loses_{execution_id}")
    eventually(
        lambda: outcomes.read_columns(database)[outcomes.RESULTS],
        {"execution_id", "traveler_id"}.issubset,
        seconds=TABLE_SECONDS * time_scale,
        what=f"a table {outcomes.RESULTS} with the columns execution_id and traveler_id",
        every=0.02,
    )
    why = "before the table lost any, or not by an insertion"
    try:
        try:
            database.execute(_FUNCTION.format(name=name, body=_BODIES[how]))
            database.execute(
                _TRIGGER.format(
                    name=name,
                    table=sql.Identifier(outcomes.RESULTS),
                    execution=execution_id,
                    travelers=[str(traveler) for traveler in travelers],
                )
            )
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType) as refusal:
            # The execution goes on all the same, so as not to be in the way of the next one.
            why = f"as no trigger can be made: {refusal.diag.message_primary or refusal}"
        yield
    finally:
        database.execute(_REMOVE.format(name=name))
    found = database.execute(
        "SELECT count(*) FROM public.traveler_batch_results "
        "WHERE execution_id::text = %s AND traveler_id::text = ANY(%s)",
        (execution_id, [str(traveler) for traveler in travelers]),
    ).fetchone()
    if found and found[0]:
        raise NotJudgedError(f"{found[0]} rows that were to be lost got in, {why}")
