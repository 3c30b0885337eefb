"""How the scenarios of a run are cut into shards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from behave.model import ScenarioOutline
from behave.parser import parse_feature
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.bdd.behave_internals import prune
from noetl_acceptance.bdd.entry import selected_by
from noetl_acceptance.cli.main import main
from noetl_acceptance.conformance.release_results import (
    Record,
    RecordedScenario,
    read_records,
    recorded_durations,
)
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import read_figures, write_figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.option_values import Shard
from noetl_acceptance.options import load_settings
from noetl_acceptance.orchestration.merge import merge
from noetl_acceptance.orchestration.shards import Selected, cut, group, seconds_of
from noetl_acceptance.places import ROOT


def scenario(number: int, *setup: str) -> Selected:
    return Selected(f"features/f.feature:{number}", "f", f"S{number}", setup)


SCENARIOS = st.lists(st.sampled_from("abcdef"), max_size=30).map(
    lambda setups: [scenario(number, f"when {setup}") for number, setup in enumerate(setups, 1)]
)


@given(SCENARIOS, st.integers(1, 9), st.dictionaries(st.integers(1, 30), st.floats(0, 900)))
def test_each_scenario_is_in_one_shard_with_those_that_share_its_execution(
    scenarios: list[Selected], count: int, seconds: dict[int, float]
) -> None:
    durations = {("f", f"S{number}"): each for number, each in seconds.items()}
    parts = cut(scenarios, count, durations)
    assert len(parts) == count
    assert sorted(each.location for part in parts for each in part) == sorted(
        each.location for each in scenarios
    )
    for part in parts:
        assert list(part) == [each for each in scenarios if each in part]
    setups = [{each.setup for each in part} for part in parts]
    assert sum(map(len, setups)) == len(set().union(*setups))
    assert parts == cut(scenarios, count, durations)


@given(SCENARIOS.filter(bool), st.integers(1, 9))
def test_no_shard_is_longer_than_the_mean_and_the_longest_group(
    scenarios: list[Selected], count: int
) -> None:
    def seconds(each: Sequence[Selected]) -> float:
        return sum(seconds_of(part, {}) for part in group(each))

    longest = max(seconds_of(each, {}) for each in group(scenarios))
    assert max(map(seconds, cut(scenarios, count, {}))) <= seconds(scenarios) / count + longest


def test_a_deadline_makes_no_other_execution() -> None:
    one = scenario(1, "given a", "when 5 travelers are enriched within 90 seconds")
    other = scenario(2, "given a", "when 5 travelers are enriched within 60 seconds")
    third = scenario(3, "given b", "when 5 travelers are enriched within 60 seconds")
    assert group([one, third, other]) == [(one, other), (third,)]


def test_what_no_record_tells_is_estimated_from_its_deadlines() -> None:
    told = [scenario(1, "when x within 600 seconds"), scenario(2, "when x within 600 seconds")]
    assert seconds_of(told, {}) == pytest.approx(60.2)
    assert seconds_of(told, {("f", "S1"): 7.0}) == pytest.approx(7.2)
    assert seconds_of([scenario(3)], {}) == pytest.approx(0.1)


def record(release: str, sandbox: str, **seconds: float) -> Record:
    told = [
        RecordedScenario(feature="f", scenario=name, verdict="passed", seconds=each)
        for name, each in seconds.items()
    ]
    return Record(release=release, sandbox=sandbox, when="", commit="", scenarios=tuple(told))


@pytest.mark.parametrize(
    ("noetl", "sandbox", "one", "two"),
    [
        ("2.8.5", "compose", 2.0, 20.0),
        ("2.8.9", "compose", 4.0, 10.0),
        ("2.8.7", "compose", 4.0, 10.0),
        ("rust", "compose", 12.0, 40.0),
        ("rust:3.40.0+5.40.0", "compose", 10.0, 20.0),
        ("rust:3.53.0+5.51.0", "compose", 12.0, 40.0),
        ("rust", "embedded", 7.0, 20.0),
        ("4.26.0", "compose", 7.0, 20.0),
        ("2.8.9", "attach", 7.0, 20.0),
    ],
)
def test_durations_are_those_of_the_nearest_record_and_else_the_mean(
    noetl: str, sandbox: str, one: float, two: float
) -> None:
    records = [
        record("2.8.5", "compose", S1=2.0),
        record("2.8.9", "compose", S1=4.0, S2=10.0),
        record("2.8.9", "embedded", S2=10.0),
        record("rust 3.40.0 + 5.40.0", "compose", S1=10.0),
        record("rust 3.54.0 + 5.52.0", "compose", S1=12.0, S2=40.0),
    ]
    durations = recorded_durations(records, noetl, sandbox)
    assert durations == {("f", "S1"): one, ("f", "S2"): two}


@pytest.mark.parametrize("own", read_records(), ids=lambda each: each.name)
def test_the_longest_shard_is_little_longer_than_the_mean_of_a_record(own: Record) -> None:
    noetl = own.release.replace("rust ", "rust:").replace(" ", "")
    durations = recorded_durations(read_records(), noetl, own.sandbox)
    assert durations.items() >= {
        ((each.feature, each.scenario), each.seconds) for each in own.scenarios
    }
    scenarios, _ = selected_by(["-D", f"noetl={noetl}", "-D", f"sandbox={own.sandbox}"])
    longest = max(seconds_of(each, durations) for each in group(scenarios))
    for count in range(2, 13):
        loads = [
            sum(seconds_of(each, durations) for each in group(part))
            for part in cut(scenarios, count, durations)
        ]
        assert max(loads) <= max(1.15 * sum(loads) / count, longest + 0.001)


FEATURE = """
Feature: F
  Scenario: loose
    When one
  Rule: R
    Background:
      Given b
    Scenario: in a rule
      When two
      Then nothing
    Scenario Outline: outlined <n>
      When <n>
      Examples:
        | n |
        | 1 |
        | 2 |
  Rule: S
    Scenario: another
      When three
"""


def kept(*lines: int) -> list[str]:
    feature = parse_feature(FEATURE, filename="f.feature")
    prune(feature, {f"f.feature:{line}" for line in lines})
    outlines = feature.walk_scenarios(with_outlines=True)
    assert all(each.scenarios for each in outlines if isinstance(each, ScenarioOutline))
    assert all(rule.run_items for rule in feature.rules)
    return [f"{each.name}" for each in feature.walk_scenarios()]


def test_only_the_scenarios_of_the_shard_stay_in_a_feature() -> None:
    assert kept(3, 8, 15, 16, 18) == [
        "loose",
        "in a rule",
        "outlined 1 -- @1.1 ",
        "outlined 2 -- @1.2 ",
        "another",
    ]
    assert kept(16) == ["outlined 2 -- @1.2 "]
    assert kept(18) == ["another"]
    assert kept() == []


def together(*, feature: str, name: str) -> set[tuple[str, str]]:
    """Return which scenarios share the execution of one, by their features and names."""
    chosen, _ = selected_by([])
    found = next(
        each
        for each in group(chosen)
        if any((it.feature, it.name) == (feature, name) for it in each)
    )
    return {(each.feature, each.name) for each in found}


def test_a_command_or_a_remedy_comes_to_the_execution_that_others_share() -> None:
    command = "A command reaches NoETL at its own address"
    features = [feature for feature, _ in together(feature="cli", name=command)]
    assert features.count("cli") > 3
    assert "smoke" in features
    remedy = "Another address is the remedy for bad answers"
    assert len(together(feature="slow_endpoint", name=remedy)) > 1


def test_what_comes_before_the_first_when_decides_on_the_execution() -> None:
    chosen, _ = selected_by(["features/smoke.feature"])
    by_name = {each.name: each for each in chosen}
    shared = [each for each in chosen if each.setup and "200 travelers" in each.setup[-1]]
    assert len(shared) > 10
    assert len(group(shared)) == 1
    assert any(not each.setup or "when" not in each.setup[-1] for each in by_name.values())


def test_all_scenarios_are_selected_where_nothing_is_named() -> None:
    whole, quick = selected_by([])[0], selected_by(["--tags=@quick"])[0]
    assert {each.feature for each in whole} > {each.feature for each in quick} > {"smoke"}
    with pytest.raises(UsageError, match=r"there is no features/nosuch"):
        selected_by(["features/nosuch.feature"])


def test_a_shard_is_named_by_its_number_and_their_count() -> None:
    assert load_settings({"shard": "3/8"}, {}).shard == Shard(3, 8)
    assert load_settings({}, {}).shard is None
    for wrong in ("0/3", "4/3", "1", "a/b", "1/65"):
        with pytest.raises(UsageError, match="it takes K/N"):
            load_settings({"shard": wrong}, {})


def test_the_command_shows_the_cut_of_a_run_with_the_same_arguments(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--tags=@quick", "-D", "seed=3", "-D", "sandbox=embedded", "-D", "noetl=rust"]
    assert main(["shards", "--count", "5", "--list", "--", *words]) == 0
    shown = capsys.readouterr().out
    listed = [line.split()[0] for line in shown.splitlines() if line.startswith("  ")]
    parts: list[str] = []

    def as_cut(*given: Any) -> list[tuple[Selected, ...]]:
        made = cut(*given)
        parts.extend(each.location for part in made for each in part)
        return made

    monkeypatch.setattr("noetl_acceptance.bdd.shard_selection.cut", as_cut)
    assert main(["run", *words, "-D", "shard=1/5", "--dry-run", "--format=null"]) == 0
    assert listed == parts
    capsys.readouterr()
    assert main(["shards", "--count", "5", "--list", "--", *words[:3]]) == 0
    assert capsys.readouterr().out != shown, "another NoETL takes otherwise long"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--tags=@nosuch", "no scenario ran: "),
        ("--bogus", "unrecognized arguments: --bogus - "),
        ("-Dbogus=1", "unknown option -D bogus - "),
    ],
)
def test_what_a_run_refuses_is_not_cut(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shards", "--count", "2", "--", words]) == 2
    assert capsys.readouterr().err.startswith(f"error: {told}")


def test_a_shard_without_a_scenario_leaves_a_run_that_merge_takes(tmp_path: Path) -> None:
    words = ["features/cli.feature", "-D", "lanes=1", "-D", f"runs={tmp_path / 'runs'}"]
    done = subprocess.run(
        [sys.executable, "-m", "noetl_acceptance", "run", *words, "-D", "shard=64/64"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "verdict: no scenario ran" in done.stderr) == (0, True), done.stderr
    (run,) = (tmp_path / "runs").iterdir()
    figures = read_figures(run)
    assert len(figures.selected) == len(selected_by(words)[0]) > 1
    others = [
        figures.model_copy(update={"options": {**figures.options, "shard": f"{number}/64"}})
        for number in range(1, 64)
    ]
    places = {1: figures.selected}
    for number, each in enumerate(others, start=1):
        folder = tmp_path / "runs" / str(number)
        folder.mkdir()
        write_figures(each, folder)
        found = [
            ScenarioResult("F", place, place, (), "passed") for place in places.get(number, ())
        ]
        results.write(found, folder)
    told = merge(list((tmp_path / "runs").iterdir()), tmp_path / "merged")
    assert [each.location for each in told] == figures.selected
