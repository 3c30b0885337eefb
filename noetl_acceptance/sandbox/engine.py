"""Whether this machine can run the compose sandbox."""

from __future__ import annotations

import os
import shutil
import subprocess

from noetl_acceptance.sandbox.commands import run

ENGINE_SECONDS = 3.0
"""How long a Docker engine may take to answer."""


def compose_problem() -> str | None:
    """Return why the compose sandbox cannot run here, in a few words; None when it can."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    asked = _docker("version", "--format", "{{.Server.Version}}")
    if asked is None:
        return f"no Docker engine answers{_where()} within {ENGINE_SECONDS:.0f} s"
    if asked.returncode != 0:
        if "permission denied" in asked.stderr.lower():
            return "this user may not use the Docker engine (is it in the group docker?)"
        return f"no Docker engine answers{_where()}"
    for plugin, name in (("compose", "compose v2"), ("buildx", "buildx")):
        found = _docker(plugin, "version")
        if found is None or found.returncode != 0:
            return f"Docker is there, but not its plugin {name}"
    return None


def _where() -> str:
    for variable in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        if os.environ.get(variable):
            return f" at {variable}={os.environ[variable]}"
    return ""


def _docker(*arguments: str) -> subprocess.CompletedProcess[str] | None:
    """Run a docker command; None when it takes too long."""
    try:
        return run(["docker", *arguments], seconds=ENGINE_SECONDS)
    except subprocess.TimeoutExpired:
        return None
