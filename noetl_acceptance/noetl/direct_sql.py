"""What commands are held against, read straight from NoETL's database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from noetl_acceptance.model.command_record import CatalogEntry, Footprint
from noetl_acceptance.model.record import Answer
from noetl_acceptance.model.request import Workload
from noetl_acceptance.noetl import documented_commands
from noetl_acceptance.noetl.outcome_tables import count_rows
from noetl_acceptance.support.database import Database

VALIDATIONS = (
    "count the stored rows",
    "count the missing rows",
    "count the validations",
    "show the summary",
)
"""The documents' validation queries, by their names in documents/commands.yaml."""

_NOWHERE = {"NOETL_HOST": "", "NOETL_PORT": ""}
_CATALOG = "SELECT DISTINCT ON (path) path, version, content FROM noetl.catalog ORDER BY 1, 2 DESC"


def footprint(connection: Database) -> Footprint:
    """Return the catalog, the number of executions and the fixture's rows as they stand."""
    executions = connection.execute("SELECT count(DISTINCT execution_id) FROM noetl.event")
    catalog = {
        str(path): CatalogEntry(version=int(version), text=str(text))
        for path, version, text in connection.execute(_CATALOG)
    }
    counted = executions.fetchone()
    return Footprint(
        catalog=catalog,
        executions=int(counted[0]) if counted else 0,
        rows=count_rows(connection),
    )


def answer_to(connection: Database, arguments: Sequence[str]) -> list[dict[str, Any]] | None:
    """Return what the database answers to the query among a command's arguments.

    Args:
        connection: to NoETL's database, in autocommit mode.
        arguments: of the command line.

    Returns:
        The rows, or None when there is no query in them, or none that reads rows.
    """
    if "query" not in arguments:
        return None
    query, schema = _query_in(arguments)
    if not query.startswith("SELECT"):
        return None
    with suppress(psycopg.ProgrammingError, psycopg.DataError):
        return select(connection, query, schema)
    return None


def validations(
    events: Database, outcome: Database, execution_id: str, sizes: Workload
) -> list[Answer]:
    """Return what the databases answer to the documents' validation queries.

    Args:
        events: to NoETL's database, in autocommit mode.
        outcome: to the one with the execution's rows, likewise.
        execution_id: the execution's.
        sizes: put in where the documents have those of their example.
    """
    least = f"LEAST({sizes.seed_rows}, {sizes.batch_size} * {sizes.max_batches})"
    found = []
    for name in VALIDATIONS:
        arguments = documented_commands.arguments_of(
            name, {"EXECUTION_ID": execution_id, **_NOWHERE}
        )
        query, schema = _query_in(arguments)
        query = query.replace("LEAST(200, 50 * 4)", least)
        connection = outcome if schema == "public" else events
        try:
            rows = tuple(select(connection, query, schema))
            found.append(Answer(name=name, sql=query, rows=rows))
        except (psycopg.ProgrammingError, psycopg.DataError) as error:
            found.append(Answer(name=name, sql=query, rows=None, error=str(error).strip()))
    return found


def _query_in(arguments: Sequence[str]) -> tuple[str, str]:
    """Return the query and the schema that a command's arguments name."""
    return arguments[arguments.index("query") + 1], arguments[arguments.index("--schema") + 1]


def select(connection: Database, query: str, schema: str) -> list[dict[str, Any]]:
    """Return the rows of a query, with values as JSON has them.

    Args:
        connection: to NoETL's database, in autocommit mode.
        query: the SQL.
        schema: where tables without a schema of their own are looked for.
    """
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(schema)))
        rows = cursor.execute(query.encode()).fetchall()
    found: list[dict[str, Any]] = json.loads(json.dumps(rows, default=as_json))
    return found


def as_json(value: Any) -> Any:
    """Return a value of the database as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
