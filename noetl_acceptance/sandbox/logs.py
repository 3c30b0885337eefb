"""The logs that a sandbox leaves."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterable
from pathlib import Path

from noetl_acceptance.redaction import redact

LARGE = 256 * 1024
"""Bytes from which on a log is compressed: NoETL writes 17 MB for 2000 travelers."""


def put_away(folder: Path, secrets: Iterable[str]) -> None:
    """Take the secrets out of a folder's logs, and compress the large ones (``NAME.log.gz``).

    Nothing may write into them any more.
    """
    files = sorted(folder.glob("*.log"))
    redact(files, secrets)
    for file in files:
        if file.stat().st_size < LARGE:
            continue
        with file.open("rb") as plain, gzip.open(f"{file}.gz", "wb", compresslevel=4) as packed:
            shutil.copyfileobj(plain, packed)
        file.unlink()
