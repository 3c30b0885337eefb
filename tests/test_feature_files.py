"""The features as Cucumber's parser reads them: the same scenarios as behave runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from behave import parser as behave_parser
from behave.tag_expression import make_tag_expression

from noetl_acceptance.conformance.feature_files import WrittenScenario, parse_feature, read_features
from noetl_acceptance.conformance.scenarios import default_tags, scenarios_of
from noetl_acceptance.errors import UsageError
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict.claims import case_name

OWN = sorted((ROOT / "features").glob("*.feature"))

ADVERSARIAL = '''\
# language: en
# Feature: not this one
@C01 @slow # @C02 is a comment
@quick
Feature: Tea – 茶
  It has no Scenario: here, no Rule: and no @tag

  Background: Water
    Given a kettle

  @C03
  @wip
  Scenario:   It boils, by <degrees> at <100> °C   # no comment
    When it says
      """
      Scenario: not one
      @C09
        Examples:
      """
    Then * is | and <so> on
      | Scenario: | \\| |
      | <x>       |    |

  Scenario: It has no step

  @C04 @P1
  Scenario Outline: <who> drinks <what>: <who> pays <unknown>, \\<what\\>
    When <who> drinks

    @scale
    Examples: the many
      | who    | what      |
      # a comment between
      | Ada    | tea \\| milk |
      | <what> | a b       |

    @P2
    Examples:
      | what | who |
      |      | Bob |

    Examples: none
      | who | what |

  @P4
  Rule: A kettle MUST NOT burn

    Background:
      Given a fire

    @C05
    Example: It is watched
      * it boils

    Scenario Template: It is watched by <who>
      * it boils
      Scenarios:
        | who |
        | a -- b |

  Rule: Nothing
'''

GERMAN = """\
# language: de
@C01
Funktionalität: Tee
  Szenario: Er zieht
    Wenn er zieht
  Szenariogrundriss: Er zieht <lang>
    Wenn er zieht
    Beispiele:
      | lang |
      | kurz |
"""


def by_behave(text: str, name: str) -> list[tuple[str, int, list[str]]]:
    """Return each case as behave runs it: name, line, tags."""
    feature: Any = behave_parser.parse_feature(text, filename=name)
    return [
        (case_name(case.name), case.location.line, sorted(map(str, case.effective_tags)))
        for case in feature.walk_scenarios()
    ]


def as_written(scenarios: list[WrittenScenario]) -> list[tuple[str, int, list[str]]]:
    return [
        (case.name, case.line, sorted(case.tags))
        for scenario in scenarios
        for case in scenario.cases
    ]


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.stem)
def test_our_features_are_read_as_behave_runs_them(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert as_written(parse_feature(text, file)) == by_behave(text, file.name)


@pytest.mark.parametrize(
    "text",
    [ADVERSARIAL, ADVERSARIAL.replace("\n", "\r\n"), GERMAN],
    ids=["adversarial", "crlf", "german"],
)
def test_an_adversarial_feature_is_read_as_behave_runs_it(text: str) -> None:
    assert as_written(parse_feature(text, Path("tea.feature"))) == by_behave(text, "tea.feature")


def test_where_both_parsers_differ() -> None:
    text = "Feature: F\n@<a>\nScenario Outline: <a>\nExamples:\n| a |\n| x\\\\y |\n"
    assert as_written(parse_feature(text, Path("f.feature"))) == [("x\\y", 6, ["<a>"])]
    assert by_behave(text, "f.feature") == [("x\\\\y", 6, ["xy"])]


def test_the_default_tags_select_what_behave_selects() -> None:
    selects = make_tag_expression(default_tags())
    wanted = []
    for file in OWN:
        feature: Any = behave_parser.parse_file(str(file))
        wanted += [
            case_name(case.name)
            for case in feature.walk_scenarios()
            if selects.evaluate(case.effective_tags)
        ]
    found = scenarios_of(read_features(), default_tags())
    assert [case for scenario in found for case in scenario.default_cases] == wanted


def test_an_outline_is_one_scenario_with_its_cases() -> None:
    found = {each.name: each for each in parse_feature(ADVERSARIAL, Path("tea.feature"))}
    assert [case.name for case in found["It is watched by …"].cases] == ["It is watched by a -- b"]
    assert found["It has no step"].feature == "tea"
    assert [len(each.cases) for each in found.values()] == [1, 1, 3, 1, 1]


def test_a_file_without_feature_has_no_scenario() -> None:
    assert parse_feature("# nothing\n", Path("tea.feature")) == []


def test_a_broken_feature_is_told_with_its_place() -> None:
    told = r"tea\.feature is not a feature file: .*\(4:1\).* - fix the file"
    with pytest.raises(UsageError, match=told):
        parse_feature("Feature: Tea\nScenario: It\n* boils\nit does\n", Path("tea.feature"))
