"""Removes what a killed run has left: exactly its own, nobody else's."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

from noetl_acceptance.sandbox.logs import put_away

RUN_VARIABLE = "NOETL_SANDBOX_RUN"
"""Every process of a sandbox carries the sandbox's id in this variable."""


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
    """The file that tells the next run what this one has: its owner, its files, its secrets.

    It is written before the first service starts and only its user can read it. The processes
    themselves are found by the run's id in their environment, so none is missed in the moment
    between its start and a record of it.

    Args:
        folder: where the ledgers of this checkout are.
        run_id: the run's.
        logs: the folder with the services' logs.
        secrets: what must not stay in the logs.
    """

    def __init__(self, folder: Path, run_id: str, logs: Path, secrets: Sequence[str]) -> None:
        self.file = folder / f"{run_id}.json"
        self._document: dict[str, Any] = {
            "run": run_id,
            "owner": identity(os.getpid()),
            "paths": [],
            "logs": str(logs),
            "secrets": list(secrets),
        }
        folder.mkdir(parents=True, exist_ok=True)
        self._write()

    def add(self, path: Path) -> None:
        """Record a file or folder before it is made; it does not outlive the run."""
        self._document["paths"].append(str(path))
        self._write()

    def close(self) -> None:
        """Forget the run: nothing of it is left."""
        self.file.unlink(missing_ok=True)

    def _write(self) -> None:
        draft = self.file.with_suffix(".tmp")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(self._document))
        draft.replace(self.file)


def sweep(folder: Path) -> list[str]:
    """Remove the processes and files that dead runs left, and their secrets from the logs.

    Args:
        folder: where the ledgers of this checkout are.

    Returns:
        The ids of the runs that were swept.
    """
    swept = []
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "sweep.lock"):
        for file in sorted(folder.glob("*.json")):
            try:
                document = json.loads(file.read_text())
                run_id, (pid, created) = document["run"], document["owner"]
            except (OSError, ValueError, KeyError):
                continue  # its run has just ended by itself
            if alive(pid, created):
                continue
            _end(list(processes_of(run_id)))
            for path in map(Path, document["paths"]):
                shutil.rmtree(path, ignore_errors=True)
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            put_away(Path(document["logs"]), document["secrets"])
            file.unlink(missing_ok=True)
            swept.append(run_id)
    return swept


def _end(processes: Sequence[psutil.Process]) -> None:
    """Kill processes; Postgres is asked first, as it has shared memory to give back."""
    asked = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.name() == "postgres":
                process.send_signal(signal.SIGQUIT)
                asked.append(process)
            else:
                process.kill()
    for process in psutil.wait_procs(asked, timeout=3)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def of_run(sandbox_id: str, run_id: str) -> bool:
    """Whether a sandbox is one of a run's: the first has the run's id, others a number after it."""
    number = sandbox_id.removeprefix(f"{run_id}-")
    return sandbox_id == run_id or (number != sandbox_id and number.isdecimal())


def processes_of(run_id: str) -> Iterator[psutil.Process]:
    """Yield the processes of a run's sandboxes, by the id in their environment."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if of_run(process.environ().get(RUN_VARIABLE, ""), run_id):
                yield process
