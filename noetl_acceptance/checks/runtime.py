"""The distributed runtime at work: workers carry out the steps, http steps make the calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from noetl_acceptance.checks.code import clients_in, python_of_steps
from noetl_acceptance.checks.findings import Finding, nothing_to_judge, travelers_of
from noetl_acceptance.checks.history import Command, commands, steps_entered
from noetl_acceptance.checks.texts import kinds_of
from noetl_acceptance.run import Call, Run


def carried_out_by_workers(run: Run) -> list[Finding]:
    """Every command was claimed by a worker, by several where there are several (row 13)."""
    issued = commands(run)
    unclaimed = sorted({c.step for c in issued if c.worker_id is None})
    workers = {c.worker_id for c in issued if c.worker_id is not None}
    found = []
    if unclaimed:
        found.append(Finding("not-claimed", f"steps no worker took: {', '.join(unclaimed)}"))
    if not min(2, run.workers) <= len(workers) <= run.workers:
        found.append(
            Finding("workers", f"2 to {run.workers} workers expected, {len(workers)} seen")
        )
    return found


def calls_inside_http(run: Run) -> list[Finding]:
    """Each call lies within the interval of an http command of a worker execution (row 6).

    The interval runs from the command's claim to its result in the event log (open-ended without
    one). Where a step has a command for each of its items, a command accounts for one traveler.
    """
    http = [command for command in commands(run) if _makes_calls(run, command)]
    per_item: dict[tuple[str, str], int] = defaultdict(int)
    for command in http:
        per_item[command.execution_id, command.step] += 1
    taken: dict[str, int | None] = {}
    outside = [
        call
        for call in sorted(run.outcome.calls, key=lambda call: call.arrived)
        if not _accounted_for(call, http, taken, per_item)
    ]
    found = nothing_to_judge(run, "calls", run.outcome.calls)
    message = f"{len(outside)} calls outside http steps"
    return found + (
        [Finding("call-outside-http", message, travelers_of(outside))] if outside else []
    )


def _makes_calls(run: Run, command: Command) -> bool:
    """Whether a command is a worker's http step, or a list of tools with one in it."""
    if command.execution_id == run.execution_id or command.claimed is None:
        return False
    if command.kind == "http":
        return True
    step = run.pair.worker.steps().get(command.step, {})
    return isinstance(step.get("tool"), list) and "http" in kinds_of(step)


def _accounted_for(
    call: Call,
    http: Sequence[Command],
    taken: dict[str, int | None],
    per_item: dict[tuple[str, str], int],
) -> bool:
    """Whether a command is left for a call; the one that ends first is taken for its traveler."""
    left = [
        command
        for command in http
        if command.spans(call.arrived, call.departed or call.arrived)
        and taken.get(command.command_id, call.traveler_id) == call.traveler_id
    ]
    if not left:
        return False
    first = min(left, key=lambda command: command.done or float("inf"))
    if per_item[first.execution_id, first.step] > 1:
        taken[first.command_id] = call.traveler_id
    return True


def no_client_in_code(run: Run) -> list[Finding]:
    """No Python step that ran holds what could make a call (row 6).

    A playbook's text proves something only of the steps whose events occur.
    """
    found = []
    for playbook, ran in (
        (run.pair.parent, steps_entered(run, parent=True)),
        (run.pair.worker, steps_entered(run, parent=False)),
    ):
        for step, code in python_of_steps(playbook):
            clients = clients_in(code)
            if clients and (step in ran or step == "workbook"):
                found.append(Finding("client-in-code", f"step {step} has {', '.join(clients)}"))
    return found


def no_strays(run: Run) -> list[Finding]:
    """The profile API received no call but those of the run's own endpoint (rows 6 and 36)."""
    if not run.strays:
        return []
    shown = ", ".join(run.strays[:3])
    return [Finding("stray-call", f"{len(run.strays)} calls elsewhere, e.g. {shown}")]


def ends_in_end(run: Run) -> list[Finding]:
    """Each worker execution enters its step end, and the parent returns on it (row 8)."""
    entered = {
        event.execution_id
        for event in run.events
        if event.event_type == "step.enter" and event.node_name == "end"
    }
    ran = {event.execution_id for event in run.events if event.execution_id != run.execution_id}
    found = [
        Finding("no-end-step", f"worker execution {each} never entered step end")
        for each in sorted(ran - entered)
    ]
    returns = [step for step in _playbook_tools(run) if step.get("return_step") != "end"]
    if returns:
        found.append(Finding("return-step", "the parent does not wait for step end"))
    return found


def _playbook_tools(run: Run) -> list[dict[str, object]]:
    tools = [step.get("tool") for step in run.pair.parent.steps().values()]
    return [tool for tool in tools if isinstance(tool, dict) and tool.get("kind") == "playbook"]
