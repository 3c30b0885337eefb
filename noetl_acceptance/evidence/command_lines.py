"""One line for each command of an execution: issued, who claimed it, how it ended, and when."""

from __future__ import annotations

import gzip
from collections.abc import Collection
from pathlib import Path

from noetl_acceptance.checks.history import Command, batches_by_child, commands
from noetl_acceptance.model.findings import clock
from noetl_acceptance.model.record import ExecutionRecord

FOLDER = "commands"
"""In a run's folder: one file of lines for each execution."""


def command_lines(record: ExecutionRecord, batches: Collection[int] = ()) -> list[str]:
    """Return a line for each command, in the order in which they were issued.

    Args:
        record: the execution.
        batches: whose commands, besides the parent's; empty for all.
    """
    numbers = batches_by_child(record)
    return [
        _line(command, numbers.get(command.execution_id))
        for command in commands(record)
        if not batches or numbers.get(command.execution_id) in (None, *batches)
    ]


def write_command_lines(record: ExecutionRecord, folder: Path) -> None:
    """Write the lines of an execution, compressed, into a run's folder."""
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    text = "".join(f"{line}\n" for line in command_lines(record))
    file = place / f"{record.execution_id}.txt.gz"
    file.write_bytes(gzip.compress(text.encode(), compresslevel=4, mtime=0))


def _line(command: Command, batch: int | None) -> str:
    whose = "parent" if batch is None else f"batch {batch}"
    claims = ", ".join(f"claimed {clock(c.at)} by {c.worker_id}" for c in command.claims)
    if command.over is None or command.finished is None:
        over = "not done"
    else:
        over = f"{command.over.removeprefix('command.')} {clock(command.finished)}"
    return (
        f"{whose}, {command.step} ({command.kind}), {command.command_id}: "
        f"issued {clock(command.issued)}, {claims or 'not claimed'}, {over}"
    )
