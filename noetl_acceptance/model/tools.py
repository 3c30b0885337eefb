"""The tools of a playbook's steps, as its text has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Steps = Mapping[str, Mapping[str, Any]]
"""The steps of a playbook by name, as ``Playbook.steps`` gives them."""


def kinds_of(step: Mapping[str, Any]) -> set[str]:
    """Return the kinds of a step's tool, or of all tools of a list of them."""
    return {str(tool["kind"]) for tool in tools_of(step)}


def tools_of(step: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a step's tool, or each of a list of them."""
    yield from _tools_under(step.get("tool"))


def steps_with(kind: str, steps: Steps) -> list[str]:
    """Return the names of the steps that have a tool of that kind, alone or in a list."""
    return [name for name, step in steps.items() if kind in kinds_of(step)]


def _tools_under(tool: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(tool, Mapping):
        if isinstance(tool.get("kind"), str):
            yield tool
        else:
            for inner in tool.values():
                yield from _tools_under(inner)
    elif isinstance(tool, list):
        for inner in tool:
            yield from _tools_under(inner)
