"""Has the target table change an execution's rows behind the back of who stores them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.order import BACKDATED_DAYS, RowChange, Workload
from noetl_acceptance.row_loss import require_lost
from noetl_acceptance.target_trigger import (
    TABLE,
    Connection,
    Moment,
    counting,
    rows_of,
    trigger,
    wait_for_table,
)

_BODY = sql.SQL("BEGIN {change}; IF FOUND THEN {count}; END IF; RETURN NULL; END")
_REMOVES = sql.SQL("DELETE FROM {table} WHERE {rows}")
_BACKDATES = sql.SQL("UPDATE {table} SET {older} WHERE {rows} AND ({recent})")
_RENUMBERS = sql.SQL(
    "NEW.traveler_id := {number}; "
    "INSERT INTO {table} ({columns}) SELECT {values} ON CONFLICT DO NOTHING"
)
# What an insertion may give a value, and an update another one.
_WRITABLE = """
    SELECT column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s
      AND is_generated = 'NEVER' AND identity_generation IS DISTINCT FROM 'ALWAYS'
    ORDER BY ordinal_position
"""


@contextmanager
def changing_rows(
    database: Connection,
    execution_id: str,
    change: RowChange,
    workload: Workload,
    *,
    time_scale: float,
) -> Iterator[None]:
    """Let the target table change rows of one execution while inside.

    A trigger does so, from the moment at which there is a table, and goes in the end. Stored rows
    are removed or dated back when a row of a later batch comes in; a row is given the number of
    another traveler when it comes in itself.

    Args:
        database: where the execution stores its rows, in autocommit mode.
        execution_id: whose rows; none of another execution is touched.
        change: what is done to whose rows.
        workload: the execution's sizes, which say what a later batch is.
        time_scale: multiplies the deadline.

    Raises:
        DeadlineError: no target table came to be.
        NotJudgedError: no row was changed, as no trigger can be made (the user may not, the table
            is a view) or the table has no column for a time, or as none came in by an insertion.
    """
    wait_for_table(database, time_scale=time_scale)
    columns = _writable(database)
    times = [name for name, kind in columns.items() if kind.startswith(("timestamp", "date"))]
    if change.kind == "dated back" and not times:
        yield  # the execution goes on all the same, so as not to be in the way of the next one
        raise NotJudgedError("the target table keeps no time that could be changed")
    if change.kind == "renumbered":
        when = rows_of(execution_id, change.travelers, "NEW.")
    else:
        last = workload.window(max(map(workload.batch_of, change.travelers)))[-1]
        when = sql.SQL("NEW.execution_id::text = {} AND NEW.traveler_id::bigint > {}").format(
            execution_id, last
        )
    statement = _statement(execution_id, change, columns, times)
    body = _BODY.format(change=statement, count=counting(execution_id))
    moment: Moment = "BEFORE" if change.kind == "renumbered" else "AFTER"
    with trigger(database, execution_id, moment, when, body) as made:
        yield
    if not made.counted:
        why = made.refused or "they came before there was a trigger, or not by an insertion"
        raise NotJudgedError(f"no row was {change.kind} as it was to be: {why}")
    if change.kind != "dated back":
        require_lost(database, execution_id, change.travelers, made.refused)


def _writable(database: Connection) -> dict[str, str]:
    """Return the columns of the target table that take a value, with their types."""
    rows = database.execute(_WRITABLE, (outcomes.RESULTS,)).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def _statement(
    execution_id: str, change: RowChange, columns: dict[str, str], times: list[str]
) -> sql.Composed:
    rows = rows_of(execution_id, change.travelers)
    if change.kind == "removed":
        return _REMOVES.format(table=TABLE, rows=rows)
    if change.kind == "dated back":
        older = sql.SQL("{c} = {c} - make_interval(days => {days})")
        recent = sql.SQL("{c} > now() - make_interval(days => {days} / 2)")
        return _BACKDATES.format(
            table=TABLE,
            rows=rows,
            older=sql.SQL(", ").join(
                older.format(c=sql.Identifier(each), days=BACKDATED_DAYS) for each in times
            ),
            recent=sql.SQL(" OR ").join(
                recent.format(c=sql.Identifier(each), days=BACKDATED_DAYS) for each in times
            ),
        )
    names = [sql.Identifier(each) for each in columns]
    return _RENUMBERS.format(
        number=change.number,
        table=TABLE,
        columns=sql.SQL(", ").join(names),
        values=sql.SQL(", ").join(sql.SQL("NEW.{}").format(each) for each in names),
    )
