"""How many statements have stored rows in the target, by Postgres's own count of its statements."""

from __future__ import annotations

import psycopg
from psycopg import sql

from noetl_acceptance.model.record import Stores
from noetl_acceptance.noetl import outcome_tables
from noetl_acceptance.support.database import Database

_SCHEMA = """
    SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_stat_statements'
"""
# Of a block of code (DO) the count has the block and not what it stores; so it says nothing of it.
_COUNT = sql.SQL("""
    SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(rows), 0)::bigint
    FROM {schema}.pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = {database})
      AND query ~* {stores} AND query !~* '^\\s*(create|do)\\M'
""")
_STORES = (
    r"\m(insert\s+into|update|merge\s+into|copy)\s+(only\s+)?"
    rf'("?public"?\s*\.\s*)?"?{outcome_tables.RESULTS}\M'
)


def count_stores(counts: Database, outcome: Database) -> Stores | None:
    """Return how often statements have stored rows in the target table, and how many.

    Args:
        counts: to a database of the same Postgres, in which the count may be asked for.
        outcome: to the database with the table.

    Returns:
        Both since Postgres began to count; None where it does not, or does not tell.
    """
    try:
        found = counts.execute(_SCHEMA).fetchone()
        if found is None:
            return None
        query = _COUNT.format(
            schema=sql.Identifier(str(found[0])), database=outcome.info.dbname, stores=_STORES
        )
        row = counts.execute(query).fetchone()
    except (psycopg.ProgrammingError, psycopg.errors.ObjectNotInPrerequisiteState):
        return None
    return Stores(statements=int(row[0]), rows=int(row[1])) if row else None


def since(before: Stores | None, now: Stores | None) -> Stores | None:
    """Return what was counted between two looks; None where one of them says nothing."""
    if before is None or now is None:
        return None
    return Stores(statements=now.statements - before.statements, rows=now.rows - before.rows)
