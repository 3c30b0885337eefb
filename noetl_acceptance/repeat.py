"""Runs features again and again and keeps an honest record: docs/reliability.tsv."""

from __future__ import annotations

import csv
import json
import re
import secrets
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from noetl_acceptance.acceptance import behave_command, end_with
from noetl_acceptance.console import Console
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import read_figures, utc_now
from noetl_acceptance.evidence.verdict import verdict_words
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.settings import LEDGERS, ROOT

RECORD = ROOT / "docs" / "reliability.tsv"
PAGE = ROOT / "docs" / "reliability.md"
_SUMMARY = re.compile(r"(?<=<!-- record -->\n).*?(?=<!-- /record -->)", re.DOTALL)

_GREEN = re.compile(r"\d+ (passed|deviate as recorded)(, \d+ deviate as recorded)?")


class Line(BaseModel):
    """One run in the record; ``at_once`` is how many ran side by side, this one included."""

    when: str
    commit: str
    sandbox: str
    noetl: str
    features: str
    at_once: int
    seconds: str
    verdict: str
    left_behind: str

    model_config = ConfigDict(frozen=True)

    @property
    def agrees(self) -> bool:
        """Whether all passed, or deviated as recorded, and nothing was left."""
        return _GREEN.fullmatch(self.verdict) is not None and self.left_behind == "-"


def repeat(
    kind: str,
    times: int,
    at_once: int,
    features: Sequence[str],
    console: Console,
    *,
    alone: bool = False,
) -> int:
    """Run behave ``times`` times on a sandbox, each with a fresh bring-up, and record each run.

    Args:
        kind: of sandbox.
        times: how often.
        at_once: how many runs go on side by side each time.
        features: behave's own arguments (feature files, tags).
        console: tells how each run ended.
        alone: have a run for each scenario of them instead, told as one line.

    Returns:
        0 when every run passed and left nothing behind, else 1.
    """
    ran: list[Line] = []
    for number in range(1, times + 1):
        told = f"{number}/{times} {kind}"
        with console.phase(told):
            lines = [_alone(kind, features, console)] if alone else _round(kind, at_once, features)
        ran += lines
        for line in lines:
            _append(line)
            console.say(f"{told}: {line.verdict} in {line.seconds} s, {line.left_behind}")
    PAGE.write_text(_SUMMARY.sub(lambda _: f"{summary(read_record())}\n", PAGE.read_text()))
    disagreed = sum(not line.agrees for line in ran)
    console.say(f"{len(ran) - disagreed} passed, {disagreed} failed")
    return 1 if disagreed else 0


def _round(kind: str, at_once: int, features: Sequence[str]) -> list[Line]:
    place = ROOT / "runs" / f"repeat-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    place.mkdir(parents=True)
    before = _files()
    folders = [place / str(number) for number in range(1, at_once + 1)]
    running = [
        subprocess.Popen(
            behave_command(kind, folder, *features, "--format=progress"),
            cwd=ROOT,
            stdout=folder.with_suffix(".log").open("w"),
            stderr=subprocess.STDOUT,
        )
        for folder in folders
    ]
    codes = _end_all(running)
    strangers = _files() - before
    return [
        _line(folder, code, kind, at_once, features, sorted(strangers))
        for folder, code in zip(folders, codes, strict=True)
    ]


def _alone(kind: str, features: Sequence[str], console: Console) -> Line:
    """Run each scenario that behave's arguments select in a run of its own; add the lines up."""
    command = behave_command(kind, ROOT / "runs", "--dry-run", "--format=json.pretty", *features)
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    lines: list[Line] = []
    for location in scenario_locations(told):
        console.live(location)
        lines += _round(kind, 1, [location])
        console.say(f"  {location}: {lines[-1].verdict}, {lines[-1].left_behind}")
    return together(lines, features)


def scenario_locations(told: str) -> list[str]:
    """Return where the scenarios stand that behave has told in its JSON format."""
    features = json.loads(told[told.index("[") : told.rindex("]") + 1])
    elements = [element for feature in features for element in feature["elements"]]
    return [element["location"] for element in elements if element["type"] == "scenario"]


def together(lines: Sequence[Line], features: Sequence[str]) -> Line:
    """Return one line for runs of one scenario each: their verdicts counted, their seconds added.

    Args:
        lines: one for each scenario, at least one.
        features: behave's arguments that have selected the scenarios.
    """
    verdicts = Counter(line.verdict.removeprefix("1 ") for line in lines)
    left = dict.fromkeys(line.left_behind for line in lines if line.left_behind != "-")
    return lines[-1].model_copy(
        update={
            "features": f"each alone: {' '.join(features) or 'all'}",
            "seconds": str(sum(int(line.seconds) for line in lines)),
            "verdict": ", ".join(
                f"{number} {words}" for words, number in sorted(verdicts.items(), reverse=True)
            ),
            "left_behind": ", ".join(left) or "-",
        }
    )


def _end_all(running: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    try:
        return [end_with(process) for process in running]
    except KeyboardInterrupt:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
        raise


def _line(
    folder: Path, code: int, kind: str, at_once: int, features: Sequence[str], files: Sequence[str]
) -> Line:
    run = next(folder.iterdir(), None) if folder.exists() else None
    if run is None:
        log = folder.with_suffix(".log").read_text().strip().splitlines()
        raise SuiteError(
            "a run left no folder", "behave's last lines are below", "\n".join(log[-5:])
        )
    figures = read_figures(run)
    verdict = verdict_words(results.read(run)) or "no scenario ran"
    if code != 0 and _GREEN.fullmatch(verdict):
        verdict += f", yet exit {code}"
    return Line(
        when=utc_now(),
        commit=figures.commit,
        sandbox=kind,
        noetl=figures.noetl,
        features=" ".join(features) or "all",
        at_once=at_once,
        seconds=f"{figures.wall:.0f}",
        verdict=verdict,
        left_behind=", ".join([*left_by(run.name), *files]) or "-",
    )


def _files() -> set[str]:
    """Return what stands in the temporary folder and in the checkout, the run folders apart."""
    found = set(Path(tempfile.gettempdir()).iterdir())
    found |= {path for path in ROOT.iterdir() if path.name != "runs"}
    found |= set(LEDGERS.glob("*.json"))
    return {str(path) for path in found}


def _append(line: Line) -> None:
    if not RECORD.exists():
        RECORD.write_text("\t".join(Line.model_fields) + "\n")
    with RECORD.open("a") as record:
        record.write("\t".join(map(str, line.model_dump().values())) + "\n")


def read_record() -> list[Line]:
    """Return every run of the record, oldest first."""
    with RECORD.open(newline="") as record:
        return [Line.model_validate(row) for row in csv.DictReader(record, delimiter="\t")]


def summary(record: Sequence[Line]) -> str:
    """Return the record in a Markdown table: runs and disagreements by what was repeated."""
    groups: dict[tuple[str, str, str, int], list[Line]] = {}
    for line in record:
        groups.setdefault((line.sandbox, line.noetl, line.features, line.at_once), []).append(line)
    rows = [
        "| sandbox | NoETL | features | at once | runs | not green or not clean | seconds | last |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (sandbox, noetl, features, at_once), lines in sorted(groups.items()):
        seconds = sorted(int(line.seconds) for line in lines)
        bad = sum(not line.agrees for line in lines)
        rows.append(
            f"| {sandbox} | {noetl} | `{features}` | {at_once} | {len(lines)} | {bad} | "
            f"{seconds[0]}–{seconds[-1]} | {lines[-1].when[:10]} |"
        )
    return "\n".join(rows)
