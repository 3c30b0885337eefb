"""Where the suite's own files are, and where it writes: in a checkout, or installed as a package.

A wheel holds in ``_project`` what a checkout has beside the package: features, steps, playbooks and
the sandboxes' files. Nothing is written there.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from noetl_acceptance.errors import UsageError

PACKAGE = Path(__file__).resolve().parent
"""The package itself."""

_BUNDLED = PACKAGE / "_project"

INSTALLED = _BUNDLED.is_dir()
"""Whether this is an installed package and no checkout."""

ROOT = _BUNDLED if INSTALLED else PACKAGE.parent
"""The suite's own files: the checkout, or what the package holds of it."""

BASE = Path.cwd() if INSTALLED else ROOT
"""Where relative paths of options begin, and below which runs are kept: the checkout; for an
installed package the folder in which the command was started."""

_NAMED = Path(os.environ.get("XDG_CACHE_HOME", ""))

# A relative one is not to be used (XDG Base Directory Specification).
CACHE = (_NAMED if _NAMED.is_absolute() else Path.home() / ".cache") / "noetl-acceptance"
"""What takes so long to make that each checkout is to find it again: NoETL's Rust programs. Safe to
delete."""

WORK = CACHE if INSTALLED else ROOT / ".work"
"""What the suite builds and keeps between runs (NoETL's environments); safe to delete."""

LEDGERS = WORK / "sandboxes"
"""What each run that goes on has on this machine, for the sweep of the next start."""

MEND = "install noetl-acceptance again" if INSTALLED else "run `make env`"
"""What helps where something of the suite's own environment is missing."""


def making(what: str, *arguments: Path) -> str:
    """Return the command that makes something with the suite's script for it.

    Args:
        what: the script's name without its ending, which is also the Makefile's target.
        arguments: of the script, where it is run from a package.
    """
    script = ROOT / "scripts" / f"{what}.sh"
    return shlex.join(map(str, (script, *arguments))) if INSTALLED else f"make {what}"


def require_checkout(what: str) -> None:
    """Refuse what writes into the suite's own files, where these are a package's.

    Raises:
        UsageError: this is an installed package.
    """
    if INSTALLED:
        raise UsageError(
            f"{what} writes into a checkout of the suite, and this is an installed package",
            "do it in a clone of the suite's repository",
        )


def named(path: str) -> Path:
    """Return the path that a user named: ``~`` is the home.

    Raises:
        UsageError: it is blank, or of a user whose home is not known.
    """
    if not path.strip():
        raise UsageError("a path is empty", "name a file or a folder")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        told = f"{path} is below the home of a user that this machine does not know"
        raise UsageError(told, "give the whole path") from None


def given(path: str) -> Path:
    """Return the path that a user gave: as ``named``, and a relative one begins at ``BASE``."""
    return BASE / named(path)
