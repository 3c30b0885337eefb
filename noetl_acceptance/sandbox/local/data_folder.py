"""The folder for the data of services that are local processes."""

from __future__ import annotations

import os
from pathlib import Path

from noetl_acceptance.sandbox.local import postgres_cluster
from noetl_acceptance.sandbox.log_files import RAW
from noetl_acceptance.sandbox.protocol import RunFolder


def place_of(place: RunFolder) -> Path:
    """Return where to make it, so that the services' user can reach it."""
    data = place.data
    hidden = os.geteuid() == 0 and not postgres_cluster.reachable_by_nobody(place.path)
    if hidden or not postgres_cluster.takes(data):
        data = postgres_cluster.folder_for_nobody() / f"noetl-acceptance-{place.sandbox_id}"
    return data


def make(data: Path) -> None:
    """Make it, with a place for raw logs and one for temporary files."""
    data.mkdir(mode=0o711)
    (data / RAW).mkdir(mode=0o700)
    (data / "tmp").mkdir()
    (data / "tmp").chmod(0o1777)  # one of the services may run as another user
