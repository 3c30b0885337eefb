"""Which releases a text names."""

from __future__ import annotations

import pytest

from noetl_acceptance.conformance.releases.release_selection import selected_releases
from noetl_acceptance.errors import UsageError

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


def test_the_index_is_not_asked_for_single_ones_and_rust_comes_last() -> None:
    rust = "rust:3.40.0+5.52.0"
    assert selected_releases(f"{rust},2.10.42,rust,2.8.9", never) == [
        "2.8.9",
        "2.10.42",
        rust,
        "rust",
    ]


@pytest.mark.parametrize("text", ["", "2.8.x", "2.8.9..", "tea", "2.8.9,,2.9.0"])
def test_what_names_no_release_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no release"):
        selected_releases(text, lambda: INDEX)


def test_a_range_without_a_release_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no release is in 3\.0\.0\.\.3\.9\.9"):
        selected_releases("3.0.0..3.9.9", lambda: INDEX)
