"""What lanes are given of behave's arguments, and when there is one lane."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from behave.parser import parse_feature

from noetl_acceptance.bdd import behave_internals, side_by_side
from noetl_acceptance.bdd.selection import tags_but_for
from noetl_acceptance.bdd.shard_selection import selected
from noetl_acceptance.bdd.side_by_side import lane_count, work_of
from noetl_acceptance.evidence import results
from noetl_acceptance.options import Settings, load_settings
from noetl_acceptance.orchestration.behave_processes import with_options
from noetl_acceptance.orchestration.lane_count import Fit
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict import exit_codes
from tests import warm

TEXT = """\
Feature: F
  @quick @C12
  Scenario: first
    Given something

  @alone
  Scenario: second
    Given something
"""


def configured(*arguments: str) -> Any:
    return behave_internals.configuration_of(arguments)


# --- how many


@pytest.mark.parametrize(
    ("arguments", "one", "told"),
    [
        (["-D", "lanes=auto"], False, ""),
        (["-D", "lanes=auto", "--stop"], True, "one lane: --stop ends a run"),
        (["-D", "lanes=auto", "--format=json"], True, "one lane: --format=json"),
        (["-D", "lanes=2", "--format=json"], False, ""),
        (["-D", "lanes=2", "--stop"], True, "one lane: --stop ends a run at its first failure"),
        (["-D", "lanes=2", "--wip"], True, "one lane: --stop "),
        (["-D", "lanes=2", "-D", "keep=always"], True, "one lane: -D keep= is for one sandbox"),
    ],
)
def test_there_is_one_lane_where_several_cannot_do_what_was_asked_for(
    arguments: list[str],
    one: bool,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def count(_settings: Settings, _scenarios: object, refused: str, _durations: object) -> Fit:
        return Fit(1, refused) if refused else Fit(2)

    monkeypatch.setattr(side_by_side, "lanes_for", count)
    config = configured(*arguments)
    assert lane_count(config, load_settings(config.userdata, {}), []) == (1 if one else 2)
    said = capsys.readouterr().err
    assert said.startswith(told)
    assert bool(said) == bool(told)


def test_lanes_of_the_environment_are_asked_for_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(side_by_side, "lanes_for", lambda *given: Fit(1, given[2]))
    config = configured("--stop")
    lane_count(config, load_settings(config.userdata, {"NOETL_ACCEPTANCE_LANES": "3"}), [])
    assert capsys.readouterr().err.startswith("one lane: --stop ")


# --- with which arguments


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ([], ["--tags=not @wip", "--tags=not @scale", "--tags=not @alone"]),
        (["-t", "@a"], ["--tags=@a", "--tags=not @alone"]),
        (["--tags=@a and not @b"], ["--tags=@a and not @b", "--tags=not @alone"]),
        (["--tags=@a,@b"], ["--tags=@a,@b", "--tags=~@alone"]),
        (["--tags=~@b"], ["--tags=~@b", "--tags=~@alone"]),
        (["-t@a", "-t@b"], ["--tags=@a", "--tags=@b", "--tags=~@alone"]),
    ],
)
def test_what_runs_alone_is_left_out_in_the_syntax_that_is_given(
    arguments: list[str], left: list[str]
) -> None:
    assert tags_but_for(configured(*arguments), "alone") == left
    both = configured(*arguments, *left).tag_expression
    for tags in (["a"], ["b"], ["a", "b"], ["wip"], ["scale"], []):
        assert both.check(tags) == configured(*arguments).tag_expression.check(tags)
        assert not both.check([*tags, "alone"])


def test_further_options_stand_before_two_dashes() -> None:
    assert with_options(["a", "--", "b"], "-x") == ["a", "-x", "--", "b"]
    assert with_options(["a"], "-x") == ["a", "-x"]


def test_lanes_are_given_the_words_and_what_runs_alone_the_options(tmp_path: Path) -> None:
    options = ["--def", "noetl=2.8.5", "-vDworkers=3", "-D", "runs=x", "-D", "lanes=2"]
    config = configured(*options, "--tags=@quick or @alone")
    config.words, config.caller = ["the", "words"], tmp_path
    settings = load_settings({**config.userdata, "sandbox": "embedded"}, {})
    features = [parse_feature(TEXT, filename="f.feature")]
    work = work_of(config, features, settings, selected(features, config))
    tags = "--tags=@quick or @alone"
    sandbox = ("-D", "sandbox=embedded")
    assert work.arguments == ["the", "words", *sandbox, tags, "--tags=not @alone"]
    assert work.options == ["-D", "noetl=2.8.5", "-D", "workers=3", *sandbox, tags]
    assert work.caller == tmp_path
    assert [each.alone for each in work.scenarios] == [False, True]
    (one, other) = work.not_run
    assert (one.key, one.location, one.rows) == (("F", "first"), "f.feature:3", ("C12",))
    assert (other.verdict, other.reason) == ("skipped", "not run")
    assert work.figures.options["noetl"] == "2.8.5"
    assert work.figures.pair


# --- in processes of their own, on a stand-in for the sandbox


def test_lanes_take_what_one_lane_takes_from_any_folder(tmp_path: Path) -> None:
    options = ["-D", "lanes=2", "-D", f"runs={tmp_path}", "--tags=~@nosuch,@nosuch", "--no-junit"]
    done = warm.run(
        "noetl_acceptance",
        *("run", *options, "--", "green", "product/product.feature:6"),
        folder=ROOT / "tests" / "broken",
        environment={**os.environ, "BROKEN": ""},
    )
    (run,) = (each.parent for each in tmp_path.glob(f"*/{results.RESULTS_FILE}"))
    found = results.read(run)
    assert [each.verdict for each in found] == ["passed", "deviates", "passed", "product"]
    assert found[-1].earlier, done.stderr
    assert done.code == exit_codes.CODES["product"]
