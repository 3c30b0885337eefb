"""NoETL's own Python environment: made once for each build, then found again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from noetl_acceptance.console import Console
from noetl_acceptance.errors import UsageError
from noetl_acceptance.sandbox.python_finder import find_python
from noetl_acceptance.settings import ROOT

OVERRIDES = ROOT / "requirements" / "noetl-overrides.in"
_RELEASE = re.compile(r"\d+(\.\d+)*([abrc.]+\d+)?")
_FIRST_WITHOUT_SERVER = 5
_MARKER = "environment.json"


@dataclass(frozen=True, slots=True)
class NoetlEnvironment:
    """An environment that has NoETL installed."""

    python: Path
    version: str
    package: Path
    """The folder of the package ``noetl``."""


@dataclass(frozen=True, slots=True)
class NoetlBuild:
    """What ``-D noetl=`` names: a release, a wheel or a source checkout.

    ``key`` is the same exactly when the same code would be installed.
    """

    requirement: str
    key: str
    release: str | None

    @classmethod
    def of(cls, asked: str) -> NoetlBuild:
        """Read the option.

        Raises:
            UsageError: it is neither a release, nor a wheel, nor a checkout; or a release that
                has no server.
        """
        path = Path(asked).expanduser()
        if path.suffix == ".whl" and path.is_file():
            return cls(str(path.resolve()), f"wheel-{_digest([path])}", None)
        if (path / "pyproject.toml").is_file():
            return cls(str(path.resolve()), f"source-{_digest(source_files(path))}", None)
        if not _RELEASE.fullmatch(asked):
            raise UsageError(
                f"-D noetl={asked} is no release, no wheel and no source checkout",
                "give a release (2.8.9), a .whl file, or a folder with pyproject.toml",
            )
        if int(asked.split(".", maxsplit=1)[0]) >= _FIRST_WITHOUT_SERVER:
            raise UsageError(
                f"NoETL {asked} has no Python server: from 5.0.0 the package is the CLI alone",
                "give a release from 2.x to 4.x",
            )
        return cls(f"noetl=={asked}", asked, asked)

    @property
    def lock(self) -> Path | None:
        """The file of pinned versions with hashes, where there is one for the release."""
        file = ROOT / "requirements" / f"noetl-{self.release}.txt"
        return file if self.release and file.is_file() else None


def ensure(asked: str, work: Path, console: Console) -> NoetlEnvironment:
    """Return the environment of a NoETL build, made when there is none yet.

    Args:
        asked: the option ``-D noetl=``.
        work: the folder for what the suite builds.
        console: for lines about what goes on.

    Raises:
        UsageError: the build is unknown, no Python fits, or it cannot be installed.
    """
    build = NoetlBuild.of(asked)
    folder = work / "noetl" / build.key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{build.key}.lock")):
        if not (folder / _MARKER).exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                _make(build, folder, console)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
    found = json.loads((folder / _MARKER).read_text())
    return NoetlEnvironment(
        folder / "bin" / "python", str(found["version"]), Path(str(found["package"]))
    )


def _make(build: NoetlBuild, folder: Path, console: Console) -> None:
    uv = find_uv()
    python = find_python(uv)
    console.say(f"making NoETL's environment ({build.requirement}), once for this build")
    _uv([uv, "venv", "--quiet", "--python", str(python), str(folder)], build)
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode"]
    install += ["--python", str(folder / "bin" / "python")]
    if build.lock:
        install += ["--no-deps", "--require-hashes", "-r", str(build.lock)]
    else:
        install += ["--override", str(OVERRIDES), build.requirement]
    _uv(install, build)
    asked = subprocess.run(
        [str(folder / "bin" / "python"), "-c", _ASK_VERSION],
        capture_output=True,
        text=True,
        check=True,
    )
    version, package = asked.stdout.split("\n")[:2]
    (folder / _MARKER).write_text(json.dumps({"version": version, "package": package}))


_ASK_VERSION = """
import importlib.metadata, importlib.util
print(importlib.metadata.version("noetl"))
print(importlib.util.find_spec("noetl").submodule_search_locations[0])
"""


def find_uv() -> str:
    """Return the uv of the suite's own environment.

    Raises:
        UsageError: it is not installed.
    """
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise UsageError("uv is not in the suite's environment", "run `make env`")
    return found


def _uv(command: Sequence[str], build: NoetlBuild) -> None:
    environment = {**os.environ, "UV_SYSTEM_CERTS": "true"}
    if "PIP_INDEX_URL" in environment:  # uv does not read pip's settings
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise installation_error(build.requirement, done.stderr)


def installation_error(requirement: str, output: str) -> UsageError:
    """Turn a failed installation's output into an error that names cause and remedy."""
    if "No space left" in output:
        return UsageError(
            f"the disk filled up while installing {requirement}",
            "free about 600 MB below the checkout",
        )
    if "no version of noetl" in output or "No matching distribution" in output:
        return UsageError(
            f"there is no {requirement} on the package index",
            "give a release that exists, such as 2.8.9, or the path of a wheel or checkout",
        )
    if _UNREACHABLE.search(output):
        return UsageError(
            f"the package index could not be reached for {requirement}",
            "check the network, or set UV_DEFAULT_INDEX to a mirror",
            output.strip()[-500:],
        )
    return UsageError(f"{requirement} could not be installed", "see below", output.strip()[-2000:])


_UNREACHABLE = re.compile(
    r"dns error|error sending request|[Cc]onnection|timed out|Failed to fetch"
)


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a checkout that a build may read; nothing hidden, nothing built."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _NOT_SOURCE for part in inside)
        if path.is_file() and not hidden:
            yield path


_NOT_SOURCE = frozenset({"__pycache__", "node_modules", "build", "dist", "target"})


def _digest(files: Sequence[Path] | Iterator[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(str(file).encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]
