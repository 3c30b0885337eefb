"""The page of a run: ``report.html`` in its folder, one file that needs nothing else.

It is made from what the folder holds, so it can be made again from a recorded one. The layout is in
``page/report.html``, the colours are in ``page/report.css``, and ``drawing.py`` draws the bars.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from noetl_acceptance.evidence import results, store
from noetl_acceptance.evidence.drawing import draw
from noetl_acceptance.evidence.figures import read_figures
from noetl_acceptance.evidence.judgements import Judgement, read_judgements
from noetl_acceptance.evidence.ledger_difference import ledger_difference, lines
from noetl_acceptance.evidence.picture import Picture, picture_of
from noetl_acceptance.evidence.rerun import command_again
from noetl_acceptance.evidence.run_folders import require_run
from noetl_acceptance.evidence.run_verdict import verdict_line
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.services import LogError
from noetl_acceptance.model.wording import counted
from noetl_acceptance.noetl.log_parser import headline
from noetl_acceptance.support.redaction import redacted
from noetl_acceptance.verdict.claims import case_name, load_contract
from noetl_acceptance.verdict.known_deviations import Deviation, load_deviations

FILE = results.REPORT_FILE

VERDICTS = {
    "product": ("Product failures", "NoETL or the playbooks did not do what is specified."),
    "sandbox": ("Sandbox failures", "A service or the engine broke; this says nothing of NoETL."),
    "suite": ("Suite failures", "An error of the suite's own; this says nothing of NoETL."),
    "usage": ("Wrong usage", "What was asked for could not be run."),
    "interrupted": ("Interrupted", "The run was ended before it was through."),
    "deviates": ("Recorded deviations", "Known of this release, and found just as recorded."),
    "skipped": ("Not judged", "Neither passed nor failed, for the reason that each gives."),
    "passed": ("Passed", "Everything that was held against a check was as promised."),
}
"""The sections of the page by verdict, in their order: heading and meaning."""

MOST_ERRORS = 20
"""The most different log errors that are shown of one execution; its record has all."""

_PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as the page shows it; ``command`` runs it again, empty for what is none."""

    result: results.ScenarioResult
    anchor: str
    command: str
    claims: Mapping[str, str]
    deviations: Sequence[Deviation]
    judgements: Sequence[Judgement]
    records: Sequence[ExecutionRecord]

    @property
    def failed(self) -> bool:
        """Whether it is red, whoever's fault it was."""
        return self.result.verdict not in ("passed", "deviates", "skipped")


@dataclass(frozen=True, slots=True)
class ToldError:
    """A log error as the page shows it: with its second, and how often the same was logged."""

    error: LogError
    second: float | None
    count: int
    last: str


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution as the page shows it."""

    record: ExecutionRecord
    picture: Picture
    svg: Markup
    difference: Sequence[str]
    files: Sequence[str]
    errors: Sequence[ToldError]
    errors_left_out: int
    opened: bool

    @property
    def outcomes(self) -> str:
        """How many rows of each kind it has stored."""
        counts = Counter(
            "valid" if row.is_valid else "invalid" for row in self.record.outcome.stored
        )
        return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items(), reverse=True))


def write_report(folder: Path, secrets: Iterable[str] = ()) -> Path:
    """Make the page of a run and return its file.

    Args:
        folder: of the run, with what it keeps of itself.
        secrets: what must not stand in the page, should a file of the folder hold it.

    Raises:
        UsageError: it is not a folder of a run, or a record in it cannot be read.
    """
    require_run(folder)
    file = folder / FILE
    file.write_text(redacted(_render(folder), secrets), encoding="utf-8")
    return file


def _render(folder: Path) -> str:
    figures = read_figures(folder)
    found = results.read(folder)
    records = store.read_executions(folder)
    probes = store.read_probes(folder)
    judgements = read_judgements(folder)
    counts = Counter(result.verdict for result in found)
    claims = {row: claim.claim for row, claim in load_contract().rows.items()}
    scenarios = [
        Scenario(
            result=result,
            anchor=re.sub(r"[^\w.-]+", "-", result.location) or f"run-{number}",
            command=command_again(result, figures) if result.location else "",
            claims={row: claims.get(row, "") for row in result.rows},
            deviations=[each for each in load_deviations() if each.name in result.deviations],
            judgements=judgements.get(result.location, []),
            records=[records[each] for each in result.executions if each in records],
        )
        for number, result in enumerate(found, start=1)
    ]
    opened = {record.execution_id for each in scenarios if each.failed for record in each.records}
    if len(records) == 1:
        opened = set(records)
    files = _files(folder)
    paths = [path for group in files.values() for path, _ in group]
    script = (_PAGE / "report.js").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("report.html")
        .render(
            name=folder.resolve().name,
            figures=figures,
            verdict=verdict_line(found).removeprefix("verdict: "),
            counts=counts,
            verdicts=VERDICTS | {each: (each, "") for each in counts if each not in VERDICTS},
            scenarios=scenarios,
            executions=[
                _execution(record, paths, opened=record.execution_id in opened)
                for record in records.values()
            ],
            probes=probes,
            judged_by=_judged_by(scenarios),
            files=files,
            style=Markup((_PAGE / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own
            script=Markup(script),  # noqa: S704 - our own
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def _execution(record: ExecutionRecord, files: Sequence[str], *, opened: bool) -> Execution:
    picture = picture_of(record)
    svg = draw(picture, name=f"picture-{record.execution_id}", title=record.label)
    told = Counter((error.service, error.text) for error in record.log_errors)
    first = {(error.service, error.text): error for error in reversed(record.log_errors)}
    errors = [
        ToldError(
            error=first[each],
            second=None if (at := first[each].at) is None else at - record.started_at,
            count=count,
            last=headline(first[each].text),
        )
        for each, count in told.items()
    ]
    return Execution(
        record=record,
        picture=picture,
        svg=Markup(svg),  # noqa: S704 - escaped where it is drawn
        difference=lines(ledger_difference(record)),
        files=[path for path in files if record.execution_id in path],
        errors=errors[:MOST_ERRORS],
        errors_left_out=len(errors[MOST_ERRORS:]),
        opened=opened,
    )


def _judged_by(scenarios: Sequence[Scenario]) -> dict[str, list[Scenario]]:
    """Return the scenarios that judged an execution, by its id."""
    found: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        for execution in scenario.result.executions:
            found.setdefault(execution, []).append(scenario)
    return found


def _files(folder: Path) -> dict[str, list[tuple[str, int]]]:
    """Return the paths and sizes of a run's files but for the page, by the folder they are in."""
    found: dict[str, list[tuple[str, int]]] = {}
    for file in store.files_of(folder):
        path = file.relative_to(folder)
        if path != Path(FILE):
            place = path.parts[0] if len(path.parts) > 1 else ""
            found.setdefault(place, []).append((path.as_posix(), file.stat().st_size))
    return found


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        seconds=_seconds, clock=_clock, code=_code, size=_size, cell=_cell, case=case_name
    )
    environment.filters["counted"] = counted
    environment.filters["counted_heading"] = _counted_heading
    return environment


def _counted_heading(heading: str, count: int) -> str:
    """Return a section's heading as it stands behind a count."""
    words = heading.lower()
    return words.removesuffix("s") if count == 1 else words


def _seconds(value: float) -> str:
    if value >= 90:
        return f"{int(value // 60)} min {int(value % 60)} s"
    return f"{value:.1f} s" if value >= 0.1 or value == 0 else f"{value * 1000:.0f} ms"


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(at))


def _code(words: str) -> Markup:
    """Return text with what stands in backticks as code."""
    parts = re.split(r"`([^`]*)`", words)
    written = (
        f"<code>{escape(part)}</code>" if odd % 2 else str(escape(part))
        for odd, part in enumerate(parts)
    )
    return Markup("".join(written))  # noqa: S704 - each part is escaped


def _size(count: int) -> str:
    return f"{count / 1000:.0f} kB" if count >= 1000 else counted(count, "byte")


def _cell(value: Any, most: int = 400) -> str:
    """Return a value of a database as a cell shows it."""
    words = "NULL" if value is None else str(value)
    return words if len(words) <= most else f"{words[:most]} …"
