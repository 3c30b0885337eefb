"""The table of figures in docs/performance.md."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from noetl_acceptance.conformance.seconds import FILE
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.evidence.writable_places import require_appendable
from noetl_acceptance.options import load_settings
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.machine import machine_words

PAGE = ROOT / "docs" / "performance.md"
_MEASURED = re.compile(r"(?<=<!-- measured -->\n)(.*?)\n\n(.*?)(?=<!-- /measured -->)", re.DOTALL)
HEAD = (
    "| figure | target | min | median | max | runs | when |",
    "|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, its values, how it is written, and the day."""

    figure: str
    target: str
    values: Sequence[float]
    form: str = "{:.1f} s"
    when: str = field(default_factory=lambda: time.strftime("%Y-%m-%d"))

    def __str__(self) -> str:
        values = (min(self.values), statistics.median(self.values), max(self.values))
        measured = [self.form.format(value) for value in values]
        cells = [self.figure, self.target, *measured, str(len(self.values)), self.when]
        return f"| {' | '.join(cells)} |"


def require_places() -> None:
    """Refuse to measure for hours what could not be written then.

    Raises:
        UsageError: the page, or the file of the seconds by release, cannot be written.
        SuiteError: the page has no table.
    """
    for file in (PAGE, FILE):
        require_appendable(file, "the figures stand there: make it writable")
    with_rows(PAGE.read_text(), machine(), [])


def with_rows(page: str, machine: str, rows: Sequence[Row]) -> str:
    """Return docs/performance.md with rows put into its table.

    A row takes the place of the one of the same figure, and the others stay: but only if they were
    measured on the same machine, with the same NoETL, as figures of two do not compare.

    Args:
        page: its text.
        machine: the line above the table, for these rows.
        rows: what was measured.
    """
    found = _MEASURED.search(page)
    if found is None:
        raise SuiteError("the page has no table to put the figures into", f"see {PAGE}")
    kept = found[2].splitlines()[len(HEAD) :] if found[1] == machine else []
    table = {_figure(line): line for line in [*kept, *map(str, rows)]}
    lines = sorted(table.values(), key=lambda line: re.split("[:,]", line)[0])  # by sandbox
    text = "\n".join([machine, "", *HEAD, *lines, ""])
    return page[: found.start()] + text + page[found.end() :]


def _figure(line: str) -> str:
    return line.split("|")[1].strip()


def machine() -> str:
    """Return the line above the table: what is measured on, and which NoETL."""
    return f"{machine_words()}, NoETL {load_settings({}, {}).noetl}."
