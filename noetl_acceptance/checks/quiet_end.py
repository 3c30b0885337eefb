"""After its end an execution changes nothing any more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from operator import attrgetter

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.ledger import stored_times
from noetl_acceptance.model.findings import Finding, about, travelers_of
from noetl_acceptance.model.record import ExecutionRecord, Outcome, SourceRow, StoredRow
from noetl_acceptance.model.wording import counted


@check("unchanged-after-end")
def unchanged(record: ExecutionRecord, later: Outcome, *, once_more: bool = True) -> list[Finding]:
    """Rows and calls are as they were at the execution's end (docs/reference/pair.md).

    A call may be made once more, also after the end, where the one before was given up as too
    late: the engine's queue hands out again what was not answered in time.

    Args:
        record: the recorded execution.
        later: what it left, read again.
        once_more: whether a call may be made once more after the end.
    """
    found = _calls(record, later, once_more=once_more)
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


def _calls(record: ExecutionRecord, later: Outcome, *, once_more: bool) -> list[Finding]:
    """The calls that were open at the terminal event or made after it."""
    allowed: Counter[int | None] = Counter()
    known = {call.number: call for call in record.outcome.calls}
    after = []
    made = (known.get(call.number, call) for call in later.calls)
    for call in sorted(made, key=attrgetter("arrived")):
        begun = call.arrived <= record.settled_at
        over = begun and call.departed is not None and call.departed <= record.settled_at
        given_up = begun and call.answer == "abandoned"
        if allowed[call.traveler_id] > 0:
            allowed[call.traveler_id] -= 1  # also by one before the end: it is the one more
        elif not over and not given_up:
            after.append(call)
        if given_up and once_more:
            allowed[call.traveler_id] += 1
    if not after:
        return []
    message = f"{counted(len(after), 'call')} open at the end or made after it"
    return [Finding("call-after-end", message, travelers_of(after))]


def _by_traveler(rows: Sequence[SourceRow | StoredRow]) -> dict[int, list[SourceRow | StoredRow]]:
    found: dict[int, list[SourceRow | StoredRow]] = defaultdict(list)
    for row in rows:
        found[row.traveler_id].append(row)
    return found
