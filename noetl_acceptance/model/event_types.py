"""The types of NoETL's events that the suite reads, in its own words (2.8.x writes the same)."""

from __future__ import annotations

from typing import Literal

EndReason = Literal[
    "playbook.completed", "playbook.failed", "execution.cancelled", "command.failed", "unended"
]

UNENDED: EndReason = "unended"
"""The execution did not end while it was watched; ``ended_at`` is when the suite gave it up."""

INITIALIZED = "playbook.initialized"
"""The type of an execution's first event; its node is the path of the playbook."""

CANCELLED: EndReason = "execution.cancelled"

ENDINGS = ("playbook.completed", "playbook.failed", CANCELLED)
"""The types of events that end an execution; a failed command ends it in silence, or does not."""

COMMAND_ENDINGS = ("command.completed", "command.failed", "command.cancelled")
"""The types of events after which no worker is at work on a command."""

FAILURES = ("call.error", "command.failed", "playbook.failed")
"""The types of events that tell a failure."""

GAVE = ("step.exit", "call.done")
"""The types of events that may hold what a step gave (``generations/`` says which does)."""

WAITING_KIND = "playbook"
"""The kind of the command by which a parent starts a worker execution and waits for its end."""

HEARTBEATS = ("command.heartbeat", "frame.heartbeat")
"""The types of events that tell that somebody is still there, and of nothing done."""
