"""Bring-up of the services; nothing here knows what a traveler is."""

from __future__ import annotations

from noetl_acceptance.console import Console
from noetl_acceptance.errors import UsageError
from noetl_acceptance.sandbox.embedded import EmbeddedSandbox
from noetl_acceptance.sandbox.engine import compose_problem
from noetl_acceptance.sandbox.protocol import RunFolder, Sandbox
from noetl_acceptance.settings import Settings


def open_sandbox(settings: Settings, folder: RunFolder, console: Console) -> Sandbox:
    """Bring up the kind of sandbox that the settings ask for.

    Raises:
        UsageError: this machine cannot run it.
        SandboxError: a service did not come up; nothing of it is left.
    """
    if settings.sandbox == "embedded":
        return EmbeddedSandbox.open(settings, folder, console)
    problem = compose_problem()
    if problem is None:
        from noetl_acceptance.sandbox.compose import ComposeSandbox  # noqa: PLC0415 - slow import

        return ComposeSandbox.open(settings, folder, console)
    if settings.sandbox == "compose":
        raise UsageError(
            f"sandbox compose cannot run: {problem}",
            "`make engine` installs and starts what is missing, or use -D sandbox=embedded",
        )
    sandbox = EmbeddedSandbox.open(settings, folder, console)
    sandbox.reason = problem
    return sandbox
