"""Whose it is that a good answer came and no row: NoETL's or the pair's, or the pair's alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from noetl_acceptance.checks.history import batches_by_child, commands
from noetl_acceptance.model.event_types import FAILURES
from noetl_acceptance.model.findings import batches_of, ranges
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.tools import tools_of
from noetl_acceptance.model.wording import counted
from noetl_acceptance.noetl.outcome_tables import RESULTS

STORES = re.compile(
    r"\b(insert\s+into|update|merge\s+into|copy)\s+(only\s+)?"
    rf'("?public"?\s*\.\s*)?"?{RESULTS}\b',
    re.IGNORECASE,
)
"""A statement that stores rows in the target table."""


def responsible(record: ExecutionRecord, travelers: Iterable[int]) -> list[str]:
    """Return in words who has lost rows, as far as the records tell.

    Told is only what they show: a good answer came, the step that should have stored it was carried
    out and has completed, and no row came. What went on between step and row is NoETL's and the
    pair's affair; the pair's alone only where the database itself counts the pair's statements, as
    many as steps have completed, and not one row of theirs.

    Args:
        record: the execution.
        travelers: those without a row.
    """
    answered = {call.traveler_id for call in record.outcome.calls if call.good}
    done = _stored_in(record)
    lost = [
        traveler
        for traveler in sorted({*travelers} & answered - record.stored_ids)
        if done.get(record.workload.batch_of(traveler))
    ]
    if not lost:
        return []
    batches = batches_of(record, lost)
    steps = " and ".join(sorted({step for batch in batches for step in done[batch]}))
    what = (
        f"{'a good answer' if len(lost) == 1 else 'good answers'} came, step {steps} of "
        f"{'batch' if len(batches) == 1 else 'batches'} {ranges(batches)} was carried out and "
        f"completed, and no row came (travelers {ranges(lost, 5)})"
    )
    carried_out = sum(map(len, done.values()))
    stores = record.stores
    if stores is None:
        return [f"NoETL or the pair: {what}"]
    stored = (
        f"{counted(stores.statements, 'storing statement')}, with {counted(stores.rows, 'row')}"
    )
    if stores.statements >= carried_out and not stores.rows:
        return [f"the pair: {what}; the database carried out {stored}"]
    return [f"NoETL or the pair: {what}; the database carried out {stored}"]


def _stored_in(record: ExecutionRecord) -> Mapping[int, list[str]]:
    """Return by batch the steps that store rows, one for each command that has completed.

    A batch with a command of theirs that has failed, or is open, is left out.
    """
    storing = {name for name, step in record.pair.worker.steps().items() if _stores(step)}
    failed = {event.command_id for event in record.events if event.event_type in FAILURES}
    batches = batches_by_child(record)
    done: dict[int, list[str]] = {}
    broken: set[int] = set()
    for command in commands(record):
        batch = batches.get(command.execution_id)
        if batch is None or command.step not in storing:
            continue
        if command.done is None or command.command_id in failed:
            broken.add(batch)
        done.setdefault(batch, []).append(command.step)
    return {batch: steps for batch, steps in done.items() if batch not in broken}


def _stores(step: Mapping[str, Any]) -> bool:
    return any(
        STORES.search(text)
        for tool in tools_of(step)
        if tool.get("kind") == "postgres"
        for text in _texts(tool)
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
