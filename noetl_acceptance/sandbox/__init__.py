"""Bring-up of the services; nothing here knows what a traveler is."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import replace

from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.generations.reserved import require_free
from noetl_acceptance.generations.rust import require_in_process
from noetl_acceptance.options import Settings
from noetl_acceptance.places import LEDGERS
from noetl_acceptance.sandbox.attaching import attach
from noetl_acceptance.sandbox.builds.asked import build_of
from noetl_acceptance.sandbox.builds.image_build import ImageBuild
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.containers.engine import client, compose_problem
from noetl_acceptance.sandbox.local.embedded import EmbeddedSandbox
from noetl_acceptance.sandbox.protocol import RunFolder, Sandbox
from noetl_acceptance.sandbox.sweep import sweep
from noetl_acceptance.support.console import Console


def open_sandbox(settings: Settings, folder: RunFolder, console: Console) -> Sandbox:
    """Bring up the kind of sandbox that the settings ask for, or attach to one that is up.

    Raises:
        UsageError: this machine cannot run it, or there is none to attach to.
        SandboxError: a service did not come up, and nothing of it is left; or one to attach to does
            not answer.
    """
    if settings.sandbox == "attach":
        return attach(settings, folder, console)
    build = build_of(settings.noetl, settings.noetl_worker)
    if settings.noetl_settings:
        require_free(settings.noetl_settings)
        if isinstance(build, RustBuild):
            require_in_process(settings.noetl_settings)
    swept = _sweep(console)
    problem = None if settings.sandbox == "embedded" else compose_problem()
    if settings.sandbox == "embedded" or (settings.sandbox == "auto" and problem):
        local = replace(settings, sandbox="embedded")
        sandbox = EmbeddedSandbox.open(local, build, folder, console)
        sandbox.reason = problem.cause if problem else ""
        return sandbox
    if problem is not None:
        raise UsageError(f"sandbox compose cannot run: {problem.cause}", problem.remedy)
    from noetl_acceptance.sandbox.containers.compose import ComposeSandbox  # noqa: PLC0415 - slow import

    settings = replace(settings, sandbox="compose")
    if isinstance(build, ImageBuild):
        from noetl_acceptance.sandbox.builds import image_content, image_variables  # noqa: PLC0415 - slow import

        brought = image_variables.image_settings(image_content.held_pair(build), settings)
        settings = replace(settings, image_settings=brought)
    _sweep_projects(console, swept)
    return ComposeSandbox.open(settings, build, folder, console)


def chosen_kind(settings: Settings) -> str:
    """Return the kind of sandbox that the settings ask for on this machine."""
    if settings.sandbox != "auto":
        return settings.sandbox
    return "embedded" if compose_problem() else "compose"


def _sweep(console: Console) -> list[str]:
    """Remove what killed runs of either kind have left."""
    swept = sweep(LEDGERS, console.say)
    for run_id in swept:
        console.say(f"removed what run {run_id} had left")
    if swept and compose_problem() is None:
        _sweep_projects(console, swept)
    return swept


def _sweep_projects(console: Console, swept: Collection[str]) -> None:
    from docker.errors import DockerException  # noqa: PLC0415 - slow import

    from noetl_acceptance.sandbox.containers.projects import sweep_projects  # noqa: PLC0415 - slow import

    try:
        with closing(client()) as engine:
            for project in sweep_projects(engine, console.say, swept):
                console.say(f"removed the containers of {project}")
    except (DockerException, OSError, SandboxError) as error:
        console.say(f"what killed runs have left could not be removed: {error}")
