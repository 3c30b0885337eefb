"""Has the target table lose rows on their way in: it skips them unseen, or refuses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg import sql

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.order import Losing
from noetl_acceptance.target_trigger import TABLE, Connection, rows_of, trigger, wait_for_table
from noetl_acceptance.wording import counted

_BODIES: dict[Losing, sql.SQL] = {
    "loses": sql.SQL("BEGIN RETURN NULL; END"),
    "refuses": sql.SQL(
        "BEGIN RAISE EXCEPTION 'the table takes no row of traveler %', NEW.traveler_id; END"
    ),
}


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
    wait_for_table(database, time_scale=time_scale)
    when = rows_of(execution_id, travelers, "NEW.")
    with trigger(database, execution_id, "BEFORE", when, _BODIES[how].format()) as made:
        # Where there is none the execution goes on all the same, so as not to be in the way of the
        # next one.
        yield
    require_lost(database, execution_id, travelers, made.refused)


def require_lost(
    database: Connection, execution_id: str, travelers: Sequence[int], refused: str
) -> None:
    """Make sure that an execution has no rows of some travelers.

    Args:
        database: where it stored its rows.
        execution_id: the execution's.
        travelers: their ids.
        refused: why no trigger could be made that loses them; empty where one was.

    Raises:
        NotJudgedError: it has.
    """
    query = sql.SQL("SELECT count(*) FROM {} WHERE {}")
    found = database.execute(query.format(TABLE, rows_of(execution_id, travelers))).fetchone()
    if found and found[0]:
        why = f"as {refused}" if refused else "before the table lost any, or not by an insertion"
        raise NotJudgedError(f"{counted(found[0], 'row')} meant to be lost got in, {why}")
