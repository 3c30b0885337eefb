"""How long the same execution takes on each NoETL, as ``bench`` measured it: docs/seconds.json."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from noetl_acceptance.conformance.markdown import table
from noetl_acceptance.errors import UsageError
from noetl_acceptance.places import ROOT

FILE = ROOT / "docs" / "seconds.json"


class Seconds(BaseModel):
    """One NoETL, measured side by side with the others of the same file.

    ``values`` has for each number of travelers the seconds from the request to the terminal
    event's own time in the event log, one for each execution.
    """

    noetl: str
    values: dict[int, list[float]]


class SecondsFile(BaseModel):
    """What was measured in one run of ``bench``: on which machine, in which sandbox, and when."""

    machine: str
    sandbox: str
    when: str
    commit: str
    releases: list[Seconds]


_FILE = TypeAdapter(SecondsFile)


def read_seconds(file: Path = FILE) -> SecondsFile | None:
    """Read the figures; None where none are kept.

    Raises:
        UsageError: the file has none.
    """
    if not file.is_file():
        return None
    try:
        return _FILE.validate_json(file.read_bytes())
    except ValidationError as error:
        told = f"{file} has no seconds of releases: {error.errors()[0]['msg']}"
        raise UsageError(told, "restore it with git, or remove it") from None


def write_seconds(seconds: SecondsFile, file: Path = FILE) -> None:
    """Write the figures in place of those of an earlier run."""
    file.write_text(seconds.model_dump_json(indent=1) + "\n", encoding="utf-8")


def seconds_table(seconds: SecondsFile) -> str:
    """Return the figures as Markdown: the median of each, and the first NoETL's as 1."""
    first = seconds.releases[0]
    sizes = sorted(first.values)
    head = ["NoETL", *(f"{size} travelers" for size in sizes), "executions of each"]
    rows = []
    for release in seconds.releases:
        cells = [_cell(release.values[size], first.values[size]) for size in sizes]
        rows.append((release.noetl, *cells, str(len(release.values[sizes[0]]))))
    machine = seconds.machine.rstrip(".")
    about = (
        f"Median seconds from the request to the terminal event on the {seconds.sandbox} sandbox,\n"
        f"in turns in one run of `bench --only releases` ({seconds.when}, commit"
        f" `{seconds.commit}`, {machine}).\n"
        f"In brackets: how many times as long as on {first.noetl}.\n\n"
    )
    return about + table(head, rows) + "\n"


def _cell(values: Sequence[float], first: Sequence[float]) -> str:
    median = statistics.median(values)
    return f"{median:.1f} s ({median / statistics.median(first):.2f})"
