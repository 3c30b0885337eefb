"""The fixture's two tables, read straight from the outcome database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from psycopg import sql

from noetl_acceptance.model.pair_file import Names
from noetl_acceptance.model.record import RowCounts, SourceRow, StoredRow
from noetl_acceptance.noetl.event_log import seconds
from noetl_acceptance.support.database import Database

SOURCE = "traveler_batch_source"
RESULTS = "traveler_batch_results"


def read_columns(connection: Database) -> dict[str, dict[str, str]]:
    """Return the columns of the fixture's tables with their types, by table.

    The types are as Postgres names them; a missing table has no column.
    """
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = ANY(%s) ORDER BY ordinal_position",
        ([SOURCE, RESULTS],),
    ).fetchall()
    return {
        table: {str(column): str(kind) for owner, column, kind in rows if owner == table}
        for table in (SOURCE, RESULTS)
    }


def count_stored(connection: Database, execution_id: str) -> int:
    """Return how many rows an execution has stored so far (0 while there is no table)."""
    if not read_columns(connection)[RESULTS]:
        return 0
    row = connection.execute(
        "SELECT count(*) FROM public.traveler_batch_results WHERE execution_id = %s",
        (execution_id,),
    ).fetchone()
    return int(row[0]) if row else 0


def count_own(connection: Database, execution_id: str) -> RowCounts:
    """Return how many rows an execution has in each of the two tables, without a digest."""
    columns = read_columns(connection)
    query = sql.SQL("SELECT count(*) FROM public.{} WHERE execution_id::text = %s")
    counts = {SOURCE: 0, RESULTS: 0}
    for table in counts:
        if "execution_id" in columns[table]:
            found = connection.execute(query.format(sql.Identifier(table)), (execution_id,))
            counts[table] = int(found.fetchall()[0][0])
    return RowCounts(source=counts[SOURCE], stored=counts[RESULTS])


def count_rows(connection: Database, *, but_for: str = "") -> dict[str, RowCounts]:
    """Return how many rows each execution has, by its id, and a digest of them.

    Args:
        connection: to the database that holds the tables.
        but_for: the execution whose rows are not looked at.
    """
    columns = read_columns(connection)
    counts: dict[str, RowCounts] = {}
    query = sql.SQL(
        # The whole row, also where a column has the name of the alias.
        "SELECT execution_id::text, count(*), sum(hashtextextended(ROW(t.*)::text, 0)) "
        "FROM public.{} AS t WHERE execution_id::text IS DISTINCT FROM %s GROUP BY 1"
    )
    for table, field in ((SOURCE, "source"), (RESULTS, "stored")):
        if "execution_id" not in columns[table]:
            continue
        found = connection.execute(query.format(sql.Identifier(table)), (but_for,))
        for each, count, digest in found:
            so_far = counts.get(str(each), RowCounts(source=0, stored=0))
            counts[str(each)] = so_far.model_copy(
                update={field: int(count), "digest": f"{so_far.digest} {digest}"}
            )
    return counts


def read_source(
    connection: Database, execution_id: str, names: Names, columns: Collection[str]
) -> tuple[SourceRow, ...]:
    """Return an execution's source rows in the order of their ids."""
    wanted = {"traveler_id": "traveler_id", "name": names.source_name}
    rows = _read(connection, SOURCE, execution_id, wanted, columns)
    return tuple(SourceRow.model_validate(row) for row in rows)


def read_stored(
    connection: Database, execution_id: str, names: Names, columns: Collection[str]
) -> tuple[StoredRow, ...]:
    """Return an execution's result rows in the order of their ids."""
    wanted = {
        "traveler_id": "traveler_id",
        "profile_status": "profile_status",
        "is_valid": "is_valid",
        "batch_number": "batch_number",
        "name": names.name,
        "normalized_name": names.normalized_name,
        "payload": names.payload,
        "reason": names.reason,
        "hash": names.hash,
        "stored_at": names.stored_at,
    }
    rows = _read(connection, RESULTS, execution_id, wanted, columns)
    for row in rows:
        moment = row["stored_at"]
        row["stored_at"] = seconds(moment) if isinstance(moment, datetime) else None
        if isinstance(row["payload"], bytes):  # a column of type bytea
            row["payload"] = row["payload"].decode(errors="replace")
        if isinstance(row["hash"], bytes):
            row["hash"] = row["hash"].hex()
    return tuple(StoredRow.model_validate(row) for row in rows)


def _read(
    connection: Database,
    table: str,
    execution_id: str,
    wanted: dict[str, str | None],
    columns: Collection[str],
) -> list[dict[str, Any]]:
    """Read the wanted fields; one whose column the table lacks is None."""
    if "execution_id" not in columns or "traveler_id" not in columns:
        return []
    fields = [
        sql.SQL("{} AS {}").format(
            sql.Identifier(column) if column and column in columns else sql.NULL,
            sql.Identifier(field),
        )
        for field, column in wanted.items()
    ]
    query = sql.SQL("SELECT {} FROM public.{} WHERE execution_id = %s ORDER BY traveler_id")
    found = connection.execute(
        query.format(sql.SQL(", ").join(fields), sql.Identifier(table)), (execution_id,)
    )
    return [dict(zip(wanted, row, strict=True)) for row in found]
