"""Where the rows stand that an execution has lost."""

from __future__ import annotations

from noetl_acceptance.model.findings import batches_of
from noetl_acceptance.model.record import ExecutionRecord

BATCH_END = 0.1
"""Which part of a batch is its end: 5 of the 50 travelers of a batch of the smoke test."""


NO_ROW = "no row is stored"
NO_VALID_ROW = "no valid row is stored"


def lost_in(record: ExecutionRecord, *, all_good: bool) -> str:
    """Return where the missing rows of an execution stand, in words; empty for none.

    Args:
        record: of the execution.
        all_good: whether all answers were good: a row that is not valid counts as missing then.
    """
    sizes, missing = record.workload, set(record.missing_ids)
    if all_good:
        missing |= {row.traveler_id for row in record.outcome.stored if row.is_valid is False}
    if not missing:
        return ""
    if len(missing) == sizes.expected_rows:
        return NO_VALID_ROW if record.outcome.stored else NO_ROW
    travelers: dict[int, list[int]] = {}
    for traveler in sizes.travelers:
        (batch,) = batches_of(record, (traveler,))
        travelers.setdefault(batch, []).append(traveler)
    hit = [numbers for numbers in travelers.values() if missing.intersection(numbers)]
    if all(missing.issuperset(numbers) for numbers in hit):
        return "whole batches are missing"
    if 2 * len(missing) > sizes.expected_rows:
        return "most rows are missing"
    end = max(1, round(sizes.batch_size * BATCH_END))
    if all(missing.intersection(numbers) <= set(numbers[-end:]) for numbers in hit):
        return "items at the end of a batch are lost"
    return "some rows are missing"
