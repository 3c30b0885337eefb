"""What NoETL's processes write into /tmp and shared memory, whatever TMPDIR says, and leave there.

One of these files (from 2.8.5 to 4.26.0 at least) holds the NATS address with its password.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

FOLDER = Path("/tmp")  # noqa: S108 - NoETL's own choice
NAMES = (
    "noetl_server_name",
    "noetl_worker_pool_name_*",
    "worker_after_run.txt",
    "worker_before_run.txt",
    "worker_config.txt",
    "worker_error.txt",
    "worker_interrupt.txt",
)

MEMORY = Path("/dev/shm")  # noqa: S108 - as above
REGIONS = "noetl_????????_????????"
"""Where each large result of rows stays after a Rust worker's end (5.52.0); nothing reads it
there."""


def remove_tempfiles(since: float) -> None:
    """Remove those of this user that were written at or after a time (epoch seconds)."""
    for file in _files():
        with suppress(OSError):
            status = file.lstat()
            if status.st_uid == os.geteuid() and status.st_mtime >= since - 1:
                file.unlink()


def _files() -> Iterator[Path]:
    for name in NAMES:
        yield from FOLDER.glob(name)
    yield from MEMORY.glob(REGIONS)
