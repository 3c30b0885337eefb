"""For a tracker of issues: what one needs to know of a failure or a deviation, in one small file.

Each product failure and each recorded deviation that a run shows leaves ``bundles/NAME.zip``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from noetl_acceptance.evidence.archive import zipped
from noetl_acceptance.evidence.bundle_cases import Case
from noetl_acceptance.evidence.bundle_readme import readme
from noetl_acceptance.evidence.extract import as_json, extract
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.neutral import neutral, places_of
from noetl_acceptance.evidence.store import read_record
from noetl_acceptance.model.command_record import Given
from noetl_acceptance.model.file_schemas import KEY, PAIR
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.pair_file import PAIR_FILE
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted
from noetl_acceptance.verdict.known_deviations import FILE

FOLDER = "bundles"

MOST_BYTES = 1_000_000

MOST_EXECUTIONS = 3
"""How many executions a bundle holds: of those that go on side by side, or of an outline."""

MOST_RECORDS = (2000, 300, 40)
"""How many events, calls and rows of an execution; the first number that makes it small enough."""


def write_bundles(
    cases: Sequence[Case],
    figures: Figures,
    folder: Path,
    further: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write a bundle for each case into a run's folder; return the files.

    Args:
        cases: as by ``cases_of``.
        figures: of the run.
        folder: of the run, with the records of its executions.
        further: the words for further places of machines, by their paths.
    """
    files = []
    for case in cases:
        place = folder / FOLDER
        place.mkdir(exist_ok=True)
        file = place / f"{_slug(case.name)}.zip"
        file.write_bytes(bundle(case, figures, _records(case, folder), folder, further))
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
    further: Mapping[str, str] | None = None,
) -> bytes:
    """Return a bundle as a zip file of at most ``MOST_BYTES``, without a path of this machine.

    Args:
        case: what is reported.
        figures: of the run.
        records: the executions that it is about.
        folder: of the run, None where there is none.
        further: as that of ``write_bundles``.
    """
    content = b""
    places = {**(further or {}), **places_of(figures, folder)}
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
        if pair.said:
            files[f"playbooks/{PAIR_FILE}"] = yaml.safe_dump(
                {KEY: PAIR.number, **pair.said}, allow_unicode=True, sort_keys=False
            )
            told[f"playbooks/{PAIR_FILE}"] = "what the pair says of itself"
    if given:
        files["commands.json"] = as_json([_command(each) for each in given])
        told["commands.json"] = "what the command line was given, and what it told"
    if case.deviation is not None:
        for file in sorted(FILE.parent.glob("*.yaml")):
            if file.name in (case.deviation.reproduction or ""):
                files[f"reproduction/{file.name}"] = file.read_text(encoding="utf-8")
                told[f"reproduction/{file.name}"] = "shows it without the traveler playbooks"
    return {"README.md": readme(case, figures, executions, told), **files}


def _findings(case: Case, record: ExecutionRecord) -> list[Finding]:
    about = (each for each in case.judgements if record.execution_id in each.about)
    return [finding for judgement in about for finding in judgement.findings]


def _others(case: Case) -> list[Mapping[str, Any]]:
    """Return what was judged besides executions."""
    subjects = (each.subject for each in case.judgements)
    return [subject for subject in subjects if isinstance(subject, Mapping)]


def _command(given: Given) -> dict[str, Any]:
    return {"call": given.call.model_dump(mode="json"), "the database itself answers": given.rows}
