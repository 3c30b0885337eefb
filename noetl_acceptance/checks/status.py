"""What NoETL's API says about the execution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import children
from noetl_acceptance.model.event_types import FAILURES
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted


@check("answered-with-execution-id")
def answered_with_id(record: ExecutionRecord) -> list[Finding]:
    """The answer to the request carries the id of the execution that it has started (C20)."""
    if record.answer.get("execution_id") != record.execution_id or not record.parent_events:
        return [Finding("execution-id", f"no events under the answer's id: {record.answer}")]
    if record.there_before:
        message = "the answer's id is of an execution that the log had before the request"
        return [Finding("execution-id", message)]
    return []


@check("status-completed-at-end")
def completed_in_time(record: ExecutionRecord) -> list[Finding]:
    """The status says completed when the run has ended, and not before (C22)."""
    return [*not_early(record), *completed(record)]


@check("status-not-early")
def not_early(record: ExecutionRecord) -> list[Finding]:
    """The status says neither completed nor failed before the run has ended (C22)."""
    failed_at = over_since(record)
    early = [
        s
        for s in record.statuses
        if (s.failed and s.at < failed_at)
        or (s.completed and not s.failed and s.at < record.ended_at)
    ]
    if not early:
        return []
    ahead = record.ended_at - early[0].at
    return [Finding("status-early", f"the status said it was over {ahead:.3f} s before the end")]


def over_since(record: ExecutionRecord) -> float:
    """Return from when on the status may say failed: the first failure, or the end."""
    failures = [event.at for event in record.parent_events if event.event_type in FAILURES]
    return min([record.ended_at, *failures])


@check("status-completed")
def completed(record: ExecutionRecord) -> list[Finding]:
    """After the end the status says completed, not failed (C22)."""
    last = record.statuses[-1] if record.statuses else None
    if last is None or last.at < record.ended_at:
        return [Finding("status-missing", "the status endpoint did not answer after the end")]
    found = []
    if not last.completed:
        found.append(Finding("status-not-completed", "the status does not say completed"))
    if last.failed:
        found.append(Finding("status-failed", "the status says failed"))
    if record.end != "playbook.completed":
        found.append(Finding("not-completed", f"the execution ended with {record.end}"))
    return found


@check("side-by-side")
def side_by_side(records: Sequence[ExecutionRecord]) -> list[Finding]:
    """All runs went on at the same time (C42).

    The last had begun with its batches before the first ended; that it was asked for says nothing.
    """
    batches = [[child.started for child in children(record)] for record in records]
    begun = max(min(started, default=math.inf) for started in batches)
    ended = min(record.ended_at for record in records)
    if len(records) > 1 and begun < ended:
        return []
    message = (
        f"{counted(len(records), 'execution')}, "
        "the last began with its batches after the first had ended"
    )
    return [Finding("not-side-by-side", message)]
