"""The rows that an execution has in the fixture's two tables, read while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from psycopg import sql

from noetl_acceptance.model.pair_file import Names
from noetl_acceptance.model.record import SourceRow, StoredRow
from noetl_acceptance.noetl.event_log import seconds
from noetl_acceptance.noetl.outcome_tables import RESULTS, SOURCE, read_columns
from noetl_acceptance.support.database import Database

Row = TypeVar("Row", SourceRow, StoredRow)

# Of the whole row, as in outcome_tables.count_rows.
_OWN = """
    SELECT traveler_id::text AS id, hashtextextended(ROW(t.*)::text, 0) AS digest, {fields}
    FROM public.{table} AS t WHERE execution_id::text = %(execution)s
"""
_DIGESTS = """
    WITH own AS MATERIALIZED ({own})
    SELECT array_agg(id), array_agg(digest)
    FROM (SELECT id, digest FROM own ORDER BY traveler_id, digest) AS ordered
"""
# Python has no date for some of Postgres's, such as infinity: nothing is read of them.
_TIME = "CASE WHEN {column} BETWEEN '0001-01-02' AND '9999-12-30' THEN {column} END"
_NEW = "{own} AND (traveler_id IS NULL OR traveler_id::text = ANY(%(ids)s))"
_ONE_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one execution in the order of their travelers, as they stood at one time.

    ``columns`` are those of the two tables with their types.
    """

    columns: Mapping[str, Mapping[str, str]]
    source: tuple[SourceRow, ...]
    stored: tuple[StoredRow, ...]


class RowReader:
    """Reads the rows of an execution again and again; one that has not changed is fetched once.

    Args:
        connection: to the database that holds the tables, in autocommit mode.
        execution_id: the execution's.
        names: of the columns that a pair may name as it likes.
    """

    def __init__(self, connection: Database, execution_id: str, names: Names) -> None:
        self._connection = connection
        source = {"traveler_id": "traveler_id", "name": names.source_name}
        stored = {
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
        self._source = _Table(SOURCE, execution_id, source, SourceRow.model_validate)
        self._stored = _Table(RESULTS, execution_id, stored, _stored_row)

    def read(self) -> Rows:
        """Return the rows as they stand now."""
        columns = read_columns(self._connection)
        return Rows(
            columns,
            self._source.read(self._connection, columns[SOURCE]),
            self._stored.read(self._connection, columns[RESULTS]),
        )


class _Table(Generic[Row]):
    """Reads an execution's rows of one table; a row is known by a digest of all that it holds.

    Args:
        name: of the table.
        execution_id: the execution's.
        wanted: the columns, by the names under which they are wanted; None for none.
        parse: makes a row of what is wanted.
    """

    def __init__(
        self,
        name: str,
        execution_id: str,
        wanted: Mapping[str, str | None],
        parse: Callable[[dict[str, Any]], Row],
    ) -> None:
        self._name = name
        self._execution_id = execution_id
        self._wanted = wanted
        self._parse: Callable[[dict[str, Any]], Row] = parse
        self._columns: list[tuple[str, str]] = []
        self._known: dict[int, Row] = {}

    def read(self, connection: Database, columns: Mapping[str, str]) -> tuple[Row, ...]:
        """Return the rows as they stand now; a wanted field without a column is None."""
        if "execution_id" not in columns or "traveler_id" not in columns:
            return ()
        if self._columns != list(columns.items()):
            self._columns, self._known = list(columns.items()), {}
        with connection.transaction():
            connection.execute(_ONE_SNAPSHOT)
            asked: dict[str, Any] = {"execution": self._execution_id}
            found = connection.execute(self._query(_DIGESTS, ["traveler_id"]), asked).fetchone()
            ids, digests = (each or () for each in found or ((), ()))
            there = zip(ids, digests, strict=True)
            asked["ids"] = [own for own, digest in there if digest not in self._known]
            if asked["ids"]:
                fields = list(self._wanted.values())
                for _, digest, *row in connection.execute(self._query(_NEW, fields), asked):
                    self._known[digest] = self._parse(dict(zip(self._wanted, row, strict=True)))
        self._known = {digest: self._known[digest] for digest in digests}
        return tuple(self._known[digest] for digest in digests)

    def _query(self, query: str, fields: list[str | None]) -> sql.Composed:
        """Return a query for a table's rows with some of their columns."""
        known = dict(self._columns)
        columns = [_column(each, known.get(each or "")) for each in fields]
        own = sql.SQL(_OWN).format(
            fields=sql.SQL(", ").join(columns), table=sql.Identifier(self._name)
        )
        return sql.SQL(query).format(own=own)


def _column(name: str | None, kind: str | None) -> sql.Composable:
    """Return what is read of a column of a type; nothing where there is no such column."""
    if name is None or kind is None:
        return sql.NULL
    column = sql.Identifier(name)
    dated = kind == "date" or kind.startswith("timestamp")
    return sql.SQL(_TIME).format(column=column) if dated else column


def _stored_row(row: dict[str, Any]) -> StoredRow:
    moment = row["stored_at"]
    row["stored_at"] = seconds(moment) if isinstance(moment, datetime) else None
    if isinstance(row["payload"], bytes):  # a column of type bytea
        row["payload"] = row["payload"].decode(errors="replace")
    if isinstance(row["hash"], bytes):
        row["hash"] = row["hash"].hex()
    return StoredRow.model_validate(row)
