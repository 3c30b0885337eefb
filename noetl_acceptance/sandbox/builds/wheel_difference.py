"""Which files of two wheels of NoETL differ."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_OF_THE_RELEASE = ".dist-info/"
"""In what each release has of its own, whatever its code is."""


class ChangedFile(NamedTuple):
    """A file of the newer wheel, or of the older one alone: how it differs, and its path."""

    how: str
    path: str


def changed_files(older: Path, newer: Path) -> list[ChangedFile]:
    """Return the files that are not the same in two wheels, by path.

    Raises:
        zipfile.BadZipFile: one is not a wheel.
    """
    before, after = dict(_files(older)), dict(_files(newer))
    found = [ChangedFile("removed", path) for path in before.keys() - after.keys()]
    found += [
        ChangedFile("changed" if path in before else "added", path)
        for path, content in after.items()
        if before.get(path) != content
    ]
    return sorted(found, key=lambda each: each.path)


def _files(wheel: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the path of each file with its size and checksum."""
    with zipfile.ZipFile(wheel) as packed:
        for entry in packed.infolist():
            if not entry.is_dir() and _OF_THE_RELEASE not in entry.filename:
                yield entry.filename, (entry.file_size, entry.CRC)
