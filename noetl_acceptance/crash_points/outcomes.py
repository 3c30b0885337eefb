"""What an execution came to whose service was killed, in the words of docs/faults.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from noetl_acceptance.checks import faulty
from noetl_acceptance.checks.slowness import pace_of
from noetl_acceptance.conformance.faults.fault_outcomes import KEPT, REPEATED, TOLD, classes_of
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import Event, ExecutionRecord, Outcome
from noetl_acceptance.support.polling import told_starved
from noetl_acceptance.verdict.found import verdict_of


def findings_of(
    record: ExecutionRecord,
    later: Outcome,
    events: Sequence[Event],
    renewed: Sequence[ExecutionRecord],
    refused: str,
    crashed: Sequence[str] = (),
) -> list[Finding]:
    """Return what breaks the rows P6 and P9 to P12.

    Args:
        record: of the execution that met the kill.
        later: what it left, read again.
        events: those that were written since it was recorded.
        renewed: the records of the new execution; empty where there was none.
        refused: what NoETL answered to its request then.
        crashed: the services of NoETL's, in words, that had ended by themselves.

    Raises:
        NotJudgedError: the kill or the healing was not seen; the services waited for the machine;
            or a row cannot be applied to this pair.
    """
    faulty.healed_at(record)
    found = [*faulty.nothing_doubled(record), *faulty.ended_in_time(record)]
    if record.end != UNENDED:
        found += faulty.loss_told(record)
    found += faulty.no_ghosts(record, later, events)
    found += faulty.new_execution_whole(renewed, refused, crashed)
    records = [record, *renewed]
    if found and verdict_of(found, records) == "sandbox":
        raise NotJudgedError(told_starved(pace_of(records)))
    return found


def outcome_of(record: ExecutionRecord, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the outcome in words, the worst first; never empty.

    Args:
        record: of the execution that met the kill.
        findings: what ``findings_of`` returned.
    """
    if words := classes_of([each.kind for each in findings]):
        return words
    if record.missing_ids or record.end != "playbook.completed":
        return (TOLD,)
    return (REPEATED,) if faulty.calls_again(record) else (KEPT,)
