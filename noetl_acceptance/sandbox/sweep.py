"""Removes what a killed run has left: exactly its own, nobody else's, and no kept sandbox."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from noetl_acceptance.sandbox.ledgers import Entry, ledgers
from noetl_acceptance.sandbox.local.shared_memory import CLUSTER, remove_segment
from noetl_acceptance.sandbox.log_files import file_in_parts, raw_logs, save
from noetl_acceptance.sandbox.owner import OUT_OF_SIGHT
from noetl_acceptance.sandbox.remains import end, processes_in


def sweep(folder: Path, say: Callable[[str], None]) -> list[str]:
    """Remove the processes and files that dead runs left; save their logs without secrets.

    The processes are found by the sandbox's id in their environment, so none is missed in the
    moment between its start and a record of it. What may belong to a run that goes on is left.

    Args:
        folder: where the ledgers are.
        say: told what is left alone, and why.

    Returns:
        The ids of the sandboxes that were swept.
    """
    swept = []
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "sweep.lock"):
        for ledger in ledgers(folder, lambda why: say(f"left alone: {why}")):
            entry = ledger.entry
            life = "alive" if entry.kept is not None else ledger.life()
            if life == "unknown":
                say(f"left alone: run {entry.sandbox_id}, {OUT_OF_SIGHT}")
            if life != "dead":
                continue
            end(processes_in(entry.sandbox_id, entry.data))
            _remove_data(entry)
            ledger.close()
            swept.append(entry.sandbox_id)
    return swept


def _remove_data(entry: Entry) -> None:
    if entry.data is None:
        return
    for log in raw_logs(entry.data):
        with suppress(OSError):
            save(entry.place.logs, log.stem, file_in_parts(log), entry.secrets.values())
    remove_segment(entry.data / CLUSTER)
    shutil.rmtree(entry.data, ignore_errors=True)
