"""What the package index has of NoETL: its releases, and the wheel of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from noetl_acceptance.errors import UnusableBuildError, UsageError
from noetl_acceptance.sandbox.builds.environment_cache import find_uv, installation_error
from noetl_acceptance.sandbox.builds.noetl_build import FIRST_WITHOUT_SERVER, PACKAGE
from noetl_acceptance.sandbox.builds.python_finder import find_python
from noetl_acceptance.sandbox.subprocesses import run_in_time
from noetl_acceptance.sandbox.user_environment import of_pip, of_uv

FIRST = Version("2.4.0")
"""The first release that is looked at: those before are of another program."""

ASK_SECONDS = 180.0
"""How long pip may take to list the releases, or to fetch a wheel."""


class Wheel(NamedTuple):
    """A file of the package index, and the SHA-256 of its bytes."""

    name: str
    sha256: str


def released() -> list[str]:
    """Return the releases that have a Python server, the oldest first.

    Raises:
        UsageError: the index cannot be reached, or there is no Python that NoETL runs on.
    """
    answer = _pip("index", "versions", PACKAGE, "--json")
    versions: list[str] = json.loads(answer[answer.index("{") :])["versions"]
    return sorted(filter(has_server, versions), key=Version)


def has_server(version: str) -> bool:
    """Whether a release is one that is looked at: it has a Python server, and is no pre-release."""
    try:
        parsed = Version(version)
    except InvalidVersion:
        return False
    return FIRST <= parsed < Version(str(FIRST_WITHOUT_SERVER)) and not parsed.is_prerelease


def fetch_wheel(release: str, folder: Path) -> Path:
    """Fetch the wheel of a release into a folder of its own, and return the file.

    Raises:
        UsageError: it cannot be fetched.
    """
    place = ("--dest", str(folder))
    _pip(
        "download",
        "--quiet",
        "--no-cache-dir",
        "--no-deps",
        "--only-binary=:all:",
        *place,
        f"{PACKAGE}=={release}",
    )
    return next(folder.glob("*.whl"))


def wheel_of(file: Path) -> Wheel:
    """Return what is told of a wheel."""
    return Wheel(file.name, hashlib.sha256(file.read_bytes()).hexdigest())


def _pip(*arguments: str) -> str:
    """Run pip as it is configured, on a Python that NoETL runs on; return what it prints.

    The suite's own environment has no pip; uv fetches one and keeps it.
    """
    uv = find_uv()
    runs = [uv, "tool", "run", "--quiet", "--python", str(find_python(uv)), "pip"]
    quiet = ("--disable-pip-version-check", "--no-input")
    asked = run_in_time(
        [*runs, *quiet, *arguments],
        what="pip, asked for NoETL's releases,",
        remedy="is the package index slow? PIP_INDEX_URL names a mirror",
        seconds=ASK_SECONDS,
        environment=of_pip(),
    )
    if asked.returncode != 0:
        raise _error_of(arguments, asked.stderr)
    return asked.stdout


def _error_of(arguments: Sequence[str], output: str) -> UsageError:
    error = installation_error(_requirement(arguments), output)
    if arguments[0] != "index" or not isinstance(error, UnusableBuildError):
        return error
    return UsageError(  # no release is to blame: only which ones there are was asked
        "the package index does not tell NoETL's releases",
        "does PIP_INDEX_URL, or pip's configuration, name one that has them?",
        error.detail,
    )


def _requirement(arguments: Sequence[str]) -> str:
    return next((each for each in reversed(arguments) if each.startswith(PACKAGE)), PACKAGE)


def packages_in(python: Path) -> list[str]:
    """Return the packages of an environment, as ``NAME==VERSION``, by name.

    Raises:
        UsageError: they cannot be listed.
    """
    uv = find_uv()
    listed = run_in_time(
        [uv, "pip", "list", "--format=json", "--python", str(python)],
        what="uv, asked for the packages of an environment,",
        remedy="try again when the machine and its disk are less busy",
        seconds=ASK_SECONDS,
        environment=of_uv(),
    )
    if listed.returncode != 0:
        raise UsageError(
            f"uv cannot list the packages of an environment: {listed.stderr[-300:]}", "try again"
        )
    return sorted(f"{each['name']}=={each['version']}" for each in json.loads(listed.stdout))
