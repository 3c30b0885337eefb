"""Which commit of the suite ran."""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import PackageNotFoundError, distribution

from noetl_acceptance.places import INSTALLED, ROOT
from noetl_acceptance.support.program import PROGRAM

_RUN = ("features", "steps", "environment.py", "noetl_acceptance", "playbooks", "probes")
"""What a run reads, so that a file which is new there differs too; others may be anything."""

_LENGTH = 7
"""How much of a commit is told: git's own short form grows with the clone, and merge compares."""


def current_commit() -> str:
    """Return the suite's commit; of a checkout with a ``+`` where its files differ beside docs/.

    Empty where nothing tells: outside of git, and for a package that came from elsewhere.
    """
    if INSTALLED:
        return _of_package()
    head = _git("rev-parse", "HEAD")[:_LENGTH]
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":!docs")
    new = changed or _git("ls-files", "--others", "--exclude-standard", "--", *_RUN)
    return f"{head}+" if new else head


def _of_package() -> str:
    """Return the commit that an installer took from a repository, and noted (PEP 610)."""
    try:
        noted = json.loads(distribution(PROGRAM).read_text("direct_url.json") or "{}")
    except PackageNotFoundError:  # its files alone are there
        return ""
    return str(noted.get("vcs_info", {}).get("commit_id", ""))[:_LENGTH]


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
