"""A recorded range of releases is what these releases have shown."""

from __future__ import annotations

import pytest
import yaml

from noetl_acceptance.conformance.releases.recorded_ranges import (
    contradictions,
    entry_text,
    right_entries,
)
from noetl_acceptance.conformance.releases.release_file import (
    SLOW_LATE,
    ReleaseFile,
    ScenarioOutcome,
)
from noetl_acceptance.verdict.known_deviations import Deviation, Expected
from tests.releases import HOLDS, release

COLD = Deviation(
    name="tea is cold",
    rules=("C24",),
    releases=">=2.8.5,<=2.8.9",
    scenarios=("Tea is hot",),
    findings=(Expected(kind="tea-cold"),),
    why="nobody knows",
)


def tried(name: str, verdict: str, *kinds: str, scenario: str = "Tea is hot") -> ReleaseFile:
    ended = ScenarioOutcome(
        feature="f", scenario=scenario, rows=("C24",), verdict=verdict, kinds=kinds
    )
    return release(name, C24=HOLDS).model_copy(update={"scenarios": (ended,)})


def ranges(*releases: ReleaseFile) -> list[tuple[str, str]]:
    return [(why, each.releases) for why, each in right_entries(releases, [COLD])]


SHOWN, MILD = tried("2.8.5", "deviates", "tea-cold"), tried("2.8.7", "passed")


def test_a_release_that_does_not_show_what_is_recorded_of_it_contradicts() -> None:
    unshown = tried("2.8.9", "product", "deviation-not-shown")
    found = contradictions([SHOWN, MILD, unshown], [COLD])
    assert [(each.release, each.scenario) for each in found] == [
        ("2.8.7", "Tea is hot"),
        ("2.8.9", "Tea is hot"),
    ]
    assert str(found[0]).startswith("'tea is cold' is recorded of NoETL 2.8.7, which did not show")


@pytest.mark.parametrize(
    "found",
    [
        tried("2.8.7", "product", "tea-cold", "milk-missing"),
        tried("2.8.7", "sandbox"),
        tried("2.8.7", "product", SLOW_LATE),
        tried("2.8.7", "product", "hangs"),
        tried("2.8.7", "passed", scenario="Milk is cold"),
        tried("2.9.0", "passed"),
        release("2.8.7", hindrance="start"),
        tried("2.8.7", "passed").model_copy(update={"hindrance": "pair"}),
    ],
)
def test_what_shows_it_or_says_nothing_contradicts_nothing(found: ReleaseFile) -> None:
    assert contradictions([found], [COLD]) == []


def test_what_shows_now_and_then_contradicts_nothing() -> None:
    assert contradictions([MILD], [COLD.model_copy(update={"chance": True})]) == []


def test_the_entry_that_would_be_right() -> None:
    last = tried("2.8.9", "deviates", "tea-cold")
    later, much_later = tried("2.9.0", "product", "tea-cold"), tried("2.10.0", "passed")
    assert ranges(SHOWN, last, much_later) == []
    assert ranges(SHOWN, MILD, last) == [("not shown by 2.8.7", ">=2.8.5,<=2.8.9,!=2.8.7")]
    assert ranges(SHOWN, last, later, much_later) == [("shown by 2.9.0 as well", ">=2.8.5,<=2.9.0")]
    assert ranges(SHOWN, tried("2.8.9", "passed")) == [("not shown by 2.8.9", "==2.8.5")]
    assert ranges(MILD, tried("2.8.5", "passed"), tried("2.8.9", "passed")) == [
        ("not shown by 2.8.5–2.8.9", "")
    ]


def test_a_range_does_not_reach_over_releases_that_show_nothing() -> None:
    last, next_one = tried("2.8.9", "deviates", "tea-cold"), tried("2.9.0", "product", "tea-cold")
    hot = tried("2.10.0", "passed")
    beyond = [tried(name, "product", "tea-cold") for name in ("2.11.0", "2.12.0")]
    assert ranges(SHOWN, last, hot, *beyond) == []
    assert ranges(SHOWN, last, next_one, hot, *beyond) == [
        (
            "shown by 2.9.0 as well; look whether 2.11.0–2.12.0 have the same reason",
            ">=2.8.5,<=2.9.0",
        )
    ]


def test_what_another_entry_says_is_not_taken_in() -> None:
    other = COLD.model_copy(update={"name": "tea is cold again", "releases": "==2.9.0"})
    later = tried("2.9.0", "deviates", "tea-cold")
    assert list(right_entries([SHOWN, later], [COLD, other])) == []
    elsewhere = other.model_copy(update={"scenarios": ("Milk is cold",)})
    assert [each.name for _, each in right_entries([SHOWN, later], [COLD, elsewhere])] == [
        "tea is cold"
    ]


def test_what_no_release_was_tried_with_stays_as_it_is_recorded() -> None:
    assert ranges(release("2.8.9", C24=HOLDS)) == []
    assert ranges(SHOWN) == []


def test_an_entry_can_be_pasted() -> None:
    ((_, entry),) = right_entries([SHOWN, tried("2.8.9", "passed")], [COLD])
    (data,) = yaml.safe_load(entry_text(entry))
    assert Deviation.model_validate(data) == entry
    assert next(iter(data)) == "name"
