"""Whether this machine can run the compose sandbox."""

from __future__ import annotations

import shutil
import subprocess

ENGINE_SECONDS = 3.0
"""How long a Docker engine may take to answer."""


def compose_problem() -> str | None:
    """Return why the compose sandbox cannot run here, in a few words; None when it can."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    try:
        asked = _docker("version", "--format", "{{.Server.Version}}")
    except subprocess.TimeoutExpired:
        return f"no Docker engine answers within {ENGINE_SECONDS:.0f} s"
    if asked.returncode != 0:
        return "no Docker engine answers"
    for plugin, name in (("compose", "compose v2"), ("buildx", "buildx")):
        if _docker(plugin, "version").returncode != 0:
            return f"Docker is there, but not its plugin {name}"
    return None


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments],
        capture_output=True,
        text=True,
        timeout=ENGINE_SECONDS,
        check=False,
    )
