"""More executions at once than there are workers: they may wait, but all of them end, whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import Command, commands
from noetl_acceptance.checks.ledger import conserved
from noetl_acceptance.checks.summary import agrees_with_table
from noetl_acceptance.checks.tools import carries_out
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.event_types import UNENDED, WAITING_KIND
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted

PARENTS_HOLD_ALL = "parents hold all workers"
"""What is seen of executions that have not ended where no worker is free for their children."""


@check("all-end-whole")
def all_end_whole(records: Sequence[ExecutionRecord]) -> list[Finding]:
    """All executions end, each completed and whole: every traveler has a row (P13).

    Raises:
        NotJudgedError: they were not more than there are workers.
    """
    if len(records) <= max((record.workers for record in records), default=0):
        raise NotJudgedError(f"{counted(len(records), 'execution')} do not saturate the workers")
    found = []
    hanging = [record for record in records if record.end == UNENDED]
    if hanging:
        told = f"{len(hanging)} of {len(records)} executions have not ended"
        found.append(_hang(hanging, told))
    unjudged: NotJudgedError | None = None
    for record in records:
        ended = record.end != UNENDED
        if ended and record.end != "playbook.completed":
            found.append(Finding("not-completed", f"{record.label}"))
        try:
            lacking = _lacking(record)
        except NotJudgedError as reason:
            unjudged = reason
            continue
        how = f"has ended with {record.end}" if ended else "has not ended"
        about = f"execution {record.execution_id} {how}: "
        found += [replace(finding, message=about + finding.message) for finding in lacking]
    if unjudged is not None and not found:
        raise unjudged
    return found


def _lacking(record: ExecutionRecord) -> list[Finding]:
    """Return what is wrong with an execution's rows; one that goes on may lack some yet."""
    if record.end == UNENDED:
        return [finding for finding in conserved(record) if finding.kind != "row-missing"]
    return [*conserved(record), *agrees_with_table(record)]


def _hang(hanging: Sequence[ExecutionRecord], told: str) -> Finding:
    """Return the finding that executions have not ended, with what they wait for.

    Args:
        hanging: their records.
        told: how many they are.
    """
    open_ones = [
        (record, command)
        for record in hanging
        for command in commands(record)
        if command.finished is None
    ]
    holding = [
        (record, command)
        for record, command in open_ones
        if waits_for_child(record, command) and command.claims
    ]
    at_work = [
        command
        for record, command in open_ones
        if command.claims and not waits_for_child(record, command)
    ]
    if not holding:
        return Finding("not-ended", f"{told}; {counted(len(open_ones), 'command')} open")
    held = Counter(command.claims[-1].worker_id for _, command in holding)
    waiting = sum(not command.claims for _, command in open_ones)
    told = (
        f"{told}; {counted(len(held), 'worker')} of {hanging[0].workers}, each held by the command "
        f"of a parent (step {holding[0][1].step}) that waits for its worker execution; no worker "
        f"has taken {counted(waiting, 'command')}"
    )
    if at_work:
        told = f"{told}; {counted(len(at_work), 'other command')} at work"
    untaken = {
        record.execution_id
        for record, command in open_ones
        if command.execution_id != record.execution_id and not command.claims
    }
    blocked = not at_work and all(record.execution_id in untaken for record, _ in holding)
    request = hanging[0].request.workers
    inflight = request.inflight if request else None  # None: the run's own, which no record tells
    full = inflight is not None and hold_all(held, hanging[0].workers, inflight)
    return Finding("not-ended", told, seen=PARENTS_HOLD_ALL if blocked and full else None)


def hold_all(held: Mapping[str | None, int], workers: int, inflight: int) -> bool:
    """Whether commands that are held leave no place at any worker.

    Args:
        held: how many each worker holds.
        workers: how many there are.
        inflight: how many commands each takes at a time.
    """
    return len(held) >= workers and min(held.values(), default=0) >= inflight


def waits_for_child(record: ExecutionRecord, command: Command) -> bool:
    """Whether a command is one that only waits for a worker execution."""
    steps = record.pair.parent.steps()
    return command.execution_id == record.execution_id and carries_out(command, WAITING_KIND, steps)
