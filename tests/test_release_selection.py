"""Which releases a text names."""

from __future__ import annotations

import re

import pytest

from noetl_acceptance.conformance.releases.release_selection import end_of, selected_releases
from noetl_acceptance.errors import UsageError
from noetl_acceptance.sandbox.builds.rust_build import DEFAULT

INDEX = ("2.8.0", "2.8.9", "2.8.10", "2.9.0", "2.16.7", "4.26.0")


def never() -> tuple[str, ...]:
    raise AssertionError("the index is not needed")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", list(INDEX)),
        ("2.8.9..2.9.0", ["2.8.9", "2.8.10", "2.9.0"]),
        ("4.26.0,2.8.0..2.8.9", ["2.8.0", "2.8.9", "4.26.0"]),
        ("2.8.9, 2.8.9..2.8.10", ["2.8.9", "2.8.10"]),
    ],
)
def test_releases_are_named_singly_in_ranges_or_all(text: str, expected: list[str]) -> None:
    assert selected_releases(text, lambda: INDEX) == expected


def test_rust_comes_last_and_the_index_is_not_asked_for_it() -> None:
    older, newest = "rust:3.40.0+5.52.0", f"rust:{'+'.join(DEFAULT)}"
    assert selected_releases(f"{older},rust", never) == [older, newest]
    assert selected_releases(f"{older},2.8.9", lambda: INDEX) == ["2.8.9", older]


def test_one_that_the_index_lacks_is_refused_and_its_spelling_is_the_indexs() -> None:
    with pytest.raises(UsageError, match=r"there is no 2\.8\.999 on the package index"):
        selected_releases("2.8.999", lambda: INDEX)
    assert selected_releases("2.9", lambda: ["2.9.0"]) == ["2.9.0"]


@pytest.mark.parametrize("text", ["rust:../bin", "rust:1..2+3", "rust:...+...", "rust:1+2"])
def test_rust_programs_are_named_by_two_whole_versions(text: str) -> None:
    with pytest.raises(UsageError, match=f"{re.escape(text)} names no versions"):
        selected_releases(text, never)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "'' has an empty part"),
        ("2.8.9,", "'2.8.9,' has an empty part"),
        ("2.8.9,,2.9.0", "'2.8.9,,2.9.0' has an empty part"),
        ("2.8.x", "'2.8.x' is not a release"),
        ("tea", "'tea' is not a release"),
        ("2.8.9..", "2.8.9.. has no end"),
        ("..2.8.9", "..2.8.9 has no beginning"),
        ("2.10.0..2.8.0", "2.10.0..2.8.0 begins after its end - give 2.8.0..2.10.0"),
        ("5.0.0", "5.0.0 has no Python server - give 2.4.0 to 4.x, or rust"),
        ("1.0.0", "1.0.0 has no Python server - give 2.4.0 to 4.x, or rust"),
        ("2.9.0rc1", "2.9.0rc1 is a pre-release - give"),
    ],
)
def test_what_names_no_release_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(told)}"):
        selected_releases(text, lambda: INDEX)


def test_an_end_of_a_search_is_taken_as_it_is_listed() -> None:
    assert [end_of(each, INDEX) for each in ("v2.8.9", "2.9", "4.26.0")] == [
        *("2.8.9", "2.9.0", "4.26.0")
    ]


@pytest.mark.parametrize("text", ["99.0.0", "x", "rust"])
def test_an_end_that_is_not_listed_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"{text} is none of .* - `conformance --releases all --l"):
        end_of(text, INDEX)


def test_a_range_without_a_release_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no release is in 3\.0\.0\.\.3\.9\.9"):
        selected_releases("3.0.0..3.9.9", lambda: INDEX)
