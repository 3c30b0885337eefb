"""What NoETL's API says about the execution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import children
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import FAILURES, Run
from noetl_acceptance.model.wording import counted

CLOCK_SECONDS = 1.0
"""How far NoETL's clock and the suite's may be apart."""


@check("answered-with-execution-id")
def answered_with_id(run: Run) -> list[Finding]:
    """The answer to the request carries the id of the execution that it has started (C20)."""
    if run.answer.get("execution_id") != run.execution_id or not run.parent_events:
        return [Finding("execution-id", f"no events under the answer's id: {run.answer}")]
    early = run.started_at - run.parent_events[0].at
    if early > CLOCK_SECONDS:
        message = f"the answer's id is of an execution that began {early:.1f} s before the request"
        return [Finding("execution-id", message)]
    return []


@check("status-completed-at-end")
def completed_in_time(run: Run) -> list[Finding]:
    """The status says completed when the run has ended, and not before (C22)."""
    return [*not_early(run), *completed(run)]


@check("status-not-early")
def not_early(run: Run) -> list[Finding]:
    """The status says neither completed nor failed before the run has ended (C22)."""
    failed_at = over_since(run)
    early = [
        s
        for s in run.statuses
        if (s.failed and s.at < failed_at) or (s.completed and not s.failed and s.at < run.ended_at)
    ]
    if not early:
        return []
    ahead = run.ended_at - early[0].at
    return [Finding("status-early", f"the status said it was over {ahead:.3f} s before the end")]


def over_since(run: Run) -> float:
    """Return from when on the status may say failed: the first failure, or the end."""
    failures = [event.at for event in run.parent_events if event.event_type in FAILURES]
    return min([run.ended_at, *failures])


@check("status-completed")
def completed(run: Run) -> list[Finding]:
    """After the end the status says completed, not failed (C22)."""
    last = run.statuses[-1] if run.statuses else None
    if last is None or last.at < run.ended_at:
        return [Finding("status-missing", "the status endpoint did not answer after the end")]
    found = []
    if not last.completed:
        found.append(Finding("status-not-completed", "the status does not say completed"))
    if last.failed:
        found.append(Finding("status-failed", "the status says failed"))
    if run.end != "playbook.completed":
        found.append(Finding("not-completed", f"the execution ended with {run.end}"))
    return found


@check("side-by-side")
def side_by_side(runs: Sequence[Run]) -> list[Finding]:
    """All runs went on at the same time (C42).

    The last had begun with its batches before the first ended; that it was asked for says nothing.
    """
    batches = [[child.started for child in children(run)] for run in runs]
    begun = max(min(started, default=math.inf) for started in batches)
    ended = min(run.ended_at for run in runs)
    if len(runs) > 1 and begun < ended:
        return []
    message = (
        f"{counted(len(runs), 'run')}, the last began with its batches after the first had ended"
    )
    return [Finding("not-side-by-side", message)]
