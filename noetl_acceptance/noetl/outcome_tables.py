"""The fixture's two tables, read straight from the outcome database."""

from __future__ import annotations

from psycopg import sql

from noetl_acceptance.model.record import RowCounts
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
    """Return how many rows an execution has stored so far (0 while the table has no ids)."""
    if "execution_id" not in read_columns(connection)[RESULTS]:
        return 0
    row = connection.execute(
        "SELECT count(*) FROM public.traveler_batch_results WHERE execution_id::text = %s",
        (execution_id,),
    ).fetchone()
    return int(row[0]) if row else 0


def count_valid(connection: Database, execution_id: str) -> int | None:
    """Return how many travelers have a valid row so far; None where the table cannot tell."""
    columns = read_columns(connection)[RESULTS]
    if not columns:
        return 0
    if (
        not {"execution_id", "traveler_id"} <= columns.keys()
        or columns.get("is_valid") != "boolean"
    ):
        return None
    row = connection.execute(
        "SELECT count(DISTINCT traveler_id) FROM public.traveler_batch_results "
        "WHERE execution_id::text = %s AND is_valid",
        (execution_id,),
    ).fetchone()
    return int(row[0]) if row else None


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
