"""Which rows of the contract a run has proven."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.conformance.row_verdicts import Rules, rules_of
from noetl_acceptance.conformance.scenarios import Scenario, default_tags, scenarios_of
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence.results import NOT_RUN, ScenarioResult
from noetl_acceptance.verdict.claims import case_name, load_contract
from noetl_acceptance.verdict.exit_codes import FAILED
from noetl_acceptance.verdict.known_deviations import load_deviations

PROVEN, NOT_SELECTED = "proven", "not selected"
IN_PART = "not wholly proven (some scenarios were not selected)"

WORDS = (
    PROVEN,
    IN_PART,
    "deviates as recorded",
    "failed by the product",
    "failed by the sandbox",
    "failed by the suite",
    "not judged",
    "not run",
    NOT_SELECTED,
)
"""What is said of a row, in the order of the line."""


def line_of(results: Iterable[ScenarioResult]) -> str:
    """Return what a run says of the contract, in one line; empty where it says nothing."""
    told = [f"{words}: {rows}" for words, rows in rows_in_words(results).items()]
    return f"contract: {'; '.join(told)}" if told else ""


def rows_in_words(results: Iterable[ScenarioResult]) -> dict[str, str]:
    """Return the rows, by what a run of this checkout's features says; as ``group_rows``."""
    try:
        scenarios = scenarios_of(read_features(), default_tags())
    except UsageError as error:  # of a file that this run has not read
        return {"not told, as a feature is broken": " ".join(str(error).split())}
    return group_rows(results, scenarios, list(load_contract().rows), rules_of(load_deviations()))


def group_rows(
    results: Iterable[ScenarioResult],
    scenarios: Iterable[Scenario],
    rows: Sequence[str],
    rules: Rules,
) -> dict[str, str]:
    """Return the rows as ranges, by what a run says of them; none if it ran no scenario of any.

    Args:
        results: of the run.
        scenarios: of all features.
        rows: the ids of the contract, in its order.
        rules: the rows that each recorded deviation is about.
    """
    ran: dict[str, list[ScenarioResult]] = {}
    for result in results:
        for row in result.rows:
            ran.setdefault(row, []).append(result)
    every = list(scenarios)
    said: dict[str, list[str]] = {}
    for row in rows:
        said.setdefault(_word(row, ran.get(row, []), every, rules), []).append(row)
    if said.keys() <= {NOT_SELECTED}:
        return {}
    return {word: row_ranges(said[word]) for word in WORDS if word in said}


def _word(
    row: str, found: Sequence[ScenarioResult], scenarios: Sequence[Scenario], rules: Rules
) -> str:
    """Return the worst that the scenarios of a row say; a row is proven by all that it has."""
    if not found:
        return NOT_SELECTED
    verdicts = {result.verdict for result in found}
    for verdict in FAILED:
        if verdict in verdicts:
            return f"failed by the {verdict}"
    if any(row in rules.get(name, ()) for result in found for name in result.deviations):
        return "deviates as recorded"
    if "skipped" in verdicts:
        judged = {result.reason in NOT_RUN for result in found if result.verdict == "skipped"}
        return "not run" if judged == {True} else "not judged"
    selected = {(_feature(result), case_name(result.scenario)) for result in found}
    wanted = {
        (scenario.feature, case)
        for scenario in scenarios
        if row in scenario.rows
        for case in scenario.default_cases
    }
    return PROVEN if wanted <= selected else IN_PART


def _feature(result: ScenarioResult) -> str:
    return Path(result.location.rpartition(":")[0]).stem


def row_ranges(rows: Sequence[str]) -> str:
    """Write the ids of rows as ranges: ``C01–C03, C07, P1``."""
    runs: list[list[str]] = []
    for row in rows:
        if runs and runs[-1][-1][0] == row[0] and int(runs[-1][-1][1:]) + 1 == int(row[1:]):
            runs[-1].append(row)
        else:
            runs.append([row])
    parts = (f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)
    return ", ".join(parts)
