"""Puts together what the images are built from: copies of what the Dockerfile takes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.places import PACKAGE, ROOT
from noetl_acceptance.sandbox.builds.asked import Build
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild, copy_source
from noetl_acceptance.sandbox.builds.noetl_environment import ADDITIONS, OVERRIDES
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.builds.rust_image import put_programs
from noetl_acceptance.support.console import Console

_REQUIREMENTS = ROOT / "requirements"

SCHEMA_MODULES = (
    "__init__.py",
    "ddl/__init__.py",
    "ddl/noetl_tables.py",
    "errors.py",
    "model/__init__.py",
    "model/wording.py",
    "support/__init__.py",
    "support/cgroups.py",
    "support/measuring.py",
    "support/polling.py",
    "support/procfs.py",
    "support/starvation.py",
)
"""What the server's container needs of this package to make NoETL's tables."""


def put_together(context: Path, build: Build, console: Console) -> None:
    """Fill the build context with copies of what the Dockerfile takes.

    Raises:
        UsageError: Rust programs cannot be built, or do not run in a container.
    """
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir()
    shutil.copy(ROOT / "Dockerfile", context)
    for name in ("installing.sh", "install.sh", "postgres.sh", "nats.conf"):
        shutil.copy(ROOT / "compose" / name, context)
    suite_lock = (_REQUIREMENTS / "suite.txt").read_text(encoding="utf-8")
    (context / "uv.txt").write_text(pin_of("uv", suite_lock), encoding="utf-8")
    if isinstance(build, NoetlBuild):
        _put_noetl(context / "noetl", build)
    elif isinstance(build, RustBuild):
        put_programs(context / "rust", build, console)
    copy_modules(context / "schema", SCHEMA_MODULES)
    copy_modules(context / "profile-api" / "suite", stand_in_modules())
    shutil.copy(_REQUIREMENTS / "profile-api.txt", context / "profile-api" / "requirements.txt")


def _put_noetl(noetl: Path, build: NoetlBuild) -> None:
    """Fill the folder from which NoETL's Python environment is installed."""
    noetl.mkdir()
    shutil.copy(OVERRIDES, noetl / "overrides.in")
    shutil.copy(ADDITIONS, noetl / "additions.in")
    (noetl / "requirements.txt").write_text(_requirement(build, noetl), encoding="utf-8")


def _requirement(build: NoetlBuild, folder: Path) -> str:
    """Return what to install; a wheel or checkout is copied into the folder."""
    if build.lock:
        return build.lock.read_text(encoding="utf-8")
    additions = "-r additions.in"
    if build.release:
        return f"{build.requirement}\n{additions}"
    origin = Path(build.requirement)
    if origin.is_file():
        shutil.copy(origin, folder)
        return f"./{origin.name}\n{additions}"
    copy_source(origin, folder / "source")
    return f"./source\n{additions}"


def stand_in_modules() -> list[str]:
    """Return what the profile API and the proxy of the links need of this package."""
    packages = ("profile_api", "link_proxy")
    modules = [f"{each}/{f.name}" for each in packages for f in (PACKAGE / each).glob("*.py")]
    return ["__init__.py", *modules]


def copy_modules(folder: Path, modules: Sequence[str]) -> None:
    """Copy modules of this package, and nothing else of it, below a folder."""
    for module in modules:
        copy = folder / "noetl_acceptance" / module
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGE / module, copy)


def pin_of(package: str, lock: str) -> str:
    """Return a package's pin with its hashes from the text of a lock file."""
    found = re.search(rf"^{re.escape(package)}==.*?(?=^\S|\Z)", lock, re.DOTALL | re.MULTILINE)
    if found is None:
        raise SandboxError(f"{package} is not pinned in requirements/suite.txt", "run `make lock`")
    return found.group()
