"""Rows that are valid too early: nobody can know yet that they are."""

from __future__ import annotations

from bisect import bisect_right

from noetl_acceptance.checks.calls import require_travelers
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.findings import Finding, nothing_to_judge
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted


@check("no-valid-row-before-answer")
def answered_first(record: ExecutionRecord) -> list[Finding]:
    """No traveler has a valid row before the profile API has answered about it (C07).

    Judged by the counts taken while the run went on. A row may be there before, as long as it is
    not valid, and be updated; so its own time tells nothing.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler, or no valid rows were counted
            before the last answer.
    """
    require_travelers(record)
    first: dict[int | None, float] = {}
    nameless = []  # each may have been about another traveler
    for call in record.outcome.calls:
        if call.departed is not None and call.traveler_id is None:
            nameless.append(call.departed)
        elif call.departed is not None:
            earlier = first.get(call.traveler_id, call.departed)
            first[call.traveler_id] = min(earlier, call.departed)
    answered = sorted([*first.values(), *nameless])
    counts = [
        (each.until, each.valid)
        for each in record.samples
        if each.valid is not None and each.until is not None
    ]
    for until, valid in counts:
        known = bisect_right(answered, until)
        if valid > known:
            message = (
                f"{counted(valid, 'traveler')} had a valid row "
                f"{until - record.started_at:.1f} s after the start, and the profile API had "
                f"answered about {known}"
            )
            return [Finding("row-before-answer", message)]
    if answered and not any(until < answered[-1] for until, _ in counts):
        raise NotJudgedError("no valid rows were counted before the last answer")
    return nothing_to_judge(record, "calls", record.outcome.calls)
