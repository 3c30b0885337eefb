"""What of an execution's record matters to those who look into findings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from noetl_acceptance.checks.history import batches_by_child
from noetl_acceptance.evidence.command_lines import command_lines
from noetl_acceptance.evidence.ledger_difference import ledger_difference, whole
from noetl_acceptance.model.event_types import FAILURES, INITIALIZED
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import Call, Event, ExecutionRecord
from noetl_acceptance.model.wording import counted

MOST_CHARACTERS = 2000
"""The longest text of a record that is kept whole."""


@dataclass(frozen=True, slots=True)
class Extract:
    """Files by their names, and in words how much of the record they are."""

    files: dict[str, str]
    told: str


def extract(record: ExecutionRecord, findings: Sequence[Finding], most: int) -> Extract:
    """Return the request, the events, calls, rows and commands of what findings are about.

    Where findings name no travelers or batches, all count; failed events and calls always do.

    Args:
        record: the execution.
        findings: what was found in it.
        most: how many events and calls; a tenth as many rows.
    """
    travelers = {traveler for finding in findings for traveler in finding.travelers}
    batches = {batch for finding in findings for batch in finding.batches}
    batches |= {record.workload.batch_of(traveler) for traveler in travelers}
    events = _first(_events(record, batches), most)
    calls = _first(_calls(record, travelers), most)
    rows = [row for row in record.outcome.stored if row.traveler_id in travelers][: most // 10]
    lines = command_lines(record, batches)[:most]
    begun = next((e.result for e in record.parent_events if e.event_type == INITIALIZED), None)
    request = {
        "path": record.pair.parent.path,
        "payload": begun.get("workload") if isinstance(begun, Mapping) else None,
        "asked for": record.request.model_dump(mode="json"),
        "answer": record.answer,
    }
    files = {
        "request.json": as_json(request),
        "events.jsonl": _lines(events),
        "calls.jsonl": _lines(calls),
        "rows.jsonl": _lines(rows),
        "commands.txt": "".join(f"{line}\n" for line in lines),
    }
    if travelers:
        files["difference.txt"] = "\n".join(whole(ledger_difference(record))) + "\n"
    parts = (
        ("event", events, record.events),
        ("call", calls, record.outcome.calls),
        ("row", rows, record.outcome.stored),
    )
    shares = (f"{len(held)} of {counted(len(every), noun)}" for noun, held, every in parts)
    told = f"the request, {', '.join(shares)}, {counted(len(lines), 'command')}"
    return Extract({name: text for name, text in files.items() if text}, told)


def _events(record: ExecutionRecord, batches: set[int]) -> list[tuple[bool, Event]]:
    """Return the parent's events and those of some batches, or all; failures are marked."""
    wanted = {child for child, batch in batches_by_child(record).items() if batch in batches}
    wanted.add(record.execution_id)
    return [
        (event.event_type in FAILURES, event)
        for event in record.events
        if not batches or event.execution_id in wanted or event.event_type in FAILURES
    ]


def _calls(record: ExecutionRecord, travelers: set[int]) -> list[tuple[bool, Call]]:
    """Return the calls for some travelers, or all, and those that went wrong; these are marked."""
    return [
        (not call.good, call)
        for call in record.outcome.calls
        if not travelers or call.traveler_id in travelers or not call.good
    ]


def _first(marked: Sequence[tuple[bool, Any]], most: int) -> list[Any]:
    """Return at most so many records in their order, those that are marked before others."""
    by_weight = sorted(range(len(marked)), key=lambda i: (not marked[i][0], i))
    return [marked[i][1] for i in sorted(by_weight[:most])]


def _lines(records: Sequence[Any]) -> str:
    """Return records as JSON Lines, long texts cut."""
    dumped = (record.model_dump(mode="json", exclude_none=True) for record in records)
    return "".join(f"{json.dumps(_cut(each), ensure_ascii=False)}\n" for each in dumped)


def as_json(value: Any) -> str:
    """Return a value as JSON, its long texts cut."""
    return json.dumps(_cut(value), ensure_ascii=False, indent=1) + "\n"


def _cut(value: Any) -> Any:
    """Return a value with its long texts cut."""
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        return f"{value[:MOST_CHARACTERS]}… ({len(value)} characters)"
    if isinstance(value, Mapping):
        return {key: _cut(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cut(inner) for inner in value]
    return value
