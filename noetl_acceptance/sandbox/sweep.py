"""Removes what a killed run has left: exactly its processes and folders, nobody else's."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

RUN_VARIABLE = "NOETL_ACCEPTANCE_RUN"
"""Every process of a sandbox carries its run's id in this variable."""


def identity(pid: int) -> tuple[int, float]:
    """Return a process's id and its start (epoch seconds): together they are never reused."""
    return pid, psutil.Process(pid).create_time()


def alive(pid: int, created: float) -> bool:
    """Whether the process of that id and start still runs."""
    try:
        process = psutil.Process(pid)
        return process.create_time() == created and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Ledger:
    """The file that tells the next run what this one has: its owner, its folders.

    It is written before the first process starts; the processes themselves are found by the run's
    id in their environment, so none is missed in the moment between its start and a record of it.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self.file = folder / f"{run_id}.json"
        self._document: dict[str, Any] = {
            "run": run_id,
            "owner": identity(os.getpid()),
            "folders": [],
        }
        folder.mkdir(parents=True, exist_ok=True)
        self._write()

    def add_folder(self, folder: Path) -> None:
        """Record a folder before it is made."""
        self._document["folders"].append(str(folder))
        self._write()

    def close(self) -> None:
        """Forget the run: nothing of it is left."""
        self.file.unlink(missing_ok=True)

    def _write(self) -> None:
        draft = self.file.with_suffix(".tmp")
        draft.write_text(json.dumps(self._document))
        draft.replace(self.file)


def sweep(folder: Path) -> list[str]:
    """Remove what dead runs left.

    Args:
        folder: where the ledgers of this checkout are.

    Returns:
        The ids of the runs that were swept.
    """
    swept = []
    for file in sorted(folder.glob("*.json")):
        try:
            document = json.loads(file.read_text())
            run_id, (pid, created) = document["run"], document["owner"]
        except (OSError, ValueError, KeyError):
            continue  # another run is sweeping the same one
        if alive(pid, created):
            continue
        for process in processes_of(run_id):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for path in document["folders"]:
            shutil.rmtree(path, ignore_errors=True)
        file.unlink(missing_ok=True)
        swept.append(run_id)
    return swept


def processes_of(run_id: str) -> Iterator[psutil.Process]:
    """Yield the processes that carry a run's id in their environment."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if process.environ().get(RUN_VARIABLE) == run_id:
                yield process
