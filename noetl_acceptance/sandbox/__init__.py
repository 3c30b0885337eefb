"""Bring-up of the services; nothing here knows what a traveler is."""

from __future__ import annotations

from contextlib import closing

from noetl_acceptance.console import Console
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.sandbox.embedded import EmbeddedSandbox
from noetl_acceptance.sandbox.engine import compose_problem
from noetl_acceptance.sandbox.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.protocol import RunFolder, Sandbox
from noetl_acceptance.sandbox.sweep import sweep
from noetl_acceptance.settings import LEDGERS, Settings


def open_sandbox(settings: Settings, folder: RunFolder, console: Console) -> Sandbox:
    """Bring up the kind of sandbox that the settings ask for.

    Raises:
        UsageError: this machine cannot run it.
        SandboxError: a service did not come up; nothing of it is left.
    """
    build = NoetlBuild.of(settings.noetl)
    _sweep(console)
    if settings.sandbox == "embedded":
        return EmbeddedSandbox.open(settings, build, folder, console)
    problem = compose_problem()
    if problem is None:
        from noetl_acceptance.sandbox.compose import ComposeSandbox  # noqa: PLC0415 - slow import

        _sweep_projects(console)
        return ComposeSandbox.open(settings, build, folder, console)
    if settings.sandbox == "compose":
        raise UsageError(
            f"sandbox compose cannot run: {problem}",
            "`make engine` installs and starts what is missing, or use -D sandbox=embedded",
        )
    sandbox = EmbeddedSandbox.open(settings, build, folder, console)
    sandbox.reason = problem
    return sandbox


def _sweep(console: Console) -> None:
    """Remove what killed runs of either kind have left."""
    swept = sweep(LEDGERS)
    for run_id in swept:
        console.say(f"removed what run {run_id} had left")
    if swept and compose_problem() is None:
        _sweep_projects(console)


def _sweep_projects(console: Console) -> None:
    import docker  # noqa: PLC0415 - slow import

    from noetl_acceptance.sandbox.projects import sweep_projects  # noqa: PLC0415 - slow import

    try:
        with closing(docker.from_env()) as client:
            for project in sweep_projects(client):
                console.say(f"removed the containers of {project}")
    except (docker.errors.DockerException, SandboxError) as error:
        console.say(f"what killed runs have left could not be removed: {error}")
