"""A build of NoETL as it is started in the containers of its image, of whichever generation."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docker.models.containers import Container

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.editions import RUST
from noetl_acceptance.generations.python_runtime import PythonServices
from noetl_acceptance.generations.rust import RustServices
from noetl_acceptance.generations.services import Services, Surroundings
from noetl_acceptance.sandbox.builds.asked import Build
from noetl_acceptance.sandbox.builds.image_build import ImageBuild
from noetl_acceptance.sandbox.builds.image_content import HeldPair, held_pair
from noetl_acceptance.sandbox.builds.image_services import WRITABLE, compose_services, services_of
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.builds.rust_programs import ensure_schema
from noetl_acceptance.sandbox.containers.processes import service_name
from noetl_acceptance.sandbox.readiness import told_version
from noetl_acceptance.support.console import Console

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
        origin: what the reader has to know of where the build comes from.
        ddl: the file of the tables, where the installed package ``noetl`` does not hold it.
        data_folder: where NoETL may write, in its container.
        images: returns what compose takes of images that are tested as they are; None where the
            suite has made the image.
        tables: the tables' DDL, where the suite makes them from outside.
        runners: for each service whose image is tested as it is, who runs it in place of root;
            empty for the image's own user.
    """

    services: Services
    version: Callable[[str, Sequence[Container]], str]
    origin: str
    ddl: str = ""
    data_folder: str = "/home/sandbox/data"
    images: Callable[[Surroundings], str] | None = None
    tables: str = field(default="", repr=False)
    runners: Mapping[str, str] = field(default_factory=dict)

    def commands(self, surroundings: Surroundings) -> dict[str, str]:
        """Return what compose.yaml takes of it: a shell's words for each command."""
        server = f"exec {shlex.join(self.services.server_command(surroundings))}"
        worker = f"exec {shlex.join(self.services.worker_command(surroundings))}"
        if self.services.workers_need_server:
            worker = f"{_WAIT.format(url=surroundings.server_url)}; {worker}"
        return {"DDL": self.ddl, "SERVER_COMMAND": server, "WORKER_COMMAND": worker}


def contained(build: Build, console: Console) -> Contained:
    """Return how a build is started in containers.

    Raises:
        UsageError: images do not hold what they are to.
    """
    if isinstance(build, ImageBuild):
        return _of_images(held_pair(build), console)
    if isinstance(build, RustBuild):
        return Contained(
            RustServices("/opt/noetl/bin", "/usr/bin/python3"),
            lambda url, _: build.told(told_version(url)),
            build.origin,
            "/opt/noetl/schema_ddl.sql",
        )
    return Contained(
        PythonServices("python"), lambda _, containers: _installed(containers), build.origin
    )


def _of_images(held: HeldPair, console: Console) -> Contained:
    def version(url: str, _: Sequence[Container]) -> str:
        if not held.server.rust:
            return held.server.release
        return f"{RUST} {told_version(url)} + {held.worker.release}"

    ddl = held.server.ddl
    if held.server.rust:
        ddl = ensure_schema(console).read_text(encoding="utf-8")
    return Contained(
        services_of(held.server),
        version,
        held.origin,
        data_folder=WRITABLE,
        images=lambda surroundings: compose_services(held, surroundings),
        tables=ddl,
        runners={"server": held.server.runner, "worker": held.worker.runner},
    )


def _installed(containers: Sequence[Container]) -> str:
    server = next(each for each in containers if service_name(each) == "server")
    code = "import importlib.metadata; print(importlib.metadata.version('noetl'), end='')"
    asked: Any = server.exec_run(["python", "-c", code])
    if asked.exit_code != 0:
        raise SandboxError("the server's container has no noetl", "", asked.output.decode())
    return str(asked.output.decode())
