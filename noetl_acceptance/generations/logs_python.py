"""The log and the status of NoETL's Python runtime, releases 2.8 to 4.26.

The suite's own words for types of events are this generation's. Later releases write all that
2.8.x writes, and more: from 2.11 on a command's id stands elsewhere (``noetl/event_log.py``), and a
worker hands its events in by batches, which are events themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noetl_acceptance.generations.log_dialect import LogDialect, Status


def read_status(answer: Mapping[str, Any]) -> Status | None:
    """Read ``completed`` and ``failed``, which stand beside each other; no word says cancelled."""
    if "completed" not in answer:
        return None
    return Status(bool(answer["completed"]), bool(answer.get("failed")), answer.get("current_step"))


_LATER = frozenset(
    {
        "batch.accepted",
        "batch.processing",
        "batch.completed",
        "batch.failed",
        "command.heartbeat",
        "command.cancelled",
        "loop.stalled",
        "loop.shard.done",
        "loop.shard.failed",
        "loop.fanin.completed",
        "stage.opened",
        "stage.closed",
        "frame.dispatched",
        "frame.started",
        "frame.heartbeat",
        "frame.committed",
        "frame.abandoned",
        "frame.failed",
    }
)
"""What releases after 2.8.x write besides; 4.26.0 has them all."""

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
    )
    | _LATER,
    result_event="step.exit",
    read_status=read_status,
)
