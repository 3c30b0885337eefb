"""The log and the status of the Rust server and workers (server 3.54.0, worker 5.52.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noetl_acceptance.generations.log_dialect import LogDialect, Status


def read_status(answer: Mapping[str, Any]) -> Status | None:
    """Read ``status``, one word for how the execution stands."""
    word = answer.get("status")
    if not isinstance(word, str):
        return None
    step = answer.get("current_step")
    return Status(word == "COMPLETED", word == "FAILED", step, cancelled=word == "CANCELLED")


RUST = LogDialect(
    name="Rust",
    begins="playbook_started",
    renamed={
        "playbook_started": "playbook.initialized",
        "playbook_completed": "playbook.completed",
        "playbook_failed": "playbook.failed",
        "playbook_cancelled": "execution.cancelled",
        "playbook.cancelled": "execution.cancelled",
    },
    others=frozenset(
        {
            "playbook.completed",
            "playbook.failed",
            "workflow.initialized",
            "workflow.completed",
            "workflow.failed",
            "step.enter",
            "step.exit",
            "step.skipped",
            "step.failed",
            "loop.item",
            "loop.done",
            "loop.shard.done",
            "loop.fanin.completed",
            "command.issued",
            "command.claimed",
            "command.started",
            "command.completed",
            "command.failed",
            "call.done",
            "call.error",
            "ctx.updated",
        }
    ),
    result_event="call.done",
    read_status=read_status,
)
