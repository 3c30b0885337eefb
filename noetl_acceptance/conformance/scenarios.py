"""The features as the pages see them: each scenario, the rows it proves, and what is amiss."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cucumber_tag_expressions import parse as tag_expression

from noetl_acceptance.conformance.feature_files import FAULT, WrittenScenario
from noetl_acceptance.model.wording import counted
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict.claims import Contract
from noetl_acceptance.verdict.known_deviations import Deviation

MOST_ROWS = 3
"""How many rows one scenario may prove: more would say little about each."""
_ROW_LIKE = re.compile(r"[CP]\d+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, or one outline with all its cases.

    Args:
        feature: the feature file's name without its ending.
        name: the scenario's; in an outline's a ``…`` for what differs.
        cases: the names under which it is run and recorded, one but for an outline.
        default_cases: those of them that a plain ``behave`` runs.
        rows: its tags that look like a row of the contract.
        fault: whether something fails in it on purpose.
    """

    feature: str
    name: str
    cases: tuple[str, ...]
    default_cases: tuple[str, ...]
    rows: tuple[str, ...]
    fault: bool = False


def default_tags() -> list[str]:
    """Return the tag expressions that select what a plain ``behave`` runs (pyproject.toml)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tags: list[str] = project["tool"]["behave"]["default_tags"]
    return tags


def scenarios_of(written: Iterable[WrittenScenario], tags: Sequence[str]) -> list[Scenario]:
    """Return the scenarios as the pages see them, in their order.

    Args:
        written: the scenarios as the feature files have them.
        tags: tag expressions that all must hold for what a plain ``behave`` runs.
    """
    selects = tag_expression(" and ".join(f"({each})" for each in tags))
    return [
        Scenario(
            feature=each.feature,
            name=each.name,
            cases=tuple(case.name for case in each.cases),
            default_cases=tuple(
                case.name
                for case in each.cases
                if selects.evaluate([f"@{tag}" for tag in case.tags])
            ),
            rows=tuple(
                sorted({tag for case in each.cases for tag in case.tags if _ROW_LIKE.match(tag)})
            ),
            fault=any(FAULT in case.tags for case in each.cases),
        )
        for each in written
    ]


def rows_without_scenario(contract: Contract, scenarios: Sequence[Scenario]) -> list[str]:
    """Return the ids of the rows that no scenario proves, in order."""
    proven = {row for scenario in scenarios for row in scenario.rows}
    return [row for row in contract.rows if row not in proven]


def tag_faults(contract: Contract, scenarios: Sequence[Scenario]) -> list[str]:
    """Return, in one line each, what is wrong with the features' tags and names.

    A tag that looks like a row and is none, more than three rows on a scenario, and two
    scenarios of a feature with one name, which the records could not tell apart.
    """
    faults = []
    for scenario in scenarios:
        where = f"{scenario.feature}: {scenario.name}"
        faults += [
            f"{where}: @{tag} names no row" for tag in scenario.rows if tag not in contract.rows
        ]
        if len(scenario.rows) > MOST_ROWS:
            faults.append(
                f"{where}: {counted(len(scenario.rows), 'row')}, at most {MOST_ROWS} are allowed"
            )
    names = Counter((each.feature, case) for each in scenarios for case in each.cases)
    faults += [
        f"{feature}: {n} scenarios {name!r}" for (feature, name), n in names.items() if n > 1
    ]
    return faults


def deviation_faults(deviations: Sequence[Deviation], scenarios: Sequence[Scenario]) -> list[str]:
    """Return, in one line each, what keeps a deviation from showing in its row of the page.

    A name that two have, a scenario that does not exist, one that proves none
    of its rules.
    """
    names = Counter(deviation.name for deviation in deviations)
    faults = [f"{n} deviations are called {name}" for name, n in names.items() if n > 1]
    for deviation in deviations:
        for name in deviation.scenarios:
            rows = [each.rows for each in scenarios if name in each.cases]
            if not rows:
                faults.append(f"deviation {deviation.name}: there is no scenario {name!r}")
            elif not any(set(deviation.rules) & set(each) for each in rows):
                rules = ", ".join(deviation.rules)
                faults.append(f"deviation {deviation.name}: {name!r} does not prove {rules}")
    return faults
