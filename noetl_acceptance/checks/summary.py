"""The engine's own summary, and whether it agrees with the target table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from noetl_acceptance.checks.batch_ranges import children_are
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import (
    Command,
    Intervals,
    batches_by_child,
    children,
    commands,
    step_of,
)
from noetl_acceptance.checks.tools import carries_out
from noetl_acceptance.model.event_types import GAVE
from noetl_acceptance.model.findings import Finding, batches_of
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted

SUMMARY_STEP = "summarize"

ROWS = ("data.stored_rows", "data.missing_rows")
"""Where the summary speaks of rows: a finding there names those that are missing in the table."""

PROMISED = ("status", "execution.batch_worker_iterations", "data.expected_rows", *ROWS)
"""Where docs/reference/pair.md has a summary's values; a pair may say more, elsewhere."""


def find_summary(record: ExecutionRecord) -> Mapping[str, Any] | None:
    """Return what ``summarize`` gave: the mapping with ``data`` and ``execution`` in its result.

    Where it stands in the event's result differs by release, so it is searched for.
    """
    exits = [
        event.result
        for event in record.parent_events
        if event.event_type in GAVE and step_of(event) == SUMMARY_STEP and event.result is not None
    ]
    return summary_in(exits[-1]) if exits else None


def summary_in(result: Any) -> Mapping[str, Any] | None:
    """Return the summary that stands somewhere in a result; None when there is none."""
    found = list(_candidates(result))
    whole = (each for each in found if "execution" in each)  # not an input that is shown again
    return next(whole, found[0] if found else None)


def _candidates(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(ValueError):
            yield from _candidates(json.loads(value))
    elif isinstance(value, list):
        for inner in value:
            yield from _candidates(inner)
    elif isinstance(value, Mapping):
        if isinstance(value.get("data"), Mapping) and "expected_rows" in value["data"]:
            yield value
        for inner in value.values():
            yield from _candidates(inner)


@check("summary-totals")
def summary_is(record: ExecutionRecord, rounds: int, rows: int) -> list[Finding]:
    """The summary has ``rounds`` rounds, ``rows`` rows expected and stored, none missing."""
    wanted: dict[str, Any] = {
        "status": "completed",
        "execution.batch_worker_iterations": rounds,
        "data.expected_rows": rows,
        "data.stored_rows": rows,
        "data.missing_rows": 0,
    }
    return _compare(record, wanted)


@check("summary-agrees-with-table")
def agrees_with_table(record: ExecutionRecord) -> list[Finding]:
    """The summary's totals are those of the target table (C12, P3)."""
    in_range = [i for i in record.stored_ids if i in record.workload.travelers]
    wanted = {
        "data.expected_rows": record.workload.expected_rows,
        "data.stored_rows": len(record.outcome.stored),
        "data.missing_rows": record.workload.expected_rows - len(in_range),
    }
    return _compare(record, wanted)


@check("one-worker-execution-per-round")
def rounds_ran(record: ExecutionRecord, count: int) -> list[Finding]:
    """``count`` worker executions ran, one for each batch; the parent has their results (C03)."""
    return [*children_are(record, count), *rounds_are(record, count)]


@check("summary-round-count")
def rounds_are(record: ExecutionRecord, count: int) -> list[Finding]:
    """The parent has one result of each of its ``count`` rounds (C11)."""
    steps = record.pair.parent.steps()
    answered = [
        command
        for command in commands(record)
        if command.execution_id == record.execution_id
        and carries_out(command, "playbook", steps)
        and command.done is not None
    ]
    found = _compare(record, {"execution.batch_worker_iterations": count})
    if len(answered) != count:
        message = f"{counted(count, 'result')} of rounds expected, {len(answered)} seen"
        found.append(Finding("rounds", message, batches=_unanswered(record, answered)))
    return found


def _unanswered(record: ExecutionRecord, answered: Sequence[Command]) -> tuple[int, ...]:
    """Return the batches whose worker executions no command of the parent has the result of."""
    batches = batches_by_child(record)
    results = Intervals((each.issued, each.done) for each in answered if each.done is not None)
    return tuple(
        sorted(
            batches[child.execution_id]
            for child in children(record)
            if child.ended is None or not results.span(child.started, child.ended)
        )
    )


def _compare(record: ExecutionRecord, wanted: Mapping[str, Any]) -> list[Finding]:
    summary = find_summary(record)
    if summary is None:
        return [Finding("no-summary", f"no summary: {_why_none(record)}")]
    found = []
    for path, value in wanted.items():
        seen = value_at(summary, path)
        if as_number(seen) != value:
            lost, twice = (record.missing_ids, record.doubled_ids) if path in ROWS else ((), ())
            message = f"{path} is {seen!r}, not {value!r}"
            found.append(Finding("summary", message, lost, batches_of(record, (*lost, *twice))))
    return found


def value_at(summary: Mapping[str, Any], path: str) -> Any:
    """Return what a summary has at a place such as ``data.stored_rows``; None when nothing."""
    seen: Any = summary
    for key in path.split("."):
        seen = seen.get(key) if isinstance(seen, Mapping) else None
    return seen


def _why_none(record: ExecutionRecord) -> str:
    events = [event for event in record.parent_events if step_of(event) == SUMMARY_STEP]
    if not events:
        return f"step {SUMMARY_STEP} never ran"
    failed = next((event.reason for event in events if event.reason), "")
    if failed:
        return f"step {SUMMARY_STEP} failed: {failed}"
    return f"the result of step {SUMMARY_STEP} has no data.expected_rows"


def as_number(value: Any) -> Any:
    """Take a number as JSON or a template may write it: ``200``, ``"200"``, ``200.0``."""
    if isinstance(value, bool):
        return str(value)
    text = str(value).removesuffix(".0")
    return int(text) if text.removeprefix("-").isdecimal() else value
