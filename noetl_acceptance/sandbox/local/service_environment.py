"""The variables that every local process of a sandbox has."""

from __future__ import annotations

import os
from pathlib import Path

from noetl_acceptance.sandbox.remains import RUN_VARIABLE


def base_environment(sandbox_id: str, data: Path) -> dict[str, str]:
    """Return an environment made from nothing, so that none of the user's secrets leak in.

    Args:
        sandbox_id: by which the process is known.
        data: the folder for the services' data, with a folder ``tmp``.
    """
    return {
        RUN_VARIABLE: sandbox_id,
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(data),
        "TMPDIR": str(data / "tmp"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
