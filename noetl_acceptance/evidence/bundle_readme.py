"""The first page of a bundle: what was expected, done and seen, in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from noetl_acceptance.evidence.bundle_cases import Case
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.ledger_difference import FOLDER as DIFFERENCES
from noetl_acceptance.evidence.neutral import LEGEND, pair_name
from noetl_acceptance.evidence.rerun import command_again
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted
from noetl_acceptance.support.settings_file import words_of_settings
from noetl_acceptance.support.starvation import pace_words
from noetl_acceptance.verdict.known_deviations import Deviation

_DIFFERENCE = re.compile(rf"{DIFFERENCES}/(\d+)\.txt")
"""Where a message sends its reader in the run's folder; a bundle has the file elsewhere."""


def readme(
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
    if figures.settings:
        own = words_of_settings(figures.settings)
        yield f"- settings of the user's own: {own}"
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
