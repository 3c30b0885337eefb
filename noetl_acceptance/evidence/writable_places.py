"""Whether what the suite leaves on this machine can be written, asked before anything starts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.options import Settings
from noetl_acceptance.places import BASE, INSTALLED, ROOT, WORK


def require_places(settings: Settings) -> None:
    """Ask for the folders that every sandbox and every run need; as ``require_writable``."""
    require_runs(settings)
    require_writable(WORK, "the suite keeps there what it builds: make it writable, or free it")


def require_runs(settings: Settings) -> None:
    """Ask for the folder below which runs are kept; as ``require_writable``."""
    if INSTALLED and settings.runs.is_relative_to(ROOT):  # plain behave, started among its files
        raise UsageError(f"{settings.runs} is in the installed package", "start in another folder")
    require_writable(settings.runs, "give another folder: -D runs=FOLDER")
    runs = BASE / "runs"
    if INSTALLED and settings.runs.is_relative_to(runs):
        # This may be a checkout of NoETL, from which all is built that git does not ignore.
        (runs / ".gitignore").write_text("*\n", encoding="utf-8")


def require_appendable(file: Path, remedy: str) -> None:
    """Ask whether a file can be added to, or be made where it is not there yet.

    Args:
        file: absolute.
        remedy: what the user can do where that fails.

    Raises:
        UsageError: it cannot be written.
    """
    if not file.exists():
        require_writable(file.parent, remedy)
        return
    try:
        with file.open("ab"):
            pass
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", remedy) from None


def require_writable(folder: Path, remedy: str) -> None:
    """Make a folder, and a file in it for a moment.

    Args:
        folder: absolute.
        remedy: what the user can do where that fails.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}", remedy) from None
