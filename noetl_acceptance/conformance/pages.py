"""The generated pages and schemas, as they should stand and as they do.

The page of the steps is not among them: it needs behave, which ``bdd/steps_page.py`` has.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from noetl_acceptance.conformance.contract_page import contract_page
from noetl_acceptance.conformance.faults.faults_page import faults_page
from noetl_acceptance.conformance.faults.sweep_results import read_sweeps
from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.conformance.release_results import read_records
from noetl_acceptance.conformance.releases.badges import badges, summaries
from noetl_acceptance.conformance.releases.conformance_html import conformance_html
from noetl_acceptance.conformance.releases.conformance_page import conformance_page
from noetl_acceptance.conformance.releases.release_file import read_releases
from noetl_acceptance.conformance.row_verdicts import record_faults
from noetl_acceptance.conformance.scenarios import (
    default_tags,
    deviation_faults,
    rows_without_scenario,
    scenarios_of,
    tag_faults,
)
from noetl_acceptance.conformance.schemas import published_schemas
from noetl_acceptance.conformance.seconds import read_seconds
from noetl_acceptance.conformance.verdict_rules_page import verdicts_page
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict.claims import load_contract
from noetl_acceptance.verdict.known_deviations import load_deviations

DOCS = ROOT / "docs"


def generate() -> dict[Path, str]:
    """Return the text of each page that is generated from data.

    Raises:
        UsageError: a feature file is no feature.
        SuiteError: a record names a deviation that is not recorded any more.
    """
    records, deviations = read_records(), load_deviations()
    if unknown := record_faults(records, deviations):
        raise SuiteError(unknown[0], "record a full run anew", "\n".join(unknown[1:]))
    scenarios = scenarios_of(read_features(), default_tags())
    claims, releases = load_contract(), read_releases()
    contract = contract_page(claims, scenarios, records, deviations, read_seconds())
    return {
        DOCS / "contract.md": contract,
        DOCS / "conformance.md": conformance_page(releases, claims),
        DOCS / "conformance.html": conformance_html(releases, claims),
        DOCS / "conformance" / "summaries.txt": summaries(releases),
        **badges(releases),
        DOCS / "faults.md": faults_page(scenarios, records, deviations, read_sweeps()),
        DOCS / "verdicts.md": verdicts_page(),
        **published_schemas(),
    }


def differing(pages: Mapping[Path, str]) -> list[Path]:
    """Return the pages that do not stand as they should."""
    return [
        page
        for page, text in pages.items()
        if not page.is_file() or page.read_text(encoding="utf-8") != text
    ]


def write(pages: Mapping[Path, str]) -> None:
    """Write every page."""
    for page, text in pages.items():
        page.parent.mkdir(exist_ok=True, parents=True)
        page.write_text(text, encoding="utf-8")


def faults() -> list[str]:
    """Return, in one line each, what keeps the contract from being proven row by row.

    Rows without a scenario, tags that name no row, too many rows on a scenario, deviations
    that are about no row of their scenarios.
    """
    contract, scenarios = load_contract(), scenarios_of(read_features(), default_tags())
    found = [f"{row} has no scenario" for row in rows_without_scenario(contract, scenarios)]
    found += tag_faults(contract, scenarios)
    found += deviation_faults(load_deviations(), scenarios)
    return found
