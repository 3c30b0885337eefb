"""What ``-D noetl=`` names: a release, a wheel or a source checkout."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from noetl_acceptance.errors import UsageError
from noetl_acceptance.places import ROOT, given
from noetl_acceptance.sandbox.user_environment import plain

PACKAGE = "noetl"
_RELEASE = re.compile(r"\d+(\.\d+)*([abrc.]+\d+)?")
FIRST_WITHOUT_SERVER = 5


@dataclass(frozen=True, slots=True)
class NoetlBuild:
    """One build of NoETL.

    Args:
        requirement: what an installer takes: ``noetl==2.8.9``, or a path.
        key: the same exactly when the same code would be installed.
        release: the release, where it is one.
        checkout: the folder, where it is one.
    """

    requirement: str
    key: str
    release: str | None = None
    checkout: Path | None = None

    @classmethod
    def of(cls, asked: str) -> NoetlBuild:
        """Read the option.

        Raises:
            UsageError: it is neither a release, nor a wheel, nor a checkout of NoETL; or a
                release that has no server.
        """
        path = given(asked)
        if path.suffix == ".whl" and path.is_file():
            _require_noetl(asked, _head_of_wheel(path)["Name"])
            return cls(str(path.resolve()), f"wheel-{_digest(path.parent, [path])}")
        if (path / "pyproject.toml").is_file():
            # Other build systems keep the name elsewhere.
            name = _project_in(path / "pyproject.toml").get("name") or PACKAGE
            _require_noetl(asked, str(name))
            key = f"source-{_digest(path, source_files(path))}"
            return cls(str(path.resolve()), key, checkout=path.resolve())
        if not _RELEASE.fullmatch(asked):
            raise UsageError(
                f"-D noetl={asked} is not a release, a wheel or a source checkout",
                "give a release (2.8.9), rust, a .whl file, or a folder with pyproject.toml",
            )
        if int(asked.split(".", maxsplit=1)[0]) >= FIRST_WITHOUT_SERVER:
            raise UsageError(
                f"NoETL {asked} has no Python server: from 5.0.0 the package is the CLI alone",
                "give a release from 2.4 to 4.x, or rust for the programs that replaced it",
            )
        return cls(f"{PACKAGE}=={asked}", asked, release=asked)

    @property
    def lock(self) -> Path | None:
        """The file of pinned versions with hashes, where there is one for the release."""
        file = ROOT / "requirements" / f"noetl-{self.release}.txt"
        return file if self.release and file.is_file() else None

    @property
    def origin(self) -> str:
        """Where a wheel's or checkout's code comes from, for the reader; empty for a release."""
        kind = "checkout" if self.checkout else "wheel"
        return "" if self.release else f"{kind} {self.requirement}, {self.key.split('-')[1][:8]}"


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a checkout that a build may read, sorted: what git knows, or would add.

    Without git: all but what is hidden or built.
    """
    listed = subprocess.run(
        ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
        env=plain(),  # a hook of git names another repository by GIT_DIR
    )
    if listed.returncode == 0 and listed.stdout:
        names = sorted(filter(None, listed.stdout.split("\0")))
        yield from (folder / name for name in names if (folder / name).is_file())
        return
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _BUILT for part in inside)
        hidden |= inside[0] in _BUILT_AT_TOP or any(part.endswith(".egg-info") for part in inside)
        if path.is_file() and not hidden:
            yield path


_BUILT = frozenset({"__pycache__", "node_modules"})
_BUILT_AT_TOP = frozenset({"build", "dist", "target", "venv"})


def copy_source(checkout: Path, target: Path) -> None:
    """Copy a checkout's source files into a new folder."""
    for file in source_files(checkout):
        copy = target / file.relative_to(checkout)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)


def version_of(asked: str) -> str:
    """Return the version that a wheel or a checkout tells, before anything is built or installed.

    Empty where it is neither, or a checkout whose version is known only once it is built.

    Raises:
        UsageError: the wheel or the project's file cannot be read.
    """
    path = given(asked)
    if path.suffix == ".whl" and path.is_file():
        return str(_head_of_wheel(path)["Version"] or "")
    project = path / "pyproject.toml"
    return str(_project_in(project).get("version", "")) if project.is_file() else ""


def _head_of_wheel(file: Path) -> Message:
    try:
        with zipfile.ZipFile(file) as wheel:
            name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
            return HeaderParser().parsestr(wheel.read(name).decode())
    except (OSError, zipfile.BadZipFile, StopIteration, UnicodeDecodeError):
        raise UsageError(f"{file} is not a readable wheel", "build it again") from None


def _project_in(file: Path) -> dict[str, Any]:
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}", "fix the file") from None
    return project if isinstance(project, dict) else {}


def _require_noetl(asked: str, name: str) -> None:
    if name.lower() != PACKAGE:
        raise UsageError(
            f"-D noetl={asked} is the package {name}, not {PACKAGE}",
            "give a wheel or a checkout of NoETL itself",
        )


def _digest(folder: Path, files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(str(file.relative_to(folder)).encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]
