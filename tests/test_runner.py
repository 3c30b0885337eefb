"""The runner without a sandbox: the order of a run, and files that cannot be run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from behave.configuration import Configuration
from behave.parser import parse_feature

from noetl_acceptance.bdd import runner
from noetl_acceptance.bdd.runner import AcceptanceRunner, shuffle
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.places import ROOT
from noetl_acceptance.support import signals
from tests import warm

TEXT = """
Feature: {name}
  Background:
    Given the feature's own

  Rule: {name} first
    Background:
      Given the rule's own

    Scenario: {name} plain
      Then it is so

    Scenario Outline: {name} outline <case>
      Then it is <case>

      Examples:
        | case |
        | a    |
        | b    |
        | c    |
        | d    |

  Rule: {name} second
    Scenario: {name} last
      Then it is so
"""


def features(*names: str) -> list[Any]:
    return [parse_feature(TEXT.format(name=name), filename=f"{name}.feature") for name in names]


def order(among: list[Any], seed: int | None) -> list[str]:
    """The scenarios in the order in which they run."""
    if seed is not None:
        shuffle(among, seed)
    return [
        str(scenario.name).partition(" -- ")[0]
        for feature in among
        for scenario in feature.walk_scenarios()
    ]


def test_a_seed_makes_an_order_of_its_own_and_always_the_same() -> None:
    names = ("one", "two", "three", "four")
    plain = order(features(*names), None)
    orders = [order(features(*names), seed) for seed in range(20)]
    assert [sorted(each) for each in orders] == [sorted(plain)] * 20
    assert orders == [order(features(*names), seed) for seed in range(20)]
    assert len({tuple(each) for each in orders}) == 20


def test_features_rules_scenarios_and_cases_change_places() -> None:
    orders = [order(features("one", "two"), seed) for seed in range(20)]
    firsts = {each[0].partition(" ")[0] for each in orders}
    assert firsts == {"one", "two"}
    for earlier, later in [
        ("one plain", "one last"),
        ("one plain", "one outline a"),
        ("one outline a", "one outline b"),
    ]:
        assert {each.index(earlier) < each.index(later) for each in orders} == {True, False}


def test_a_part_runs_in_the_order_that_it_has_in_the_whole() -> None:
    whole = order(features("one", "two", "three"), 7)
    part = order(features("three", "one"), 7)
    assert part == [name for name in whole if not name.startswith("two")]


@pytest.mark.parametrize("seed", range(5))
def test_every_scenario_keeps_its_backgrounds(seed: int) -> None:
    among = features("one", "two")
    shuffle(among, seed)
    for feature in among:
        for scenario in feature.walk_scenarios():
            rule = ["the rule's own"] if "last" not in scenario.name else []
            before = [step.name for step in scenario.background_steps]
            assert before == ["the feature's own", *rule]


def behave(*arguments: str) -> warm.Ended:
    return warm.run("behave", *arguments, folder=ROOT)


def test_behave_runs_in_the_order_of_the_seed() -> None:
    asked = ["--dry-run", "--no-summary", "--format=plain", "features/smoke.feature"]
    plain, other = (behave("-D", f"seed={seed}", *asked).stdout for seed in ("off", "1"))
    assert plain != other
    assert sorted(plain.splitlines()) == sorted(other.splitlines())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("features/none.feature", "there is no features/none.feature"),
        ("none", "there is no none"),
        ("@none", "there is no none"),
        ("README.md", "README.md is no .feature file"),
    ],
)
def test_a_file_that_cannot_be_run_is_one_line(path: str, words: str) -> None:
    told = behave(path)
    assert told.code == 1
    assert told.stderr == f"error: {words} - give feature files, or folders of them\n"


def test_an_engine_that_does_not_tell_of_an_image_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def slow(_: object) -> None:
        raise SandboxError("docker pull took more than 900 s and was ended", "then again")

    monkeypatch.setattr(runner, "Session", slow)
    monkeypatch.setattr(signals, "install", lambda: None)
    words = ["features/smoke.feature", "-D", f"runs={tmp_path}", "-D", "lanes=1"]
    refused = AcceptanceRunner(Configuration(words))
    refused.features = features("one")
    assert refused.run_model()
    told = "error: docker pull took more than 900 s and was ended - then again\n"
    assert capsys.readouterr().err == told
    assert refused.config.exit_code == 3


@pytest.mark.parametrize(
    ("variables", "color"),
    [({}, "auto"), ({"NO_COLOR": "1"}, "off"), ({"TERM": "dumb"}, "off")],
    ids=["neither", "NO_COLOR", "dumb"],
)
def test_behave_prints_without_colours_where_they_are_not_wanted(
    variables: dict[str, str], color: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert AcceptanceRunner(Configuration(["--color=auto"])).config.color == color
