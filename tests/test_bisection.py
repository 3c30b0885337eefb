"""The first bad release is found with few tries, whatever lies between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.conformance.releases.bisection import TRIES, Bisection, Probe, Search, Verdict
from noetl_acceptance.errors import UsageError

RELEASES = [f"2.8.{number}" for number in range(100)]
GOOD, BAD = Probe("good", "holds"), Probe("bad", "rows are missing", "9 rows missing")
NONE = Probe("none", "does not run", "cannot be installed")
PROBES: Mapping[Verdict, Probe] = {"good": GOOD, "bad": BAD, "none": NONE}


class Releases:
    """Releases that say what the test wants, try by try; the last one stays."""

    def __init__(self, first_bad: int, said: Mapping[int, Sequence[Verdict]] | None = None) -> None:
        self.first_bad, self.said = first_bad, said or {}
        self.asked: Counter[str] = Counter()

    def probe(self, release: str) -> Probe:
        number = RELEASES.index(release)
        self.asked[release] += 1
        told = self.said.get(number, ["bad" if number >= self.first_bad else "good"])
        return PROBES[told[min(self.asked[release], len(told)) - 1]]

    def between(self, good: int = 0, bad: int = 99) -> Bisection:
        search = Search(RELEASES, self.probe, lambda _: None)
        return search.between(RELEASES[good], RELEASES[bad])


@given(st.integers(1, 99), st.sets(st.integers(1, 98), max_size=40))
def test_it_finds_the_neighbours_that_can_be_judged(first_bad: int, useless: set[int]) -> None:
    useless.discard(first_bad)
    releases = Releases(first_bad, dict.fromkeys(useless, ("none",)))
    found = releases.between()
    assert found.bad.release == RELEASES[first_bad]
    good = max(number for number in range(first_bad) if number not in useless)
    assert found.good.release == RELEASES[good]
    assert found.passed_over == tuple(RELEASES[good + 1 : first_bad])


def test_it_needs_few_tries() -> None:
    releases = Releases(37)
    releases.between()
    assert len(releases.asked) <= 9
    assert releases.asked.total() <= 9 + 2 * (TRIES - 1)


def test_the_two_that_it_names_are_tried_several_times() -> None:
    releases = Releases(37)
    found = releases.between()
    assert (len(found.good.probes), len(found.bad.probes)) == (TRIES, TRIES)
    assert found.bad.odds == f"broken in {TRIES} of {TRIES}"
    assert not found.bad.by_chance
    assert found.bad.shown == BAD


def test_an_end_that_is_wrong_is_refused_before_anything_else_is_tried() -> None:
    releases = Releases(37)
    with pytest.raises(UsageError, match=r"2\.8\.40 is no good release: rows are missing: 9 rows"):
        releases.between(40)
    assert releases.asked.total() == 1
    with pytest.raises(UsageError, match=r"2\.8\.20 is no bad release: holds - give another --bad"):
        Releases(37).between(0, 20)
    with pytest.raises(UsageError, match=r"2\.8\.0 cannot be judged: does not run"):
        Releases(37, {0: ["none"]}).between()


def test_ends_that_are_equal_or_unknown_are_refused() -> None:
    with pytest.raises(UsageError, match=r"both ends are 2\.8\.50"):
        Releases(37).between(50, 50)
    with pytest.raises(UsageError, match="none of the releases"):
        Search(RELEASES, Releases(37).probe, lambda _: None).between("1.0", "2.8.9")


def test_one_that_is_good_by_chance_is_bad_and_told_with_its_odds() -> None:
    releases = Releases(37, {36: ["good", "bad", "good"]})
    found = releases.between()
    assert found.bad.release == RELEASES[36]
    assert found.bad.by_chance
    assert found.bad.odds.startswith("broken in 1 of ")
    assert found.good.release == RELEASES[35]


def test_a_good_end_that_is_good_by_chance_alone_is_told() -> None:
    with pytest.raises(UsageError, match=r"2\.8\.0 is good by chance alone: broken in 1 of 2"):
        Releases(1, {0: ["good", "bad"]}).between()


@given(st.integers(1, 99), st.sets(st.integers(1, 98), max_size=40))
def test_where_the_older_end_is_bad_it_finds_what_mends_the_claim(
    first_good: int, useless: set[int]
) -> None:
    useless.discard(first_good)
    said: dict[int, Sequence[Verdict]] = dict.fromkeys(range(first_good), ("bad",))
    releases = Releases(1000, said | dict.fromkeys(useless, ("none",)))
    found = releases.between(good=99, bad=0)
    assert found.mended
    assert found.good.release == RELEASES[first_good]
    bad = max(number for number in range(first_good) if number not in useless)
    assert found.bad.release == RELEASES[bad]
    assert found.passed_over == tuple(RELEASES[bad + 1 : first_good])
