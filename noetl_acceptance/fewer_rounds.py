"""A parent playbook that runs fewer rounds than it is asked for."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from noetl_acceptance.checks.tools import tools_of
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.noetl.pair import Pair

STEP = "acceptance_first_rounds"
"""The step that comes before the loop; it hands on the first of what the loop goes over."""


def with_rounds(pair: Pair, most: int) -> Pair:
    """Return a pair whose parent ends its loop over the batches after some rounds.

    Args:
        pair: as it is; it stays so.
        most: how many rounds its parent runs, whatever it is asked for.

    Raises:
        NotJudgedError: the parent has no loop that runs the worker.
    """
    document = copy.deepcopy(pair.parent.document)
    steps = document.get("workflow", [])
    loop = next((step for step in steps if _runs_worker(step)), None)
    if loop is None:
        raise NotJudgedError("no loop of the parent runs the worker")
    for step in steps:
        if "next" in step:
            step["next"] = _redirected(step["next"], loop["step"])
    code = f"result = {{'rounds': list(batches)[:{most}]}}\n"
    first = {
        "step": STEP,
        "tool": {"kind": "python", "args": {"batches": loop["loop"]["in"]}, "code": code},
        "next": [{"step": loop["step"], "when": "{{ event.name == 'call.done' }}"}],
    }
    loop["loop"]["in"] = f"{{{{ {STEP}.rounds }}}}"
    steps.append(first)
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return pair.model_copy(update={"parent": pair.parent.model_copy(update={"text": text})})


def _runs_worker(step: dict[str, Any]) -> bool:
    return "loop" in step and any(tool.get("kind") == "playbook" for tool in tools_of(step))


def _redirected(then: Any, loop: str) -> Any:
    """Return what comes next, with the step before the loop where the loop was."""
    if then == loop:
        return STEP
    if isinstance(then, list):
        return [_redirected(each, loop) for each in then]
    if isinstance(then, dict):
        return {
            key: _redirected(value, loop) if key in ("arcs", "step") else value
            for key, value in then.items()
        }
    return then
