"""For a tracker of issues: what one needs to know of a failure or a deviation, in one small file.

Each product failure and each recorded deviation that a run shows leaves ``bundles/NAME.zip``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from noetl_acceptance.evidence.archive import zipped
from noetl_acceptance.evidence.extract import as_json, extract
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.judgements import Judgement
from noetl_acceptance.evidence.ledger_difference import FOLDER as DIFFERENCES
from noetl_acceptance.evidence.neutral import LEGEND, neutral, pair_name, places_of
from noetl_acceptance.evidence.rerun import command_again
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.evidence.store import read_record
from noetl_acceptance.model.command_record import Given
from noetl_acceptance.model.file_schemas import KEY, PAIR
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.playbooks import PAIR_FILE, Names
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted
from noetl_acceptance.support.starvation import pace_words
from noetl_acceptance.verdict.claims import case_name
from noetl_acceptance.verdict.known_deviations import FILE, Deviation

FOLDER = "bundles"

MOST_BYTES = 1_000_000

MOST_EXECUTIONS = 3
"""How many executions a bundle holds: of those that go on side by side, or of an outline."""

MOST_RECORDS = (2000, 300, 40)
"""How many events, calls and rows of an execution; the first number that makes it small enough."""

_DIFFERENCE = re.compile(rf"{DIFFERENCES}/(\d+)\.txt")
"""Where a message sends its reader in the run's folder; a bundle has the file elsewhere."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to report.

    Args:
        name: the deviation's, or the scenario's.
        results: of the scenarios that show it.
        judgements: those that found it; none where a scenario failed by something else.
        deviation: None for a failure.
    """

    name: str
    results: tuple[ScenarioResult, ...]
    judgements: tuple[Judgement, ...]
    deviation: Deviation | None = None


def cases_of(
    found: Sequence[ScenarioResult],
    judged: Mapping[str, Sequence[Judgement]],
    deviations: Sequence[Deviation],
) -> list[Case]:
    """Return what is to be reported of a run, each deviation and each failed scenario once.

    Args:
        found: how the scenarios ended.
        judged: what they held against which check, by their location.
        deviations: all that are recorded.
    """
    cases = []
    for deviation in deviations:
        shown = tuple(result for result in found if deviation.name in result.deviations)
        if shown:
            about = tuple(
                judgement
                for result in shown
                for judgement in judged.get(result.location, ())
                if any(each.is_(it) for each in deviation.findings for it in judgement.findings)
            )
            cases.append(Case(deviation.name, shown, about, deviation))
    failed: dict[str, list[ScenarioResult]] = {}
    for result in found:
        if result.verdict == "product":
            failed.setdefault(case_name(result.scenario), []).append(result)
    for name, them in failed.items():
        judgements = (each for it in them for each in judged.get(it.location, ()) if each.findings)
        cases.append(Case(name, tuple(them), tuple(judgements)))
    return cases


def write_bundles(cases: Sequence[Case], figures: Figures, folder: Path) -> list[Path]:
    """Write a bundle for each case into a run's folder; return the files.

    Args:
        cases: as by ``cases_of``.
        figures: of the run.
        folder: of the run, with the records of its executions.
    """
    files = []
    for case in cases:
        place = folder / FOLDER
        place.mkdir(exist_ok=True)
        file = place / f"{_slug(case.name)}.zip"
        file.write_bytes(bundle(case, figures, _records(case, folder), folder))
        files.append(file)
    return files


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80]


def _records(case: Case, folder: Path) -> list[ExecutionRecord | ProbeRecord]:
    """Read the first executions that a case is about."""
    about = [each for judgement in case.judgements for each in judgement.about]
    about = about or [each for result in case.results for each in result.executions]
    return [read_record(folder, each) for each in list(dict.fromkeys(about))[:MOST_EXECUTIONS]]


def bundle(
    case: Case,
    figures: Figures,
    records: Sequence[ExecutionRecord | ProbeRecord],
    folder: Path | None = None,
) -> bytes:
    """Return a bundle as a zip file of at most ``MOST_BYTES``, without a path of this machine.

    Args:
        case: what is reported.
        figures: of the run.
        records: the executions that it is about.
        folder: of the run, None where there is none.
    """
    content = b""
    places = places_of(figures, folder)
    for most in MOST_RECORDS:
        told = _files(case, figures, records, most)
        files = {name: neutral(text, places) for name, text in told.items()}
        content = zipped(_slug(case.name), files)
        if len(content) <= MOST_BYTES:
            break
    return content


def _files(
    case: Case, figures: Figures, records: Sequence[ExecutionRecord | ProbeRecord], most: int
) -> dict[str, str]:
    """Return the files of a bundle by their names."""
    files: dict[str, str] = {}
    told: dict[str, str] = {}
    executions = [record for record in records if isinstance(record, ExecutionRecord)]
    for record in records:
        place = f"executions/{record.execution_id}"
        if isinstance(record, ExecutionRecord):
            part = extract(record, _findings(case, record), most)
            files |= {f"{place}/{name}": text for name, text in part.files.items()}
            told[place] = part.told
        else:
            files[f"{place}/probe.json"] = record.model_dump_json(indent=1)
            told[place] = f"a probe of {counted(len(record.calls), 'call')}"
    given = [Given.model_validate(each) for each in _others(case) if "call" in each]
    for pair in [*(record.pair for record in executions), *(each.pair for each in given)][:1]:
        for playbook in (pair.parent, pair.worker):
            name = f"playbooks/{Path(playbook.file).name}"
            files[name] = playbook.text
            told[name] = f"{playbook.path}, as it was there"
        if pair.names != Names():
            changed = pair.names.model_dump(exclude_defaults=True)
            files[f"playbooks/{PAIR_FILE}"] = yaml.safe_dump(
                {KEY: PAIR.number, "names": changed}, allow_unicode=True, sort_keys=False
            )
            told[f"playbooks/{PAIR_FILE}"] = "the names that the pair uses"
    if given:
        files["commands.json"] = as_json([_command(each) for each in given])
        told["commands.json"] = "what the command line was given, and what it told"
    if case.deviation is not None:
        for file in sorted(FILE.parent.glob("*.yaml")):
            if file.name in (case.deviation.reproduction or ""):
                files[f"reproduction/{file.name}"] = file.read_text(encoding="utf-8")
                told[f"reproduction/{file.name}"] = "shows it without the traveler playbooks"
    return {"README.md": _readme(case, figures, executions, told), **files}


def _findings(case: Case, record: ExecutionRecord) -> list[Finding]:
    about = (each for each in case.judgements if record.execution_id in each.about)
    return [finding for judgement in about for finding in judgement.findings]


def _others(case: Case) -> list[Mapping[str, Any]]:
    """Return what was judged besides executions."""
    subjects = (each.subject for each in case.judgements)
    return [subject for subject in subjects if isinstance(subject, Mapping)]


def _command(given: Given) -> dict[str, Any]:
    return {"call": given.call.model_dump(mode="json"), "the database itself answers": given.rows}


def _readme(
    case: Case, figures: Figures, records: Sequence[ExecutionRecord], told: Mapping[str, str]
) -> str:
    """Return what was expected and what was seen, in plain words."""
    kind = "A failure" if case.deviation is None else "A recorded deviation"
    return "\n".join(
        [
            f"# {kind}: {case.name}",
            "",
            *_versions(figures),
            *_paces(records),
            *_pair(figures),
            "",
            "## What was expected",
            "",
            *_expected(case),
            "",
            "## What was done",
            "",
            *_done(case),
            "",
            "## What was seen",
            "",
            *_seen(case, records),
            *_why(case.deviation),
            "",
            "## How to see it again",
            "",
            *(f"    {command_again(result, figures)}" for result in case.results),
            "",
            f"BUNDLE is this folder; {LEGEND}",
            "",
            "## What is in here",
            "",
            *(f"- `{name}`: {words}" for name, words in told.items()),
            "",
        ]
    )


def _versions(figures: Figures) -> Iterator[str]:
    origin = f" from {figures.origin}" if figures.origin else ""
    cli = f", its command line {figures.cli}" if figures.cli else ""
    yield f"- NoETL {figures.noetl}{origin}{cli}"
    yield f"- sandbox {figures.sandbox} with {counted(figures.workers, 'worker')}"
    yield f"- noetl-acceptance at commit {figures.commit or 'unknown'}, run of {figures.when}"


def _pair(figures: Figures) -> Iterator[str]:
    """Yield which pair was under test, where it is not the suite's own."""
    if name := pair_name(figures):
        yield f"- the pair of playbooks under test is {name}, not the suite's own"


def _paces(records: Sequence[ExecutionRecord]) -> Iterator[str]:
    """Yield for each execution how far others kept the services from their work."""
    for record in records:
        by = f" (measured by {record.pace_source})" if record.pace_source else ""
        yield f"- execution {record.execution_id}: {pace_words(record.pace)}{by}"


def _expected(case: Case) -> Iterator[str]:
    for rule in dict.fromkeys(result.rule for result in case.results if result.rule):
        yield f"- {rule}"
    for result in case.results:
        rows = f" ({', '.join(result.rows)})" if result.rows else ""
        yield f"- Scenario: {result.scenario}{rows}"
    for promise in dict.fromkeys(judgement.promise for judgement in case.judgements):
        yield f"- {promise}"


def _done(case: Case) -> Iterator[str]:
    """Yield the steps; a recorded deviation lets the one that shows it pass."""
    for step in case.results[0].steps:
        yield f"- {step.words}" + (f": {step.status}" if case.deviation is None else "")


def _seen(case: Case, records: Sequence[ExecutionRecord]) -> Iterator[str]:
    if case.deviation is None:
        for result in case.results:
            seen = _DIFFERENCE.sub(r"executions/\1/difference.txt", result.reason.strip())
            yield from ("```", seen, "```")
        return
    labels = {record.execution_id: record.label for record in records}
    for judgement in case.judgements:
        yield from (f"- {labels.get(each, f'execution {each}')}" for each in judgement.about)
        yield from (f"- {finding}" for finding in judgement.findings)


def _why(deviation: Deviation | None) -> Iterator[str]:
    if deviation is not None:
        yield from ("", "## Why", "", deviation.why)
        if deviation.reproduction:
            yield from ("", f"Reproduction: {deviation.reproduction}")
