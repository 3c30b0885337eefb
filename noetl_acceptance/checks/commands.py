"""What the event log tells of commands and endings, each of which there is once (C03, C13)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import (
    Command,
    batches_by_child,
    batches_handled,
    children,
    commands,
    requests,
)
from noetl_acceptance.checks.tools import carries_out
from noetl_acceptance.model.event_types import ENDINGS
from noetl_acceptance.model.findings import Finding, clock, nothing_to_judge
from noetl_acceptance.model.record import Event, ExecutionRecord
from noetl_acceptance.model.wording import counted


@check("commands-carried-out-once")
def once_each(record: ExecutionRecord) -> list[Finding]:
    """Executions end once; commands are claimed once, carried out, and no more than needed.

    Holds where all goes well: NoETL may hand a command out again whose worker answers late, and a
    loop goes on once more after a failure now and then (2.8.9).
    """
    return [
        *nothing_to_judge(record, "events", record.events),
        *ended_once(record),
        *one_execution_per_batch(record),
        *claimed_once(record),
        *carried_out(record),
        *loops_kept(record),
    ]


@check("executions-ended-once")
def ended_once(record: ExecutionRecord) -> list[Finding]:
    """The parent and each worker execution end with one event, not with several."""
    endings: dict[str, list[Event]] = defaultdict(list)
    for event in record.events:
        if event.event_type in ENDINGS:
            endings[event.execution_id].append(event)
    batches = batches_by_child(record)
    return [
        Finding(
            "ended-twice",
            f"{_execution(record, execution_id)} ended {len(events)} times: "
            + ", ".join(f"{event.event_type} at {clock(event.at)}" for event in events),
            batches=_numbers(batches.get(execution_id)),
        )
        for execution_id, events in endings.items()
        if len(events) > 1
    ]


@check("one-execution-per-batch")
def one_execution_per_batch(record: ExecutionRecord) -> list[Finding]:
    """No batch is handled by two worker executions: by their calls, or as they were asked for."""
    ran = children(record)
    batches, asked = batches_by_child(record), requests(record, ran)
    together: dict[int | str, list[str]] = defaultdict(list)
    for child, handled in zip(ran, batches_handled(record, ran), strict=True):
        together[handled or asked[child.execution_id]].append(child.execution_id)
    took = _workers(record)
    return [
        Finding(
            "batch-twice",
            f"batch {batches[executions[0]]} was handled by worker executions "
            + " and ".join(f"{each} (by {took[each]})" for each in executions),
            batches=(batches[executions[0]],),
        )
        for executions in together.values()
        if len(executions) > 1
    ]


@check("commands-claimed-once")
def claimed_once(record: ExecutionRecord) -> list[Finding]:
    """No command is claimed again."""
    return [
        finding
        for command, batch in _commands(record)
        if len(command.claims) > 1
        for finding in [
            _about(
                "claimed-twice",
                command,
                batch,
                "claimed by "
                + " and by ".join(f"{c.worker_id} at {clock(c.at)}" for c in command.claims),
            )
        ]
    ]


@check("no-command-left-over")
def carried_out(record: ExecutionRecord) -> list[Finding]:
    """No command is left that was never claimed, or claimed and never done."""
    found = []
    for command, batch in _commands(record):
        if not command.claims:
            told = f"issued at {clock(command.issued)}, and no worker claimed it"
            found.append(_about("never-claimed", command, batch, told))
        elif command.over in (None, "command.cancelled"):
            last = command.claims[-1]
            told = f"claimed by {last.worker_id} at {clock(last.at)}, and never done"
            found.append(_about("never-done", command, batch, told))
    return found


@check("loop-commands-within-items")
def loops_kept(record: ExecutionRecord) -> list[Finding]:
    """A loop issues no more commands than it has items.

    Judged of what the documents give a number: the worker's loop of calls has an item for each
    traveler of its batch, the parent's an item for each batch. One more is due for each bad answer:
    the pair may have it asked again.
    """
    batches = batches_by_child(record)
    bad = Counter(
        record.workload.batch_in_range(call.traveler_id)
        for call in record.outcome.calls
        if not call.good
    )
    parent, worker = record.pair.parent.steps(), record.pair.worker.steps()
    issued: dict[tuple[str, str], list[Command]] = defaultdict(list)
    for command in commands(record):
        own = command.execution_id == record.execution_id
        steps, kind = (parent, "playbook") if own else (worker, "http")
        if "loop" in steps.get(command.step, {}) and carries_out(command, kind, steps):
            issued[command.execution_id, command.step].append(command)
    found = []
    for (execution_id, step), several in issued.items():
        batch = batches.get(execution_id)
        items = record.workload.max_batches if batch is None else len(record.workload.window(batch))
        due = items if batch is None else items + bad[batch] + bad[None]
        if len(several) > due:
            late = several[due:]
            issued_for = f"{counted(len(several), 'command')} for the {counted(items, 'item')}"
            workers = sorted({c.worker_id or "nobody" for c in late})
            found.append(
                Finding(
                    "loop-too-long",
                    f"{_execution(record, execution_id)} issued {issued_for} of step {step}, "
                    f"the last ones {_ids(late)}, claimed by {', '.join(workers)}",
                    batches=_numbers(batch),
                )
            )
    return found


def _commands(record: ExecutionRecord) -> Iterator[tuple[Command, int | None]]:
    """Yield all commands, each with its batch; None for the parent's."""
    batches = batches_by_child(record)
    for command in commands(record):
        yield command, batches.get(command.execution_id)


def _about(kind: str, command: Command, batch: int | None, told: str) -> Finding:
    named = f"command {command.command_id} of step {command.step}"
    return Finding(kind, f"{named} was {told}", batches=_numbers(batch))


def _execution(record: ExecutionRecord, execution_id: str) -> str:
    own = execution_id == record.execution_id
    return "the parent" if own else f"worker execution {execution_id}"


def _workers(record: ExecutionRecord) -> dict[str, str]:
    """Return who took the commands of each execution."""
    took: dict[str, set[str]] = defaultdict(set)
    for command in commands(record):
        took[command.execution_id] |= {c.worker_id or "nobody" for c in command.claims}
    return defaultdict(lambda: "nobody", {key: ", ".join(sorted(took[key])) for key in took})


def _ids(several: list[Command], most: int = 3) -> str:
    more = f" and {len(several) - most} more" if len(several) > most else ""
    return ", ".join(command.command_id for command in several[:most]) + more


def _numbers(batch: int | None) -> tuple[int, ...]:
    return () if batch is None else (batch,)
