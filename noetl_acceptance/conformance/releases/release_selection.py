"""Which releases ``--releases`` names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from packaging.version import InvalidVersion, Version

from noetl_acceptance.conformance.releases.release_file import order_of
from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.editions import is_rust

ALL = "all"
RANGE = ".."

_FORMS = "give all, or releases and ranges with commas in between: 2.8.0..2.16.7,4.26.0"


def selected_releases(text: str, index: Callable[[], Sequence[str]]) -> list[str]:
    """Return the releases that a text names, the oldest first.

    Args:
        text: ``all`` for every release on the package index; else releases, ranges of them with
            both ends included, and Rust programs as ``-D noetl=`` takes them, with commas in
            between.
        index: gives the releases on the package index, the oldest first; asked only where needed.

    Raises:
        UsageError: the text is not of this form, or a range holds no release.
    """
    if text == ALL:
        return list(index())
    found: dict[str, None] = {}
    for part in (each.strip() for each in text.split(",")):
        found |= dict.fromkeys(_in_range(part, index()) if RANGE in part else [_single(part)])
    return sorted(found, key=order_of)


def _in_range(part: str, releases: Sequence[str]) -> list[str]:
    first, last = (_version(each) for each in part.split(RANGE, maxsplit=1))
    found = [each for each in releases if first <= Version(each) <= last]
    if not found:
        raise UsageError(f"no release is in {part}", _FORMS)
    return found


def _single(part: str) -> str:
    if not is_rust(part):
        _version(part)
    return part


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise UsageError(f"{text!r} is no release", _FORMS) from None
