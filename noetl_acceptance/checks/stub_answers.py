"""Answers that come late or are bad: they really happened, and what is lost by them is told."""

from __future__ import annotations

from collections import defaultdict

from noetl_acceptance.checks.calls import require_travelers
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import batches_by_child
from noetl_acceptance.checks.summary import as_number, find_summary
from noetl_acceptance.model.event_types import FAILURES
from noetl_acceptance.model.findings import Finding, about, batches_of, travelers_of
from noetl_acceptance.model.record import Call, ExecutionRecord
from noetl_acceptance.profile_api.rules import Rule

TOLD_BY = (*FAILURES, "step.exit")
"""The events of a worker execution in which the documents say that a loss can be seen."""


@check("stub-rules-applied")
def happened(record: ExecutionRecord) -> list[Finding]:
    """The profile API answered as the scenario says; nothing else is a proof.

    By each rule somebody was answered, and nobody whom it is about was answered otherwise only. It
    need not have come to all: some releases ask no more after the first bad answer of a batch.

    Raises:
        NotJudgedError: a rule is about some travelers, and the pair's calls do not name theirs.
    """
    if not record.request.rules:
        return [Finding("fault-missing", "the scenario has no fault")]
    if any(rule.travelers is not None for rule in record.request.rules):
        require_travelers(record)
    by_traveler: dict[int | None, list[Call]] = defaultdict(list)
    for call in record.outcome.calls:
        by_traveler[call.traveler_id].append(call)
    found = []
    for rule in record.request.rules:
        asked = record.outcome.calls
        if rule.travelers is not None:
            asked = tuple(call for one in set(rule.travelers) for call in by_traveler[one])
        so = {call.traveler_id for call in asked if _as_ruled(rule, call)}
        about_them = rule.travelers or record.workload.travelers
        spared = {call.traveler_id for call in asked} - so if so else set(about_them)
        found += about(
            "fault-missing",
            f"no answer by the rule {rule.kind}",
            [traveler for traveler in spared if traveler is not None],
        )
    return found


def _as_ruled(rule: Rule, call: Call) -> bool:
    """Whether a call was answered by a rule; who waits for too short a time gives up."""
    if rule.kind == "delay":
        took = (call.departed or call.arrived) - call.arrived
        return call.answer == "abandoned" or took >= rule.seconds
    if rule.kind == "never":
        return call.answer in ("abandoned", "open")
    return call.good if rule.kind == "hard_data" else call.answer == rule.kind


@check("missing-travelers-told")
def missing_told(record: ExecutionRecord) -> list[Finding]:
    """Missing travelers are told by the summary's missing_rows or by a failed run (C34, P5)."""
    missing = record.missing_ids
    summary = find_summary(record)
    if summary is None:
        if record.end != "playbook.completed":
            return []
        message = "a completed run without a summary"
        return [Finding("missing-untold", message, missing, batches_of(record, missing))]
    said = as_number(summary["data"].get("missing_rows"))
    if said == len(missing):
        return []
    message = f"the summary says {said} missing rows, {len(missing)} are missing"
    batches = batches_of(record, missing)
    return [Finding("missing-untold", message, missing, batches, seen=str(said))]


@check("losses-explained")
def losses_explained(record: ExecutionRecord) -> list[Finding]:
    """An event of its worker execution tells why a traveler is missing (C35).

    Where a traveler that was never answered well is stored all the same, invalid, its row may tell
    why instead.
    """
    explained = {e.execution_id for e in record.events if e.event_type in TOLD_BY and e.reason}
    told_of = {batch for child, batch in batches_by_child(record).items() if child in explained}
    told = {row.traveler_id for row in record.outcome.stored if (row.reason or "").strip()}
    answered = {call.traveler_id for call in record.outcome.calls if call.good}
    badly = set(travelers_of(record.outcome.calls)) - answered
    unexplained = [
        traveler
        for traveler in sorted({*record.missing_ids, *(badly - told)})
        if record.workload.batch_of(traveler) not in told_of
    ]
    return about("loss-unexplained", "lost, and no event tells an error", unexplained)
