"""Which of the kept environments are in use, so that no other run removes them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_held: dict[Path, int] = {}
"""The open lock file of each folder that this process uses; the system closes it at its end."""


def hold(folder: Path) -> None:
    """Say that this process uses a folder, until it ends or lets it go.

    Several processes may use one. Nothing is said of a folder in a cache that is for reading alone:
    nobody removes anything there.

    Args:
        folder: what is used; the lock is a file beside it.
    """
    if folder in _held:
        return
    with suppress(OSError):
        file = os.open(_lock_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_SH)
        _held[folder] = file


def let_go(folder: Path) -> None:
    """Say that this process uses a folder no more; safe to call when it does not."""
    if (file := _held.pop(folder, None)) is not None:
        os.close(file)


@contextmanager
def unused(folder: Path) -> Iterator[bool]:
    """Tell whether nobody uses a folder; while the block lasts, nobody begins to.

    Yields:
        False where another process holds it, or where a program in it runs: a kept sandbox's
        services outlive whoever started them.
    """
    lock = _lock_file(folder)
    file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        free = not _runs(folder)
        yield free
        if free and not folder.exists():
            lock.unlink(missing_ok=True)
    finally:
        os.close(file)


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.used")


def _runs(folder: Path) -> bool:
    """Whether a process was started by a path in a folder."""
    return any(
        Path(process.info["cmdline"][0]).is_relative_to(folder)
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"]  # another user's, or none of the kernel's
    )
