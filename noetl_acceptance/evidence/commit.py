"""Which commit of the suite ran."""

from __future__ import annotations

import subprocess

from noetl_acceptance.options import ROOT


def current_commit() -> str:
    """Return the checkout's commit, with a ``+`` where the working tree differs beside docs/.

    Empty outside of git.
    """
    head = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":!docs")
    return f"{head}+" if changed else head


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
