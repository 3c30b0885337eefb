"""The services' logs: raw where they are written, without passwords in a run's folder."""

from __future__ import annotations

import gzip
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from noetl_acceptance.support.redaction import redacted

RAW = "logs"
"""The folder, below a sandbox's data, where local services write; only its user can enter it."""

LARGE = 256 * 1024
"""Characters from which on a log is compressed: NoETL writes 17 MB for 2000 travelers."""


PART = 1024 * 1024
"""About how many bytes of a log are in memory at a time: 2.8.5 writes hundreds of megabytes."""


def in_parts(log: IO[bytes]) -> Iterator[bytes]:
    """Yield what is left of a log in parts of whole lines; the last line may lack its end."""
    while lines := log.readlines(PART):
        yield b"".join(lines)


def joined(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield chunks of any size, cut anywhere, as ``in_parts`` yields a log."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        head, newline, tail = chunk.rpartition(b"\n")
        size += len(chunk)
        if newline and size >= PART:
            yield b"".join([*held, head, newline])
            held, size = [tail], len(tail)
        else:
            held.append(chunk)
    if size:
        yield b"".join(held)


def file_in_parts(file: Path, start: int = 0) -> Iterator[str]:
    """Yield a log file as text, in parts of whole lines, from a byte on."""
    with file.open("rb") as log:
        log.seek(start)
        for part in in_parts(log):
            yield part.decode(errors="replace")


def last_lines(file: Path, count: int) -> list[str]:
    """Return the last lines of a log file, read from its end."""
    with file.open("rb") as log:
        size, back = log.seek(0, os.SEEK_END), PART // 16
        while True:
            start = log.seek(max(size - back, 0))
            lines = log.read(size - start).splitlines()
            if start == 0 or len(lines) > count:
                return [line.decode(errors="replace") for line in lines[-count:]]
            back *= 4


def raw_logs(data: Path) -> list[Path]:
    """Return the files that local services have written, one a service (``server.log``)."""
    return sorted((data / RAW).glob("*.log"))


def save(folder: Path, service: str, parts: Iterable[str], secrets: Iterable[str]) -> None:
    """Write a service's log into a folder, without its secrets.

    Args:
        folder: gets ``SERVICE.log``, or ``SERVICE.log.gz`` for a large one.
        service: its name.
        parts: the log as it stands, in parts of whole lines.
        secrets: what must not stand in it.
    """
    hidden = list(secrets)
    cleaned = (redacted(part, hidden) for part in parts)
    start, size = [], 0
    for part in cleaned:
        start.append(part)
        size += len(part)
        if size >= LARGE:
            break
    plain = folder / f"{service}.log"
    if size < LARGE:
        plain.write_text("".join(start), encoding="utf-8")
        return
    with gzip.open(f"{plain}.gz", "wt", compresslevel=4, encoding="utf-8") as packed:
        packed.writelines(itertools.chain(start, cleaned))
    plain.unlink(missing_ok=True)  # saved before, when it was still small
