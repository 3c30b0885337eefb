"""Removes what a killed run has left: exactly its own, nobody else's, and no kept sandbox."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from filelock import FileLock

from noetl_acceptance.sandbox.ledger import Entry, ledgers
from noetl_acceptance.sandbox.logs import raw_logs, save
from noetl_acceptance.sandbox.processes import RUN_VARIABLE, alive


def sweep(folder: Path) -> list[str]:
    """Remove the processes and files that dead runs left; save their logs without secrets.

    The processes are found by the sandbox's id in their environment, so none is missed in the
    moment between its start and a record of it.

    Args:
        folder: where the ledgers of this checkout are.

    Returns:
        The ids of the sandboxes that were swept.
    """
    swept = []
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "sweep.lock"):
        for ledger in ledgers(folder):
            entry = ledger.entry
            if entry.kept is not None or alive(*entry.owner):
                continue
            _end(list(_carrying(entry.sandbox_id.__eq__)))
            _remove_data(entry)
            ledger.close()
            swept.append(entry.sandbox_id)
    return swept


def _remove_data(entry: Entry) -> None:
    if entry.data is None:
        return
    for log in raw_logs(entry.data):
        with suppress(OSError):
            text = log.read_text(errors="replace")
            save(entry.place.logs, log.stem, text, entry.secrets.values())
    shutil.rmtree(entry.data, ignore_errors=True)


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
    return _carrying(lambda sandbox_id: of_run(sandbox_id, run_id))


def _carrying(wanted: Callable[[str], bool]) -> Iterator[psutil.Process]:
    """Yield the processes whose environment carries a wanted sandbox id."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if wanted(process.environ().get(RUN_VARIABLE, "")):
                yield process
