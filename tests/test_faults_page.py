"""docs/faults.md: what is told of a release under a fault, from kinds of findings alone."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks import faulty, quiet_end
from noetl_acceptance.conformance.faults.fault_outcomes import CLASSES, classes_of, loss_in
from noetl_acceptance.conformance.faults.faults_page import faults_page
from noetl_acceptance.conformance.feature_files import parse_feature, read_features
from noetl_acceptance.conformance.release_results import Record, RecordedScenario
from noetl_acceptance.conformance.scenarios import Scenario, scenarios_of
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.verdict.known_deviations import Deviation, Expected
from tests.test_recorded import recorded

FEATURE = """
@fault
Feature: The kettle breaks
  Rule: Tea MUST be had
    Scenario Outline: The kettle is <what>
      When the kettle is <what>
      Examples:
        | what    |
        | dropped |
        | drained |

    Scenario: The pot cracks
      When the pot cracks
"""
DROPPED, DRAINED, CRACKS = "The kettle is dropped", "The kettle is drained", "The pot cracks"


def scenarios(text: str = FEATURE) -> list[Scenario]:
    return scenarios_of(parse_feature(text, Path("kettle_faults.feature")), ["not @scale"])


def deviation(name: str, *kinds: str, shown_by: str = DROPPED, **more: Any) -> Deviation:
    fields = {
        "name": name,
        "rules": ("P10",),
        "releases": ">=2.8.5,<=2.8.9",
        "scenarios": (shown_by,),
        "findings": tuple(Expected(kind=kind) for kind in kinds),
        "users": "No tea.",
        "why": "The kettle leaks.",
        **more,
    }
    return Deviation.model_validate(fields)


COLD = deviation("a cold cup", "not-ended", reproduction="kettle.yaml leaks.", since="2.8.1")


def ended(
    name: str,
    verdict: str = "passed",
    *deviations: str,
    kinds: tuple[str, ...] = (),
    lost: str = "",
) -> RecordedScenario:
    return RecordedScenario(
        feature="kettle_faults",
        scenario=name,
        verdict=verdict,
        deviations=deviations,
        kinds=kinds,
        lost=lost,
    )


def record(*found: RecordedScenario, sandbox: str = "embedded") -> Record:
    return Record(release="2.8.9", sandbox=sandbox, when="then", commit="abc", scenarios=found)


def cells(page: str, scenario: str) -> list[str]:
    """Return what the page's table says of a scenario, column by column."""
    line = next(line for line in page.splitlines() if line.startswith(f"| {scenario} |"))
    return line.removesuffix(" |").split(" | ")[1:]


# Words


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ([], ()),
        (["not-ended"], ("hangs",)),
        (["status-ended", "not-ended"], ("hangs", "told wrongly")),
        (["summary", "summary"], ("told wrongly",)),
        (["failed-without-reason"], ("lost silently",)),
        (["row-twice", "call-repeated"], ("doubled", "repeats")),
        (["child-after-end", "call-after-end"], ("ghost",)),
        (["new-refused"], ("new execution fails",)),
        (["new-row-missing", "new-summary"], ("new execution fails",)),
        (["service-crash", "new-refused"], ("service gone", "new execution fails")),
        (["new-service-missing"], ("service gone",)),
        (["traceback"], ("otherwise",)),
    ],
)
def test_kinds_become_words(kinds: list[str], words: tuple[str, ...]) -> None:
    assert classes_of(kinds) == words


KINDS = st.sampled_from([*(kind for each in CLASSES for kind in each.kinds), "new-x", "unheard-of"])


@given(st.lists(KINDS), st.lists(KINDS))
def test_more_findings_take_no_word_away_and_their_order_tells_nothing(
    some: list[str], more: list[str]
) -> None:
    words = classes_of([*some, *more])
    assert words == classes_of([*more, *some])
    assert set(words) == {*classes_of(some), *classes_of(more)}
    assert [each.word for each in CLASSES if each.word in words] == list(words)


def test_each_kind_that_a_check_of_a_fault_tells_has_a_word_of_its_own() -> None:
    source = inspect.getsource(faulty) + inspect.getsource(quiet_end)
    told = set(re.findall(r"""(?:Finding|about)\(\s*"([a-z-]+)\"""", source))
    told |= set(re.findall(r"""\("([a-z]+-after-end)", record""", source))
    assert len(told) >= 15
    assert [kind for kind in sorted(told) if "otherwise" in classes_of([kind])] == []


# Losses


def test_a_loss_is_told_with_its_numbers_and_how_the_execution_ended() -> None:
    run = recorded("healthy")
    assert loss_in(run) == ""
    stored = run.outcome.stored[3:]
    less = run.model_copy(update={"outcome": run.outcome.model_copy(update={"stored": stored})})
    rows = run.workload.expected_rows
    assert loss_in(less) == f"3 of {rows} rows missing"
    failed = less.model_copy(update={"end": "playbook.failed"})
    assert loss_in(failed) == f"failed, 3 of {rows} rows missing"
    assert loss_in(less.model_copy(update={"end": UNENDED})) == ""
    assert loss_in(run.model_copy(update={"end": "playbook.failed"})) == "failed, no row missing"


# Page


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (ended(DROPPED), "kept[*](#no-cup)"),
        (ended(DROPPED, lost="3 of 24 rows missing"), "told[*](#no-cup) (3 of 24 rows missing)"),
        (ended(DROPPED, "product", kinds=("not-ended",)), "fails"),
        (ended(DROPPED, "sandbox"), "fails"),
        (ended(DROPPED, "skipped"), "[not judged](contract.md#not-judged)"),
        (ended(DRAINED), "–"),
        (
            ended(DROPPED, "deviates", "a cold cup", kinds=("not-ended",)),
            "[hangs](#a-cold-cup)",
        ),
        (
            ended(DROPPED, "deviates", "a cold cup", "no cup", kinds=("not-ended", "new-refused")),
            "[hangs](#a-cold-cup), [new execution fails](#no-cup)*",
        ),
        (
            ended(DROPPED, "deviates", "no cup", kinds=("row-after-end",), lost="3 rows missing"),
            "[ghost](#no-cup)* (3 rows missing)",
        ),
    ],
)
def test_a_cell_says_what_a_release_did_in_this_run(found: RecordedScenario, told: str) -> None:
    no_cup = deviation("no cup", "new-refused", "row-after-end", chance=True)
    page = faults_page(scenarios(), [record(found)], [COLD, no_cup])
    assert cells(page, DROPPED) == [told]


def test_of_another_release_nothing_is_by_chance() -> None:
    no_cup = deviation("no cup", "row-after-end", chance=True, releases="==2.8.5")
    assert cells(faults_page(scenarios(), [record(ended(DROPPED))], [no_cup]), DROPPED) == ["kept"]


def test_a_fault_has_a_line_and_a_record_with_faults_a_column() -> None:
    after = ended("After the kettle was drained", "deviates", kinds=("new-refused",))
    text = (
        FEATURE
        + """
    Scenario Outline: After the kettle was <what>
      When the kettle is <what>
      Examples:
        | what    |
        | drained |
"""
    )
    records = [record(ended(CRACKS), after, ended(DRAINED), sandbox="compose"), record()]
    page = faults_page(scenarios(text), records, [])
    assert cells(page, "fault") == ["2.8.9 compose"]
    assert [cells(page, each) for each in (DROPPED, DRAINED, CRACKS)] == [
        ["–"],
        ["kept / new execution fails"],
        ["kept"],
    ]
    assert cells(page, "kept") == ["1"]
    assert cells(page, "new execution fails")[-1] == "1"
    assert "No full run with faults" not in page


def test_a_page_without_a_record_of_faults_says_so() -> None:
    page = faults_page(scenarios(), [record()], [])
    assert "No full run with faults is recorded yet" in page
    assert "Nothing is recorded yet." in page
    assert cells(page, CRACKS) == []


def test_what_was_found_has_the_command_that_shows_it_and_the_one_without_our_playbooks() -> None:
    elsewhere = deviation("a broken cup", "summary", shown_by="Nobody drops it")
    page = faults_page(scenarios(), [], [COLD, elsewhere])
    assert "a broken cup" not in page
    assert "[a cold cup](#a-cold-cup) | hangs | noetl 2.8.5 to 2.8.9 | 2.8.1 | P10 |" in page
    assert (
        "\n.venv/bin/noetl-acceptance run features/kettle_faults.feature "
        f'--name "{DROPPED}" -D noetl=2.8.9\n'
    ) in page
    assert "Shown as well by" not in page
    assert "Without the traveler playbooks: kettle.yaml leaks." in page


def test_one_command_will_do_for_what_several_scenarios_show() -> None:
    often = deviation("a cold cup", "not-ended", scenarios=(DROPPED, "Elsewhere", DRAINED, CRACKS))
    page = faults_page(scenarios(), [], [often])
    assert page.count("noetl-acceptance run") == 1
    assert f"Shown as well by: {DRAINED}; {CRACKS}.\n" in page


@pytest.mark.parametrize(
    ("more", "option"),
    [
        ({"releases": "==2.8.5"}, " -D noetl=2.8.5"),
        ({"releases": ">=2.8,!=2.8.9,<2.9"}, " -D noetl=2.8"),
        ({"releases": "<2.9"}, ""),
        ({"package": "noetl-server", "releases": "<=3.54.0"}, " -D noetl=rust"),
    ],
)
def test_the_command_takes_a_release_that_shows_it(more: dict[str, Any], option: str) -> None:
    page = faults_page(scenarios(), [], [deviation("a cold cup", "not-ended", **more)])
    assert f'--name "{DROPPED}"{option}\n' in page


def test_only_what_is_tagged_stands_on_the_page() -> None:
    untagged = scenarios(FEATURE.replace("@fault", "@P1"))
    assert DROPPED not in faults_page(untagged, [record(ended(DROPPED))], [COLD])


def test_the_projects_own_names_can_be_given_to_a_shell_as_they_are() -> None:
    every = scenarios_of(read_features(), ["not @scale"])
    cases = [case for each in every if each.fault for case in each.cases]
    assert len(cases) >= 10
    for name in cases:
        assert re.search(name, name)
        assert not set(name) & set('"$`\\')
