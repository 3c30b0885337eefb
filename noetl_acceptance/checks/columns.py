"""The columns that a check needs, and that a pair may lack."""

from __future__ import annotations

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.record import ExecutionRecord


def require_column(record: ExecutionRecord, field: str, what: str) -> None:
    """Raise NotJudgedError unless the pair has a column, by its own word and in its table."""
    if lack := lacking(record, field, what):
        raise NotJudgedError(lack)


def lacking(record: ExecutionRecord, field: str, what: str) -> str:
    """Return in words that the pair has no column for something; empty where it has one.

    Args:
        record: the recorded execution.
        field: the column's place in pair.yaml.
        what: is in that column.
    """
    column = getattr(record.pair.names, field)
    table = "traveler_batch_source" if field == "source_name" else "traveler_batch_results"
    if column is None:
        return f"the pair has no column for {what}"
    if record.outcome.columns.get(table) and column not in record.outcome.columns[table]:
        return f"{table} has no column {column} for {what}; pair.yaml may name it"
    return ""
