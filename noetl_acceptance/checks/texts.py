"""What can be judged from the registered text of the playbooks alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from noetl_acceptance.checks.findings import Finding
from noetl_acceptance.noetl.pair import Pair
from noetl_acceptance.run import Workload


def defaults_are(pair: Pair, wanted: Workload) -> list[Finding]:
    """The parent's own workload has the documents' sizes (row 2)."""
    workload = pair.parent.document.get("workload") or {}
    return [
        Finding("default", f"{name} defaults to {workload.get(name)!r}, not {value}")
        for name, value in wanted.model_dump().items()
        if str(workload.get(name)) != str(value)
    ]


def parallel_http_loop(pair: Pair, most: int) -> list[Finding]:
    """The worker loops over http calls in parallel, at most ``most`` in flight (rows 5 and 37)."""
    for step in pair.worker.steps().values():
        spec = (step.get("loop") or {}).get("spec") or {}
        kinds = set(_kinds(step.get("tool")))
        if "http" in kinds and spec.get("mode") == "parallel":
            if spec.get("max_in_flight") == most:
                return []
            return [
                Finding(
                    "max-in-flight", f"max_in_flight is {spec.get('max_in_flight')}, not {most}"
                )
            ]
    return [Finding("no-parallel-loop", "no step loops over kind: http with mode: parallel")]


def _kinds(tool: Any) -> Iterator[str]:
    """Yield the kinds of a tool, or of all tools of a list of them."""
    if isinstance(tool, Mapping):
        if isinstance(tool.get("kind"), str):
            yield tool["kind"]
        else:
            for inner in tool.values():
                yield from _kinds(inner)
    elif isinstance(tool, list):
        for inner in tool:
            yield from _kinds(inner)
