"""The services' logs: raw where they are written, without passwords in a run's folder."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

from noetl_acceptance.redaction import redacted

RAW = "logs"
"""The folder, below a sandbox's data, where local services write; only its user can enter it."""

LARGE = 256 * 1024
"""Characters from which on a log is compressed: NoETL writes 17 MB for 2000 travelers."""


def raw_logs(data: Path) -> list[Path]:
    """Return the files that local services have written, one a service (``server.log``)."""
    return sorted((data / RAW).glob("*.log"))


def save(folder: Path, service: str, text: str, secrets: Iterable[str]) -> None:
    """Write a service's log into a folder, without its secrets.

    Args:
        folder: gets ``SERVICE.log``, or ``SERVICE.log.gz`` for a large one.
        service: its name.
        text: the log as it stands.
        secrets: what must not stand in it.
    """
    cleaned = redacted(text, secrets)
    plain = folder / f"{service}.log"
    if len(cleaned) < LARGE:
        plain.write_text(cleaned)
        return
    with gzip.open(f"{plain}.gz", "wt", compresslevel=4) as packed:
        packed.write(cleaned)
    plain.unlink(missing_ok=True)  # saved before, when it was still small
