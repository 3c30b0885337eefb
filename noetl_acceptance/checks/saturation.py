"""More executions at once than there are workers: they may wait, but all of them end, whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import Command, commands
from noetl_acceptance.checks.ledger import conserved
from noetl_acceptance.checks.summary import agrees_with_table
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.event_types import UNENDED, WAITING_KIND
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted


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
        message = f"{len(hanging)} of {len(records)} executions have not ended; {_why(hanging)}"
        found.append(Finding("not-ended", message))
    for record in records:
        if record.end == UNENDED:
            continue
        if record.end != "playbook.completed":
            found.append(Finding("not-completed", f"{record.label}"))
        lacking = [*conserved(record), *agrees_with_table(record)]
        about = f"execution {record.execution_id} has ended with {record.end}: "
        found += [replace(finding, message=about + finding.message) for finding in lacking]
    return found


def _why(hanging: Sequence[ExecutionRecord]) -> str:
    """Return what executions that have not ended wait for."""
    open_ones = [
        (record, command)
        for record in hanging
        for command in commands(record)
        if command.finished is None
    ]
    holding = [
        command
        for record, command in open_ones
        if waits_for_child(record, command) and command.claims
    ]
    at_work = [
        command
        for record, command in open_ones
        if command.claims and not waits_for_child(record, command)
    ]
    waiting = sum(not command.claims for _, command in open_ones)
    if not holding:
        return f"{counted(len(open_ones), 'command')} open"
    held = {claim.worker_id for command in holding for claim in command.claims[-1:]}
    told = (
        f"{counted(len(held), 'worker')} of {hanging[0].workers}, each held by the command of a "
        f"parent (step {holding[0].step}) that waits for its worker execution; no worker has taken "
        f"{counted(waiting, 'command')}"
    )
    return f"{told}; {counted(len(at_work), 'other command')} at work" if at_work else told


def waits_for_child(record: ExecutionRecord, command: Command) -> bool:
    """Whether a command is one that only waits for a worker execution."""
    return command.kind == WAITING_KIND and command.execution_id == record.execution_id
