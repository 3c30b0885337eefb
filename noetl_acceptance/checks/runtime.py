"""The distributed runtime at work: workers carry out the steps, http steps make the calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from noetl_acceptance.checks.findings import Finding
from noetl_acceptance.checks.history import commands, steps_entered
from noetl_acceptance.noetl.pair import Playbook
from noetl_acceptance.run import Run

HTTP_MODULES = frozenset(
    {
        "aiohttp",
        "ftplib",
        "http",
        "httplib2",
        "httpx",
        "pycurl",
        "requests",
        "socket",
        "subprocess",
        "urllib3",
        "websockets",
    }
)
"""Modules by which Python code could make a call of its own."""


def carried_out_by_workers(run: Run) -> list[Finding]:
    """Every command was claimed by a worker, by two or more and no more than there are (row 13)."""
    issued = commands(run)
    unclaimed = sorted({c.step for c in issued if c.worker_id is None})
    workers = {c.worker_id for c in issued if c.worker_id is not None}
    found = []
    if unclaimed:
        found.append(Finding("not-claimed", f"steps no worker took: {', '.join(unclaimed)}"))
    if not 2 <= len(workers) <= run.workers:
        found.append(
            Finding("workers", f"2 to {run.workers} workers expected, {len(workers)} seen")
        )
    return found


def calls_inside_http(run: Run) -> list[Finding]:
    """Each call lies within the interval of an http command of a worker execution (row 6).

    The interval runs from the command's claim to its result in the event log.
    """
    intervals = [
        (command.claimed, command.done)
        for command in commands(run)
        if command.kind == "http"
        and command.execution_id != run.execution_id
        and command.claimed is not None
        and command.done is not None
    ]
    outside = [
        call
        for call in run.outcome.calls
        if not any(
            claimed <= call.arrived and (call.departed or call.arrived) <= done
            for claimed, done in intervals
        )
    ]
    if not outside:
        return []
    travelers = tuple(sorted({c.traveler_id for c in outside if c.traveler_id is not None}))
    return [Finding("call-outside-http", f"{len(outside)} calls outside http steps", travelers)]


def no_client_in_code(run: Run) -> list[Finding]:
    """No Python step that ran imports what could make a call (row 6).

    A playbook's text proves something only of the steps whose events occur.
    """
    found = []
    for playbook, ran in (
        (run.pair.parent, steps_entered(run, parent=True)),
        (run.pair.worker, steps_entered(run, parent=False)),
    ):
        for step, code in _code_of_steps(playbook):
            modules = sorted(_imports(code) & HTTP_MODULES)
            if step in ran and modules:
                found.append(Finding("client-in-code", f"step {step} imports {', '.join(modules)}"))
    return found


def _code_of_steps(playbook: Playbook) -> Iterator[tuple[str, str]]:
    for name, step in playbook.steps().items():
        for code in _strings_under(step, "code"):
            yield name, code


def _strings_under(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == key and isinstance(inner, str):
                yield inner
            else:
                yield from _strings_under(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings_under(inner, key)


def _imports(code: str) -> set[str]:
    """Return the modules that code imports, by first name; ``urllib.request`` counts as http."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            found.add("http" if name.startswith("urllib.request") else name.split(".")[0])
    return found
