"""A recorded deviation lets through just what it records, and must be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from noetl_acceptance.errors import SuiteError
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict.known_deviations import (
    Deviation,
    Expected,
    RecordedDeviations,
    load_deviations,
    releases_under_test,
)

LOSES = Deviation(
    name="loses the first",
    rules=("C25",),
    releases=">=2.8.5,<2.9",
    scenarios=("Nobody is lost",),
    findings=(Expected(kind="row-missing", travelers="1–3"), Expected(kind="peak", seen=1)),
    users="Little.",
    why="An example.",
)
MISSING = Finding("row-missing", "three are missing", (1, 2, 3))
PEAK = Finding("peak", "one at a time", seen=1)


def recorded(scenario: str = "Nobody is lost", release: str = "2.8.9") -> RecordedDeviations:
    return RecordedDeviations.of(scenario, {"noetl": release}, [LOSES])


def test_just_what_is_recorded_is_let_through() -> None:
    shown = recorded()
    assert shown.unrecorded([MISSING, PEAK]) == []
    assert shown.unseen() == []


@pytest.mark.parametrize(
    "other",
    [
        Finding("row-missing", "four are missing", (1, 2, 3, 4)),
        Finding("row-duplicate", "three are there twice", (1, 2, 3)),
        Finding("peak", "two at a time", seen=2),
    ],
)
def test_anything_else_counts(other: Finding) -> None:
    shown = recorded()
    assert shown.unrecorded([MISSING, other]) == [other]
    assert len(shown.unseen()) == 1


def test_no_more_travelers_than_recorded_are_let_through() -> None:
    called = Expected(kind="call-repeated", most=8)
    assert called.is_(Finding("call-repeated", "one batch", tuple(range(9, 17))))
    assert not called.is_(Finding("call-repeated", "all of them", tuple(range(1, 25))))


def test_what_does_not_happen_any_more_is_told() -> None:
    shown = recorded()
    assert shown.unrecorded([]) == []
    assert [line.split()[-1] for line in shown.unseen()] == ["row-missing", "peak"]


def test_what_shows_by_chance_may_show_or_not() -> None:
    chance = LOSES.model_copy(update={"chance": True})
    shown = RecordedDeviations.of("Nobody is lost", {"noetl": "2.8.9"}, [chance])
    assert (shown.shown(), shown.unseen()) == ([], [])
    assert shown.unrecorded([MISSING, PEAK]) == []
    assert (shown.shown(), shown.unseen()) == (["loses the first"], [])


def test_with_settings_of_ones_own_it_may_show_or_not() -> None:
    shown = RecordedDeviations.of(
        "Nobody is lost", {"noetl": "2.8.9"}, [LOSES], other_settings=True
    )
    assert (shown.shown(), shown.unseen()) == ([], [])
    assert shown.differing() == [
        "loses the first did not show row-missing",
        "loses the first did not show peak",
    ]
    assert shown.unrecorded([MISSING]) == []
    assert (shown.shown(), shown.unseen()) == (["loses the first"], [])
    assert shown.differing() == ["loses the first did not show peak"]
    assert shown.unrecorded([PEAK]) == []
    assert shown.differing() == []
    other = Finding("peak", "two at a time", seen=2)
    assert shown.unrecorded([other]) == [other]


@pytest.mark.parametrize(
    ("scenario", "release"),
    [("Somebody is lost", "2.8.9"), ("Nobody is lost", "2.9.0"), ("Nobody is lost", "")],
)
def test_other_scenarios_and_releases_have_none(scenario: str, release: str) -> None:
    shown = recorded(scenario, release)
    assert shown.unrecorded([MISSING]) == [MISSING]
    assert shown.unseen() == []


@pytest.mark.parametrize(
    ("noetl", "package", "holds"),
    [
        ("2.8.9", "noetl", True),
        ("2.8.9", "noetl-server", False),
        ("rust 2.8.7 + 5.52.0", "noetl-server", True),
        ("rust 2.8.7 + 5.52.0", "noetl", False),
        ("rust 3.54.0 + 5.52.0", "noetl-server", False),
        ("of our own", "noetl", False),
        ("", "noetl", False),
    ],
)
def test_a_deviation_is_of_one_packages_releases(noetl: str, package: str, *, holds: bool) -> None:
    deviation = LOSES.model_copy(update={"package": package})
    assert deviation.holds_for(releases_under_test(noetl, "5.3.2")) is holds


@pytest.mark.parametrize(
    ("releases", "words"),
    [
        ("==2.8.5", "2.8.5"),
        (">=2.8.5,<=2.10.1", "2.8.5 to 2.10.1"),
        ("<=2.8.9,>=2.8.5,!=2.8.7,!=2.8.6", "2.8.5 to 2.8.9 without 2.8.6, 2.8.7"),
        (">=2.8.5,<2.9", ">=2.8.5,<2.9"),
        ("==2.8.5,!=2.8.9", "==2.8.5,!=2.8.9"),
    ],
)
def test_the_releases_are_told_in_words(releases: str, words: str) -> None:
    assert LOSES.model_copy(update={"releases": releases}).span == words


@pytest.mark.parametrize(
    "text", ["- name: x", "- [", "- {name: x, rules: [C01], releases: two, scenarios: []}"]
)
def test_a_file_that_cannot_be_used_says_so(text: str, tmp_path: Path) -> None:
    file = tmp_path / "deviations.yaml"
    file.write_text(text)
    with pytest.raises(SuiteError, match="cannot be used") as raised:
        load_deviations(file)
    assert "\n" not in str(raised.value)


def test_each_reproduction_names_files_that_are_there() -> None:
    for deviation in load_deviations():
        words = (deviation.reproduction or "").replace(",", " ").split()
        for name in (word for word in words if word.endswith(".yaml")):
            assert (ROOT / "deviations" / name).is_file(), name
