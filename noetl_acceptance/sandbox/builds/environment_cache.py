"""Python environments and the like that are made once and found again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from noetl_acceptance.errors import SandboxError, UnusableBuildError, UsageError
from noetl_acceptance.places import MEND, WORK
from noetl_acceptance.sandbox.builds import in_use
from noetl_acceptance.sandbox.subprocesses import run_in_time
from noetl_acceptance.sandbox.user_environment import of_uv, passwords
from noetl_acceptance.support.redaction import redacted

INSTALL_SECONDS = 1800.0
"""How long one installation may take: NoETL's is 400 MB to 1.4 GB."""


def kept(
    place: Path,
    key: str,
    recipe: Sequence[Path],
    make: Callable[[Path], dict[str, str]],
    proof: str = "python",
) -> dict[str, str]:
    """Return what is known about an environment or other thing, made when there is none yet.

    Each is made in a folder of its own name, and a small file tells which one is whole: what a
    killed installation still writes can never be part of another.

    Args:
        place: the folder of environments of one sort.
        key: the name of this one: what it is for.
        recipe: the files of requirements; another content of them makes it anew.
        make: makes it in the new folder it is given; returns what is to be known about it.
        proof: under which name that has a path which is there as long as the thing is.
    """
    place.mkdir(parents=True, exist_ok=True)
    marker = place / f"{key}.json"
    made_by = _digest(recipe)
    if found := _take(marker, made_by, proof):
        # Taken without the lock: another thing may be in the making for minutes.
        with suppress(OSError):  # a cache that others keep may be for reading alone
            os.utime(marker)
        return found
    with lock(place):
        found = _take(marker, made_by, proof)
        if found is None:
            _remove_folders(place, key)
            folder = place / f"{key}-{secrets.token_hex(3)}"
            try:
                found = {**make(folder), "recipe": made_by}
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            draft = marker.with_suffix(".tmp")
            draft.write_text(json.dumps(found), encoding="utf-8")
            draft.replace(marker)
            in_use.hold(folder)
        marker.touch()
    return found


def made_before(
    place: Path, key: str, recipe: Sequence[Path], proof: str = "python"
) -> dict[str, str] | None:
    """Return what is known about a thing that is there; None where it is not.

    The arguments are those of ``kept``.
    """
    return _read(place / f"{key}.json", _digest(recipe), proof)


def _digest(recipe: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in recipe)).hexdigest()


def lock(place: Path) -> FileLock:
    """Return the lock under which environments are made and removed."""
    return FileLock(place / "build.lock")


def is_kept(place: Path, key: str) -> bool:
    """Whether a thing of that name is there, or was once; ``place`` and ``key`` as ``kept``."""
    return (place / f"{key}.json").is_file()


def remove(place: Path, key: str) -> None:
    """Remove a thing that this process has done with; ``place`` and ``key`` as ``kept``.

    What another process uses stays.
    """
    for folder in place.glob(f"{key}-*/"):
        in_use.let_go(folder)
    with lock(place):
        _remove_folders(place, key)


def remove_oldest(place: Path, patterns: Sequence[str], keep: int) -> None:
    """Remove the things that have not been used for longest, but none that is in use.

    Args:
        place: as ``kept``.
        patterns: of the keys that may go.
        keep: how many stay, those last used.
    """
    with lock(place):
        markers = [marker for each in patterns for marker in place.glob(f"{each}.json")]
        markers.sort(key=lambda file: file.stat().st_mtime)
        for marker in markers[:-keep]:
            _remove_folders(place, marker.stem)


def _remove_folders(place: Path, key: str) -> None:
    """Remove each folder of a thing that is not in use, and with it what tells that it is whole."""
    marker = place / f"{key}.json"
    for folder in place.glob(f"{key}-*/"):
        with in_use.unused(folder) as free:
            if not free:
                continue
            if _folder(marker) == folder:
                marker.unlink()
            shutil.rmtree(folder, ignore_errors=True)


def _take(marker: Path, made_by: str, proof: str) -> dict[str, str] | None:
    """Return what is known about a thing, and hold it as long as this process lasts."""
    found, folder = _read(marker, made_by, proof), _folder(marker)
    if found is None or folder is None:
        return found
    in_use.hold(folder)
    if _folder(marker) == folder:
        return found
    in_use.let_go(folder)  # it went before it was held
    return None


def _folder(marker: Path) -> Path | None:
    """Return the folder of a thing that is whole; None where there is none."""
    place = marker.parent
    with suppress(OSError, ValueError):
        for told in json.loads(marker.read_text(encoding="utf-8")).values():
            if Path(told).is_relative_to(place):
                return place / Path(told).relative_to(place).parts[0]
    return None


def _read(marker: Path, made_by: str, proof: str) -> dict[str, str] | None:
    try:
        found: dict[str, str] = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = proof in found and Path(found[proof]).exists() and found.get("recipe") == made_by
    return found if whole else None


def find_uv() -> str:
    """Return the uv of the suite's own environment.

    Raises:
        UsageError: it is not installed.
    """
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise UsageError("uv is not in the suite's environment", MEND)
    return found


def run_uv(command: Sequence[str], requirement: str) -> None:
    """Run uv to make an environment or to install something into it.

    Args:
        command: uv and its arguments.
        requirement: what is installed, for the message.

    Raises:
        UsageError: it failed; names cause and remedy.
        SandboxError: it took too long, or was killed.
    """
    done = run_in_time(
        command,
        what=f"uv, installing {requirement},",
        remedy="is the package index slow? UV_DEFAULT_INDEX names a mirror",
        seconds=INSTALL_SECONDS,
        environment=of_uv(),
    )
    if done.returncode < 0:
        cause = f"uv, installing {requirement}, was ended by signal {-done.returncode}"
        raise SandboxError(cause, "free memory and try again")
    if done.returncode != 0:
        raise installation_error(requirement, done.stderr)


def installation_error(requirement: str, output: str) -> UsageError:
    """Turn a failed installation's output into an error that names cause and remedy."""
    output = redacted(output, passwords())
    if "No space left" in output:
        return UsageError(
            f"the disk filled up while installing {requirement}",
            f"free about 600 MB on the disk of {WORK}",
        )
    if found := _NO_CACHE.search(output):
        return UsageError(
            f"uv cannot keep its downloads in {found[1]}",
            "set UV_CACHE_DIR to a folder that can be written",
        )
    if _UNREACHABLE.search(output):  # pip says of an index that is away that it lacks the release
        return UsageError(
            f"the package index could not be reached for {requirement}",
            "check the network, or set UV_DEFAULT_INDEX to a mirror",
            output.strip()[-500:],
        )
    if "no version of noetl" in output or "No matching distribution" in output:
        return UnusableBuildError(
            f"there is no {requirement} on the package index",
            "give a release that exists, such as 2.8.9, or the path of a wheel or checkout",
        )
    told = output.strip()[-2000:]
    return UnusableBuildError(f"{requirement} could not be installed", "see below", told)


_NO_CACHE = re.compile(r"Failed to initialize cache at `([^`]+)`")

_UNREACHABLE = re.compile(
    r"dns error|error sending request|[Cc]onnection|timed out|Failed to fetch"
)
