"""The environment of NoETL's command line: made once, apart from the server's, then found again."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.builds.environment_cache import find_uv, kept, run_uv
from noetl_acceptance.support.console import Console

LOCK = ROOT / "requirements" / "noetl-cli.txt"


def release() -> str:
    """Return the locked release."""
    found = re.search(r"^noetl==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def ensure(work: Path, console: Console) -> Path:
    """Return the program ``noetl`` of the locked release, installed when there is none yet.

    Args:
        work: the folder for what the suite builds.
        console: for lines about what goes on.

    Raises:
        UsageError: it cannot be installed.
    """

    def make(folder: Path) -> dict[str, str]:
        console.say("making the environment of NoETL's command line, once")
        uv, what = find_uv(), "NoETL's command line"
        python = str(folder / "bin" / "python")
        install = [uv, "pip", "install", "--quiet", "--python", python]
        with console.phase(f"installing {what}"):
            run_uv([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], what)
            run_uv([*install, "--no-deps", "--require-hashes", "-r", str(LOCK)], what)
        return {"python": python}

    found = kept(work / "noetl-cli", "noetl-cli", [LOCK], make)
    return Path(found["python"]).with_name("noetl")
