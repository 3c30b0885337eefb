"""The suite's own command line, for every message that names one of its commands."""

from __future__ import annotations

import sys
from pathlib import Path

PROGRAM = "noetl-acceptance"
"""Its name, as ``[project.scripts]`` has it."""


def installed(name: str) -> Path:
    """Return where a program of the suite's environment is installed, if it is."""
    return Path(sys.executable).with_name(name)
