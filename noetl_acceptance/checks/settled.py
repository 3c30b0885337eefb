"""After its end an execution changes nothing any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from noetl_acceptance.checks.findings import Finding
from noetl_acceptance.run import Outcome, Run, SourceRow, StoredRow


def unchanged(run: Run, later: Outcome) -> list[Finding]:
    """Rows and calls are as they were at the execution's end (interface.md).

    Args:
        run: the recorded execution.
        later: what it left, read again.
    """
    found = []
    before = {call.number: call for call in run.outcome.calls}
    new = [call for call in later.calls if call.number not in before]
    if new:
        travelers = tuple(sorted({c.traveler_id for c in new if c.traveler_id is not None}))
        found.append(Finding("call-after-end", f"{len(new)} calls after the end", travelers))
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


def _by_traveler(rows: Sequence[SourceRow | StoredRow]) -> dict[int, list[SourceRow | StoredRow]]:
    found: dict[int, list[SourceRow | StoredRow]] = defaultdict(list)
    for row in rows:
        found[row.traveler_id].append(row)
    return found
