"""After its end an execution changes nothing any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from noetl_acceptance.checks.findings import Finding, about, travelers_of
from noetl_acceptance.checks.ledger import stored_times
from noetl_acceptance.run import Outcome, Run, SourceRow, StoredRow


def unchanged(run: Run, later: Outcome) -> list[Finding]:
    """Rows and calls are as they were at the execution's end (docs/pair.md).

    A call may be made once more, also after the end, where the one before was given up as too
    late: the engine's queue hands out again what was not answered in time.

    Args:
        run: the recorded execution.
        later: what it left, read again.
    """
    found = _past_the_end(run)
    before = {call.number: call for call in run.outcome.calls}
    given_up = _given_up(run)
    new = [
        call
        for call in later.calls
        if call.number not in before and call.traveler_id not in given_up
    ]
    if new:
        message = f"{len(new)} calls after the end"
        found.append(Finding("call-after-end", message, travelers_of(new)))
    for kind, old, now in (
        ("row-after-end", run.outcome.stored, later.stored),
        ("seed-after-end", run.outcome.source, later.source),
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
                    f"{len(old)} rows at the end and {len(now)} later, not the same",
                    tuple(sorted(changed)),
                )
            )
    return found


def _past_the_end(run: Run) -> list[Finding]:
    """What had been recorded before the first reading, yet happened after the terminal event."""
    given_up = _given_up(run)
    calls = [
        call
        for call in run.outcome.calls
        if (call.departed is None or max(call.arrived, call.departed) > run.ended_at)
        and call.traveler_id not in given_up
    ]
    found = about("call-past-end", "calls still open at the end or after", travelers_of(calls))
    late = [traveler for traveler, at in stored_times(run).items() if at > run.ended_at]
    return found + about("row-past-end", "rows stored after the terminal event", late)


def _given_up(run: Run) -> frozenset[int | None]:
    """Return the travelers that a call was given up for before an answer came."""
    return frozenset(c.traveler_id for c in run.outcome.calls if c.answer == "abandoned")


def _by_traveler(rows: Sequence[SourceRow | StoredRow]) -> dict[int, list[SourceRow | StoredRow]]:
    found: dict[int, list[SourceRow | StoredRow]] = defaultdict(list)
    for row in rows:
        found[row.traveler_id].append(row)
    return found
