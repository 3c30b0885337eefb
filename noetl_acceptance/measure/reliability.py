"""The record of repeated runs: docs/reliability.tsv, and what docs/reliability.md makes of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from noetl_acceptance.conformance.markdown import table
from noetl_acceptance.model.wording import counted
from noetl_acceptance.places import ROOT

RECORD = ROOT / "docs" / "reliability.tsv"
PAGE = ROOT / "docs" / "reliability.md"
_SUMMARY = re.compile(r"(?<=<!-- record -->\n).*?(?=<!-- /record -->)", re.DOTALL)

GREEN = re.compile(r"\d+ (passed|deviates? as recorded)(, \d+ deviates? as recorded)?")


class Line(BaseModel):
    """One run in the record.

    Args:
        when: it began, in UTC.
        commit: of the suite.
        sandbox: its kind.
        noetl: the release under test.
        features: behave's own arguments.
        seed: of the random order, ``off`` for the order of the files.
        at_once: how many ran side by side, this one included.
        cores: how many of the machine's it had.
        load: how many processes kept one of these cores busy beside it.
        seconds: from its start to its end.
        verdict: the scenarios by how they ended.
        disagreed: the names of those that did not end as recorded, ``-`` for none.
        left_behind: what was left on the machine, ``-`` for nothing.
    """

    when: str
    commit: str
    sandbox: str
    noetl: str
    features: str
    seed: str
    at_once: int
    cores: int
    load: int
    seconds: str
    verdict: str
    disagreed: str
    left_behind: str

    model_config = ConfigDict(frozen=True)

    @property
    def agrees(self) -> bool:
        """Whether all passed, or deviated as recorded, and nothing was left."""
        return GREEN.fullmatch(self.verdict) is not None and self.left_behind == "-"

    @property
    def group(self) -> tuple[str, ...]:
        """What it has in common with others of its kind."""
        order = "of the files" if self.seed == "off" else "random"
        numbers = (str(self.at_once), str(self.cores), str(self.load))
        return self.sandbox, self.noetl, f"`{self.features}`", order, *numbers


def append(line: Line) -> None:
    """Add a line to the record."""
    if not RECORD.exists():
        RECORD.write_text("\t".join(Line.model_fields) + "\n")
    with RECORD.open("a") as record:
        record.write("\t".join(map(str, line.model_dump().values())) + "\n")


def read_record() -> list[Line]:
    """Return every run of the record, oldest first."""
    with RECORD.open(newline="") as record:
        return [Line.model_validate(row) for row in csv.DictReader(record, delimiter="\t")]


def renew_page() -> None:
    """Put the summary of the record into the page."""
    PAGE.write_text(_SUMMARY.sub(lambda _: f"{summary(read_record())}\n", PAGE.read_text()))


def summary(record: Sequence[Line]) -> str:
    """Return the record in a Markdown table: runs and disagreements by what was repeated."""
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in record:
        groups.setdefault(line.group, []).append(line)
    rows = []
    for group, lines in sorted(groups.items()):
        seconds = sorted(int(line.seconds) for line in lines)
        rows.append(
            (
                *group,
                str(len(lines)),
                str(sum(not line.agrees for line in lines)),
                f"{seconds[0]}–{seconds[-1]}",
                lines[-1].when[:10],
            )
        )
    return table(_HEAD, rows)


_HEAD = (
    "sandbox",
    "NoETL",
    "features",
    "order",
    "at once",
    "cores",
    "load",
    "runs",
    "not green or not clean",
    "seconds",
    "last",
)


def told(lines: Sequence[Line]) -> str:
    """Return how many runs there were, how many disagreed, and in which scenarios."""
    bad = [line for line in lines if not line.agrees]
    words = [f"{counted(len(lines), 'run')}, {len(bad)} disagreed"]
    words += [
        f"  seed {line.seed}: {line.verdict}; {line.disagreed}; left behind: {line.left_behind}"
        for line in bad
    ]
    return "\n".join(words)
