"""After its end an execution changes nothing any more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.ledger import stored_times
from noetl_acceptance.model.findings import Finding, about, travelers_of
from noetl_acceptance.model.record import ExecutionRecord, Outcome, SourceRow, StoredRow
from noetl_acceptance.model.wording import counted


@check("unchanged-after-end")
def unchanged(record: ExecutionRecord, later: Outcome) -> list[Finding]:
    """Rows and calls are as they were at the execution's end (docs/reference/pair.md).

    A call may be made once more, also after the end, where the one before was given up as too
    late: the engine's queue hands out again what was not answered in time.

    Args:
        record: the recorded execution.
        later: what it left, read again.
    """
    found = _calls(record, later)
    late = [traveler for traveler, at in stored_times(record) if at > record.settled_at]
    found += about("row-past-end", "rows stored after the terminal event", late)
    for kind, old, now in (
        ("row-after-end", record.outcome.stored, later.stored),
        ("seed-after-end", record.outcome.source, later.source),
    ):
        before_rows, later_rows = _by_traveler(old), _by_traveler(now)
        changed = {
            traveler
            for traveler in before_rows.keys() | later_rows.keys()
            if before_rows.get(traveler) != later_rows.get(traveler)
        }
        if changed:
            found.append(
                Finding(
                    kind,
                    f"{counted(len(old), 'row')} at the end and {len(now)} later, not the same",
                    tuple(sorted(changed)),
                )
            )
    return found


def _calls(record: ExecutionRecord, later: Outcome) -> list[Finding]:
    """The calls that were open at the terminal event or made after it."""
    once_more = Counter(c.traveler_id for c in record.outcome.calls if c.answer == "abandoned")
    known = {call.number: call for call in record.outcome.calls}
    after = []
    for call in (known.get(call.number, call) for call in later.calls):
        if call.departed is not None and max(call.arrived, call.departed) <= record.settled_at:
            continue
        if once_more[call.traveler_id] > 0:
            once_more[call.traveler_id] -= 1
        else:
            after.append(call)
    if not after:
        return []
    message = f"{counted(len(after), 'call')} open at the end or made after it"
    return [Finding("call-after-end", message, travelers_of(after))]


def _by_traveler(rows: Sequence[SourceRow | StoredRow]) -> dict[int, list[SourceRow | StoredRow]]:
    found: dict[int, list[SourceRow | StoredRow]] = defaultdict(list)
    for row in rows:
        found[row.traveler_id].append(row)
    return found
