"""The log and the status of NoETL's Python runtime, as 2.8.x writes them.

The suite's own words for types of events are this generation's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noetl_acceptance.generations.log_dialect import LogDialect, Status


def read_status(answer: Mapping[str, Any]) -> Status | None:
    """Read ``completed`` and ``failed``, which stand beside each other."""
    if "completed" not in answer:
        return None
    return Status(bool(answer["completed"]), bool(answer.get("failed")), answer.get("current_step"))


PYTHON = LogDialect(
    name="Python",
    begins="playbook.initialized",
    renamed={},
    others=frozenset(
        {
            "playbook.initialized",
            "playbook.completed",
            "playbook.failed",
            "workflow.initialized",
            "workflow.completed",
            "workflow.failed",
            "execution.cancelled",
            "step.enter",
            "step.exit",
            "step.done",
            "step.failed",
            "loop.item",
            "loop.done",
            "command.issued",
            "command.claimed",
            "command.started",
            "command.completed",
            "command.failed",
            "call.done",
            "call.error",
            "case.evaluated",
        }
    ),
    result_event="step.exit",
    read_status=read_status,
)
