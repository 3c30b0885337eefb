"""The distributed runtime at work: workers carry out the steps, http steps make the calls."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from noetl_acceptance.checks.batch_sequence import parent_ends_last
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.code import clients_in, python_of_steps
from noetl_acceptance.checks.history import (
    Command,
    Intervals,
    children,
    commands,
    step_of,
    steps_entered,
)
from noetl_acceptance.checks.tools import carries_out
from noetl_acceptance.model.findings import Finding, nothing_to_judge, travelers_of
from noetl_acceptance.model.record import Call, Event, ExecutionRecord
from noetl_acceptance.model.tools import tools_of
from noetl_acceptance.model.wording import counted


@check("carried-out-by-workers")
def carried_out_by_workers(record: ExecutionRecord) -> list[Finding]:
    """Every command was claimed by a worker, by several where there are several (C13)."""
    issued = commands(record)
    unclaimed = sorted({c.step for c in issued if c.worker_id is None})
    workers = {c.worker_id for c in issued if c.worker_id is not None}
    found = []
    if unclaimed:
        found.append(Finding("not-claimed", f"steps no worker took: {', '.join(unclaimed)}"))
    if not min(2, record.workers) <= len(workers) <= record.workers:
        found.append(
            Finding(
                "workers", f"2 to {counted(record.workers, 'worker')} expected, {len(workers)} seen"
            )
        )
    return found


@check("calls-by-http-only")
def calls_by_http_only(record: ExecutionRecord) -> list[Finding]:
    """The workers' http steps make all calls; no other step and no code makes any (C06)."""
    return [*calls_inside_http(record), *no_strays(record), *no_client_in_code(record)]


@check("parent-waits")
def parent_waits(record: ExecutionRecord) -> list[Finding]:
    """Each worker execution ends in its last step, and the parent goes on only then (C08)."""
    return [*ends_in_end(record), *parent_ends_last(record)]


@check("calls-inside-http-steps")
def calls_inside_http(record: ExecutionRecord) -> list[Finding]:
    """Each call lies within the interval of an http command of a worker execution (C06).

    The interval runs from the command's claim to its result in the event log (open-ended without
    one). Where a step has a command for each of its items, a command accounts for one traveler; a
    call that names none and failed may have been repeated inside of its command, and takes none.
    """
    steps = record.pair.worker.steps()
    http = [
        command
        for command in commands(record)
        if command.execution_id != record.execution_id
        and command.claimed is not None
        and carries_out(command, "http", steps)
    ]
    taken: set[str] = set()
    retries = _Commands(http, taken)
    inside = {
        call.number
        for calls in _several(record.outcome.calls)
        if retries.take(_owner(calls[0]), *_whole(calls))
        for call in calls
    }
    ordered = sorted(record.outcome.calls, key=lambda call: call.arrived)
    single = _Commands(http, taken)
    any_of_them = Intervals((_claim(command), _done(command)) for command in http)
    outside = [
        call
        for call in ordered
        if call.number not in inside
        and not (
            single.take(_owner(call), *_whole([call]))
            if call.good or call.traveler_id is not None
            else any_of_them.span(*_whole([call]))
        )
    ]
    found = nothing_to_judge(record, "calls", record.outcome.calls)
    message = f"{counted(len(outside), 'call')} outside http steps"
    return found + (
        [Finding("call-outside-http", message, travelers_of(outside))] if outside else []
    )


class _Commands:
    """The http commands, asked for call after call, so that each is looked at once.

    Args:
        http: claimed commands.
        taken: the ids of those that are somebody's; gets those that are taken here.
    """

    def __init__(self, http: Sequence[Command], taken: set[str]) -> None:
        self._commands = sorted(http, key=_claim)
        self._claims = [_claim(command) for command in self._commands]
        self._per_step = Counter((command.execution_id, command.step) for command in http)
        self._taken = taken
        self._claimed = 0
        self._free: list[tuple[float, int]] = []  # of those claimed by now: when done, and which
        self._own: dict[object, list[tuple[float, int]]] = defaultdict(list)

    def take(self, owner: object, start: float, end: float) -> bool:
        """Take a command for a call, or for all retries inside it; return whether one is left.

        Of several the one that ends first is taken, as the others may still serve later calls.

        Args:
            owner: who has called; what is taken serves its later calls as well.
            start: of the call, not before that of the one asked for last.
            end: of the call.
        """
        self._claim_until(start)
        own = self._own[owner] = [each for each in self._own[owner] if each[0] >= start]
        place = bisect_left(self._free, (end, -1))
        left = [*(each for each in own if each[0] >= end), *self._free[place : place + 1]]
        if not left:
            return False
        first = min(left)
        command = self._commands[first[1]]
        if first not in own and self._per_step[command.execution_id, command.step] > 1:
            del self._free[place]
            self._own[owner].append(first)
            self._taken.add(command.command_id)
        return True

    def _claim_until(self, start: float) -> None:
        """Add what was claimed up to a time, and drop what was done before."""
        claimed = bisect_right(self._claims, start)
        for number in range(self._claimed, claimed):
            command = self._commands[number]
            if command.command_id not in self._taken:
                insort(self._free, (_done(command), number))
        self._claimed = max(self._claimed, claimed)
        del self._free[: bisect_left(self._free, (start, -1))]


def _claim(command: Command) -> float:
    return math.inf if command.claimed is None else command.claimed


def _done(command: Command) -> float:
    return math.inf if command.done is None else command.done


def _several(calls: Sequence[Call]) -> list[list[Call]]:
    """Return the calls of each traveler that was called several times: retries, perhaps."""
    groups: dict[object, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: call.arrived):
        groups[_owner(call)].append(call)
    return [group for group in groups.values() if len(group) > 1]


def _whole(calls: Sequence[Call]) -> tuple[float, float]:
    return min(c.arrived for c in calls), max(c.departed or c.arrived for c in calls)


def _owner(call: Call) -> object:
    return ("call", call.number) if call.traveler_id is None else call.traveler_id


@check("no-client-in-code")
def no_client_in_code(record: ExecutionRecord) -> list[Finding]:
    """No Python step that ran holds what could make a call (C06).

    A playbook's text proves something only of the steps whose events occur.
    """
    found = []
    for playbook, ran in (
        (record.pair.parent, steps_entered(record, parent=True)),
        (record.pair.worker, steps_entered(record, parent=False)),
    ):
        for step, code in python_of_steps(playbook):
            clients = clients_in(code)
            if clients and (step in ran or step == "workbook"):
                found.append(Finding("client-in-code", f"step {step} has {', '.join(clients)}"))
    return found


@check("no-stray-call")
def no_strays(record: ExecutionRecord) -> list[Finding]:
    """The profile API received no call but those of the run's own endpoint (C06, C36)."""
    if not record.strays:
        return []
    shown = ", ".join(record.strays[:3])
    return [Finding("stray-call", f"{counted(len(record.strays), 'call')} elsewhere, e.g. {shown}")]


@check("ends-in-last-step")
def ends_in_end(record: ExecutionRecord) -> list[Finding]:
    """Each worker execution enters its step end, last of all; the parent returns on it (C08)."""
    entered: dict[str, list[Event]] = defaultdict(list)
    for event in record.events:
        if event.event_type == "step.enter":
            entered[event.execution_id].append(event)
    found = []
    for child in children(record):
        steps = entered[child.execution_id]
        ended = max((event.at for event in steps if step_of(event) == "end"), default=None)
        later = sorted({step_of(e) for e in steps if ended is not None and e.at > ended})
        worker = f"worker execution {child.execution_id}"
        if ended is None:
            found.append(Finding("no-end-step", f"{worker} never entered step end"))
        elif later:
            message = f"{worker} entered {', '.join(later)} after step end"
            found.append(Finding("end-not-last", message))
    tools = list(_worker_calls(record))
    if not tools:
        found.append(Finding("no-playbook-step", "no step of the parent that ran calls the worker"))
    elif any(tool.get("return_step") != "end" for tool in tools):
        found.append(Finding("return-step", "the parent does not wait for step end"))
    return found


def _worker_calls(record: ExecutionRecord) -> Iterator[Mapping[str, Any]]:
    """Yield the tools of the parent's steps that ran which call the worker playbook.

    A path that is a template may be the worker's, unless the pair names the key for it: that a
    worker execution ran is judged elsewhere.
    """
    ran = steps_entered(record, parent=True)
    key = record.pair.worker_key
    template = re.compile(r"\{\{" if key is None else rf"\{{\{{.*\b{re.escape(key)}\b")
    for name, step in record.pair.parent.steps().items():
        if name in ran:
            for tool in tools_of(step):
                path = str(tool.get("path"))
                is_worker = path == record.pair.worker.path or template.search(path)
                if tool.get("kind") == "playbook" and is_worker:
                    yield tool
