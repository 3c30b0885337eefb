"""Bring-up of the services; nothing here knows what a traveler is."""

from __future__ import annotations

from noetl_acceptance.errors import UsageError
from noetl_acceptance.sandbox.embedded import EmbeddedSandbox
from noetl_acceptance.sandbox.engine import compose_problem
from noetl_acceptance.sandbox.protocol import Progress, RunFolder, Sandbox
from noetl_acceptance.settings import Settings


def open_sandbox(settings: Settings, folder: RunFolder, progress: Progress) -> Sandbox:
    """Bring up the kind of sandbox that the settings ask for.

    Raises:
        UsageError: this machine cannot run it.
        SandboxError: a service did not come up; nothing of it is left.
    """
    if settings.sandbox == "embedded":
        return EmbeddedSandbox.open(settings, folder, progress)
    problem = compose_problem()
    if problem is None:
        from noetl_acceptance.sandbox.compose import ComposeSandbox  # noqa: PLC0415 - slow import

        return ComposeSandbox.open(settings, folder, progress)
    if settings.sandbox == "compose":
        raise UsageError(
            f"sandbox compose cannot run: {problem}",
            "`make engine` installs and starts what is missing, or use -D sandbox=embedded",
        )
    progress(f"sandbox embedded, because {problem}")
    return EmbeddedSandbox.open(settings, folder, progress)
