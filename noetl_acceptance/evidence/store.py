"""The records of a run's executions on disk: JSON, compressed, one file each."""

from __future__ import annotations

import gzip
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.probe import ProbeRun
from noetl_acceptance.run import Run

EXECUTIONS = "executions"
PROBES = "probes"
ENDING = ".json.gz"


def write_record(document: str, execution_id: str, folder: Path) -> None:
    """Write the record of an execution.

    Args:
        document: JSON.
        execution_id: the execution's.
        folder: of the run, with one of ``EXECUTIONS`` and ``PROBES``.
    """
    folder.mkdir(exist_ok=True)
    file = folder / f"{execution_id}{ENDING}"
    file.write_bytes(gzip.compress(document.encode(), compresslevel=4, mtime=0))


def read_runs(folder: Path) -> dict[str, Run]:
    """Return the recorded executions of a run by their ids, oldest first.

    Raises:
        UsageError: a record cannot be read.
    """
    runs = [Run.model_validate_json(text) for text in _texts(folder / EXECUTIONS)]
    return {run.execution_id: run for run in sorted(runs, key=lambda run: run.started_at)}


def read_probes(folder: Path) -> dict[str, ProbeRun]:
    """Return the recorded probes of a run by their execution's ids; as ``read_runs``."""
    probes = [ProbeRun.model_validate_json(text) for text in _texts(folder / PROBES)]
    return {probe.execution_id: probe for probe in probes}


def _texts(folder: Path) -> list[bytes]:
    """Return the documents in a folder, which may also lie there as plain JSON."""
    texts = []
    for file in sorted([*folder.glob(f"*{ENDING}"), *folder.glob("*.json")]):
        content = file.read_bytes()
        try:
            texts.append(gzip.decompress(content) if file.suffix == ".gz" else content)
        except OSError as error:
            raise UsageError(
                f"{file} cannot be read: {error}", "give a whole run's folder"
            ) from None
    return texts
