"""A copy of this checkout, whose runs no suite beside sweeps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from noetl_acceptance.places import ROOT

TAKEN = (
    "compose",
    "deviations",
    "docs",
    "documents",
    "environment.py",
    "features",
    "noetl_acceptance",
    "playbooks",
    "requirements",
    "schemas",
    "scripts",
    "steps",
    "templates",
    "Dockerfile",
    "pyproject.toml",
)


def own_modules() -> dict[str, str]:
    """The environment in which Python takes a module from the folder it is started in."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}


class Checkout:
    """A copy of this checkout under another name, with what is built once linked in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in (*TAKEN, "Dockerfile", "pyproject.toml"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copy(source, folder)
        (folder / ".work").mkdir()
        for name in ("noetl", "noetl-cli"):
            if (built := ROOT / ".work" / name).exists():
                (folder / ".work" / name).symlink_to(built)

    def suite(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "noetl_acceptance", *arguments],
            cwd=self.folder,
            env=own_modules(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def runs(self) -> list[str]:
        return sorted(run.name for run in self.folder.glob("runs/*"))
