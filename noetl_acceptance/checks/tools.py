"""Which tool of a playbook a command carries out."""

from __future__ import annotations

from noetl_acceptance.checks.history import Command
from noetl_acceptance.model.tools import Steps, kinds_of


def carries_out(command: Command, kind: str, steps: Steps) -> bool:
    """Whether a command is a tool of that kind, or a list of tools with one in it.

    A list of tools is one command, of a kind of its own; so is a tool that has a policy.

    Args:
        command: of an execution of a playbook.
        kind: ``http``, ``playbook`` and the like.
        steps: the playbook's, which tell what is in a list.
    """
    kinds = kinds_of(steps.get(command.step, {}))
    return command.kind == kind or (command.kind not in kinds and kind in kinds)
