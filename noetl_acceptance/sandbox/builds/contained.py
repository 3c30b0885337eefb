"""A build of NoETL as it is started in the containers of its image, of whichever generation."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from docker.models.containers import Container

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.python_runtime import PythonServices
from noetl_acceptance.generations.rust import RustServices
from noetl_acceptance.generations.services import Services, Surroundings
from noetl_acceptance.sandbox.builds.asked import Build
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.container_processes import service_name
from noetl_acceptance.sandbox.readiness import told_version

DATA_FOLDER = "/home/sandbox/data"
"""Where NoETL may write, in its container."""

_WAIT = (
    "until python3 -c 'import urllib.request as r; r.urlopen(\"{url}/api/health\")' 2>/dev/null; "
    "do sleep 0.1; done"
)
"""Waits in a worker's container until the server answers."""


@dataclass(frozen=True, slots=True)
class Contained:
    """A build in its containers.

    Args:
        services: how they are started.
        version: asks which version is installed, given the server's address and the containers.
        ddl: the file of the tables, where the installed package ``noetl`` does not hold it.
    """

    services: Services
    version: Callable[[str, Sequence[Container]], str]
    ddl: str = ""

    def commands(self, surroundings: Surroundings) -> dict[str, str]:
        """Return what compose.yaml takes of it: a shell's words for each command."""
        server = f"exec {shlex.join(self.services.server_command(surroundings))}"
        worker = f"exec {shlex.join(self.services.worker_command(surroundings))}"
        if self.services.workers_need_server:
            worker = f"{_WAIT.format(url=surroundings.server_url)}; {worker}"
        return {"DDL": self.ddl, "SERVER_COMMAND": server, "WORKER_COMMAND": worker}


def contained(build: Build) -> Contained:
    """Return how a build is started in the containers of the image that the Dockerfile makes."""
    if isinstance(build, RustBuild):
        return Contained(
            RustServices("/opt/noetl/bin", "/usr/bin/python3"),
            lambda url, _: build.told(told_version(url)),
            "/opt/noetl/schema_ddl.sql",
        )
    return Contained(PythonServices("python"), lambda _, containers: _installed(containers))


def _installed(containers: Sequence[Container]) -> str:
    server = next(each for each in containers if service_name(each) == "server")
    code = "import importlib.metadata; print(importlib.metadata.version('noetl'), end='')"
    asked: Any = server.exec_run(["python", "-c", code])
    if asked.exit_code != 0:
        raise SandboxError("the server's container has no noetl", "", asked.output.decode())
    return str(asked.output.decode())
