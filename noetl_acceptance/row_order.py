"""Has the source table hold rows in no order: only who asks for an order gets one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import psycopg
from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.errors import NotJudgedError

Connection = psycopg.Connection[Any]

_NAME = sql.Identifier("acceptance_disorders_source")
_SOURCE = sql.SQL("public.{}").format(sql.Identifier(outcomes.SOURCE))
# Rows that are deleted and inserted again lie behind the others, with all that they hold. The
# second insertion has the trigger called once more, one level deeper. Where a table does not let
# them be inserted again (it makes a column's values itself) they stay as they are.
_BODY = """
BEGIN
  IF pg_trigger_depth() = 1 THEN
    WITH moved AS (
      DELETE FROM {source} WHERE traveler_id % 2 = 1
        AND execution_id IN (SELECT inserted.execution_id FROM inserted)
      RETURNING *
    )
    INSERT INTO {source} SELECT * FROM moved;
  END IF;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END
"""
_FUNCTION = sql.SQL("CREATE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql AS {body}")
_TRIGGER = sql.SQL(
    "CREATE TRIGGER {name} AFTER INSERT ON {source} REFERENCING NEW TABLE AS inserted "
    "FOR EACH STATEMENT EXECUTE FUNCTION public.{name}()"
)
_REMOVE = sql.SQL("DROP FUNCTION IF EXISTS public.{name} CASCADE")


@contextmanager
def disordering(database: Connection) -> Iterator[None]:
    """Let the source table hold what is seeded while inside in no order of the travelers' ids.

    A trigger has the rows of odd ids lie behind those of even ones, and goes in the end. The
    planner reads a table of a few rows as they lie, whatever indices there are.

    Args:
        database: where executions seed their travelers, in autocommit mode.

    Raises:
        NotJudgedError: no trigger can be made (no such table yet, the user may not, it is a view).
    """
    body = _BODY.replace("{source}", f"public.{outcomes.SOURCE}")
    try:
        database.execute(_REMOVE.format(name=_NAME))  # a killed run may have left it
        try:
            database.execute(_FUNCTION.format(name=_NAME, body=body))
            database.execute(_TRIGGER.format(name=_NAME, source=_SOURCE))
        except (
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.WrongObjectType,
            psycopg.errors.UndefinedTable,
        ) as refusal:
            why = refusal.diag.message_primary or str(refusal)
            raise NotJudgedError(f"the source table cannot be disordered: {why}") from refusal
        yield
    finally:
        database.execute(_REMOVE.format(name=_NAME))


def require_disorder(database: Connection, execution_id: str) -> None:
    """Make sure that an execution's source rows do not lie in the order of their ids.

    Raises:
        NotJudgedError: they do.
    """
    rows = database.execute(
        "SELECT traveler_id::integer FROM public.traveler_batch_source "
        "WHERE execution_id::text = %s ORDER BY ctid",
        (execution_id,),
    ).fetchall()
    lying = [row[0] for row in rows]
    if all(one < other for one, other in pairwise(lying)):
        raise NotJudgedError("the source rows lie in the order of their travelers all the same")
