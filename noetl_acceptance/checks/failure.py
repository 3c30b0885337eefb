"""A run that cannot work fails, stores nothing, and says why."""

from __future__ import annotations

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.model.event_types import CANCELLED, FAILURES
from noetl_acceptance.model.findings import Finding, travelers_of
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted


@check("execution-failed")
def failed(record: ExecutionRecord) -> list[Finding]:
    """The run ends failed, and the status says so (C22, C31)."""
    found = []
    if record.end in ("playbook.completed", CANCELLED):
        found.append(Finding("not-failed", f"the run ended with {record.end}"))
    if not (
        record.statuses and record.statuses[-1].at >= record.ended_at and record.statuses[-1].failed
    ):
        found.append(Finding("status-not-failed", "the status does not say failed"))
    return found


@check("nothing-called-or-stored")
def nothing_done(record: ExecutionRecord) -> list[Finding]:
    """No call reaches the profile API and no row is stored (C31)."""
    found = []
    calls = record.outcome.calls
    if calls:
        message = f"{counted(len(calls), 'call')} reached the profile API"
        found.append(Finding("call-made", message, travelers_of(calls)))
    if record.outcome.stored:
        message = f"{counted(len(record.outcome.stored), 'row')} stored"
        found.append(Finding("row-stored", message, tuple(sorted(record.stored_ids))))
    return found


@check("failure-reason-told")
def reason_told(record: ExecutionRecord) -> list[Finding]:
    """An event of the run says why it failed (C31, C35)."""
    if any(event.reason for event in record.events if event.event_type in FAILURES):
        return []
    return [Finding("no-reason", "no event of the run says why it failed")]


@check("reason-names-credential")
def reason_names_credential(record: ExecutionRecord) -> list[Finding]:
    """What the events say of the failure names the credential (C31)."""
    name = record.request.credential.name
    reasons = [event.error_text for event in record.events if event.event_type in FAILURES]
    if any(name in reason for reason in reasons):
        return []
    told = next((reason for reason in reasons if reason), "nothing")
    return [
        Finding("reason-without-name", f"the events do not name {name}; they say: {told[:200]}")
    ]
