"""The feature files, read with Cucumber's own parser: every scenario, its cases and their tags.

Behave runs the same cases under the same names, but for two things that no feature of ours has: a
backslash in a cell of Examples that an outline's name shows, and a tag with a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from gherkin import Compiler, Parser
from gherkin.errors import ParserError
from gherkin.parser_types import Envelope
from gherkin.parser_types import Scenario as Definition
from gherkin.pickles.compiler import (
    GherkinDocumentWithURI,
    Pickle,
    is_rule_container,
    is_scenario_container,
)

from noetl_acceptance.errors import UsageError
from noetl_acceptance.places import ROOT

FAULT = "fault"
"""The tag of scenarios in which a service, a link or the machine fails on purpose."""


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """One case of an outline, or a plain scenario, which is its own only case.

    Args:
        name: the name with the values of the case.
        line: where the case begins in the file.
        tags: the tags of the case and of all that holds it, without the ``@``.
    """

    name: str
    line: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenScenario:
    """One scenario, or one outline with all its cases.

    Args:
        feature: the feature file's name without its ending.
        name: the scenario's; in an outline's a ``…`` for what differs.
        cases: in the order of the file; one but for an outline.
    """

    feature: str
    name: str
    cases: tuple[WrittenCase, ...]


def read_features(folder: Path = ROOT / "features") -> list[WrittenScenario]:
    """Return the scenarios of every feature file of a folder, by the file's name.

    Raises:
        UsageError: a file is no feature.
    """
    return [
        scenario
        for file in sorted(folder.glob("*.feature"))
        for scenario in parse_feature(file.read_text(encoding="utf-8"), file)
    ]


def parse_feature(text: str, file: Path) -> list[WrittenScenario]:
    """Return the scenarios of a feature, in their order.

    An outline without a row has no case, so it is left out.

    Args:
        text: of the feature.
        file: where the text stands.

    Raises:
        UsageError: the text is no feature.
    """
    try:
        parsed = Parser().parse(text)
    except ParserError as error:
        told = " ".join(str(error).split())
        raise UsageError(f"{file} is not a feature file: {told}", "fix the file") from None
    if "feature" not in parsed:
        return []
    names = {each["id"]: _name(each) for each in _definitions(parsed["feature"]["children"])}
    document: GherkinDocumentWithURI = {**parsed, "uri": str(file)}
    cases = Compiler().compile(document)
    return [
        WrittenScenario(file.stem, names[scenario], tuple(map(_case, of_it)))
        for scenario, of_it in groupby(cases, key=lambda case: case["astNodeIds"][0])
    ]


def _definitions(children: Iterable[Envelope]) -> Iterator[Definition]:
    """Yield the scenarios and outlines of a feature, with those of its Rules."""
    for child in children:
        if is_rule_container(child):
            yield from _definitions(child["rule"]["children"])
        elif is_scenario_container(child):
            yield child["scenario"]


def _name(definition: Definition) -> str:
    name = definition["name"]
    return re.sub(r"<[^<>]+>", "…", name) if definition["examples"] else name


def _case(case: Pickle) -> WrittenCase:
    tags = tuple(tag["name"].removeprefix("@") for tag in case["tags"])
    return WrittenCase(case["name"].strip(), case["location"]["line"], tags)
