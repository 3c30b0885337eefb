"""What the suite's own services did wrong while an execution went on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from noetl_acceptance.checks.log_findings import OWN
from noetl_acceptance.checks.slowness import records_in
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.services import LogError
from noetl_acceptance.profile_api.rules import decide

LATE_SECONDS = 5.0
"""An answer that takes as much longer than its rules ask for is the profile API's own delay."""


def own_traceback(subjects: Iterable[object]) -> LogError | None:
    """Return the first traceback of a service of the suite's own, in the records among subjects."""
    errors = (error for record in records_in(subjects) for error in record.log_errors)
    return next((each for each in errors if each.traceback and each.service in OWN), None)


def answered_late(subjects: Iterable[object]) -> bool:
    """Whether the profile API kept a call waiting that no rule says so of, in one of the records.

    Where the suite has ended services or had the execution cancelled, calls are given up for that.
    """
    return any(
        _answered_late(record)
        for record in records_in(subjects)
        if not record.faults and record.cancelled is None
    )


def _answered_late(record: ExecutionRecord) -> bool:
    made: Counter[int | None] = Counter()
    for call in sorted(record.outcome.calls, key=lambda each: each.number):
        made[call.traveler_id] += 1
        ruled = decide(record.request.rules, call.traveler_id, made[call.traveler_id])
        if ruled.spoils is not None and ruled.spoils.kind == "never":
            continue
        took = (call.departed or record.outcome.read_at) - call.arrived
        if took > ruled.delay + LATE_SECONDS or (call.answer == "abandoned" and not ruled.delay):
            return True
    return False
