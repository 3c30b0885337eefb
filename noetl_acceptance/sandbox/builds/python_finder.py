"""Finds a Python that NoETL's server can run on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.places import WORK, making
from noetl_acceptance.sandbox.subprocesses import run
from noetl_acceptance.sandbox.user_environment import of_uv, plain

NEEDED = (3, 12)
FETCHED = "3.13"
"""What uv fetches when nothing is found."""

MADE = WORK / "python" / "usr" / "bin" / "python3.13"
"""What `make python` makes."""

_ASK = "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable, sep='\\n')"


def find_python(uv: str, *, fetch: bool = True) -> Path:
    """Return a Python >= 3.12: from PATH, pyenv's folders, `make python`, or uv.

    Args:
        uv: the uv command.
        fetch: whether uv may fetch one where none is found.

    Raises:
        UsageError: there is none and uv cannot or may not fetch one; says what was looked for.
    """
    for candidate in [*_on_path(), *_in_pyenv(), str(MADE)]:
        found = _usable(candidate)
        if found:
            return found
    for command in (["find"], ["install", "--quiet"]) if fetch else (["find"],):
        path = _ask_uv(uv, command)
        if path:
            return path
    raise UsageError(
        "NoETL needs a Python >= 3.12; looked on PATH, in pyenv's folders, for that of "
        f"scripts/python.sh and at uv, which {'could fetch' if fetch else 'has'} none",
        f"get one by `{making('python', WORK / 'python')}` (Debian and Ubuntu, no root needed), "
        f"by `pyenv install 3.13`, or by `{uv} python install 3.13` where its downloads can be "
        "reached; or use -D sandbox=compose",
    )


def _on_path() -> Iterator[str]:
    for name in ("python3.13", "python3.12", "python3.14", "python3"):
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            found = shutil.which(name, path=folder) if folder else None
            if found:
                yield found


def _in_pyenv() -> Iterator[str]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for minor in (13, 12, 14):
        with suppress(OSError):  # another user's folder, kept in the environment by su
            found = sorted(root.glob(f"versions/3.{minor}*/bin/python3"), reverse=True)
            yield from map(str, found)


def _usable(candidate: str) -> Path | None:
    """Return the interpreter behind a candidate, if it runs and is new enough.

    pyenv's shims exist also for versions that are not installed or not switched on.
    """
    try:
        asked = run([candidate, "-c", _ASK], seconds=10, environment=plain())
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = asked.stdout.split("\n")
    if asked.returncode != 0 or len(words) < 3 or not words[0].isdecimal():
        return None
    return Path(words[2]) if (int(words[0]), int(words[1])) >= NEEDED else None


def _ask_uv(uv: str, command: list[str]) -> Path | None:
    try:
        done = run([uv, "python", *command, FETCHED], seconds=180, environment=of_uv())
        found = run([uv, "python", "find", FETCHED], seconds=30, environment=of_uv())
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _usable(found.stdout.strip()) if done.returncode == found.returncode == 0 else None
