"""A build of NoETL that can be started on this machine, of whichever generation."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.ddl.noetl_tables import ddl_file
from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.python_runtime import PythonServices
from noetl_acceptance.generations.rust import RustServices
from noetl_acceptance.generations.services import Services
from noetl_acceptance.places import WORK
from noetl_acceptance.sandbox.builds import noetl_environment, rust_programs
from noetl_acceptance.sandbox.builds.asked import Build
from noetl_acceptance.sandbox.builds.image_build import ImageBuild
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.readiness import told_version
from noetl_acceptance.support.console import Console


@dataclass(frozen=True, slots=True)
class Installed:
    """A build that can be started.

    Args:
        services: how.
        ddl: the file of the tables that its server wants to find made.
        version: asks which version is installed, given the address of the server that runs.
        release: as it was installed.
    """

    services: Services
    ddl: Path
    version: Callable[[str], str]
    release: str


def installed(build: Build, console: Console) -> Installed:
    """Return a build that can be started here, made where there is none yet.

    Raises:
        UsageError: it cannot be made.
    """
    if isinstance(build, ImageBuild):
        raise UsageError(f"the image {build.server} runs in containers alone", "use compose")
    return _rust(build, console) if isinstance(build, RustBuild) else _python(build, console)


def _python(build: NoetlBuild, console: Console) -> Installed:
    environment = noetl_environment.ensure(build, WORK, console)
    return Installed(
        PythonServices(str(environment.python)),
        ddl_file(environment.package),
        lambda _: noetl_environment.installed_version(environment),
        environment.version,
    )


def _rust(build: RustBuild, console: Console) -> Installed:
    programs = rust_programs.ensure_programs(build, console)
    return Installed(
        RustServices(str(programs), bare_python()),
        rust_programs.ensure_schema(console),
        lambda url: build.told(told_version(url)),
        build.key,
    )


def bare_python() -> str:
    """Return the Python behind the suite's own, which has none of the suite's packages."""
    return os.path.realpath(sys.executable)
