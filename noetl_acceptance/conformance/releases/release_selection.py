"""Which releases ``--releases`` names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache

from packaging.version import InvalidVersion, Version

from noetl_acceptance.conformance.releases.release_file import order_of
from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.editions import RUST, is_rust
from noetl_acceptance.sandbox.builds.noetl_build import FIRST_WITHOUT_SERVER
from noetl_acceptance.sandbox.builds.package_index import FIRST, has_server
from noetl_acceptance.sandbox.builds.rust_build import DEFAULT

ALL = "all"
RANGE = ".."
RUST_PAIR = re.compile(r"rust(:\d+\.\d+\.\d+\+\d+\.\d+\.\d+)?")
"""Rust programs that are told by their versions; a folder of programs is none of the releases."""

_FORMS = "give all, or releases and ranges with commas in between: 2.8.0..2.16.7,4.26.0"


def selected_releases(text: str, index: Callable[[], Sequence[str]]) -> list[str]:
    """Return the releases that a text names, the oldest first.

    Args:
        text: ``all`` for every release on the package index; else releases, ranges of them with
            both ends included, and Rust programs by their versions, with commas in between.
        index: gives the releases on the package index, the oldest first; asked only where needed.

    Raises:
        UsageError: the text is not of this form, a range holds no release, or one is not on the
            package index.
    """
    if text == ALL:
        return list(index())
    found: dict[str, None] = {}
    known = cache(index)
    for part in (each.strip() for each in text.split(",")):
        if not part:
            raise UsageError(f"{text!r} has an empty part", _FORMS)
        found |= dict.fromkeys(
            _in_range(part, known()) if _is_range(part) else [_single(part, known)]
        )
    return sorted(found, key=order_of)


def _is_range(part: str) -> bool:
    """Whether a part names a range: the folder of Rust programs may have two dots as well."""
    return RANGE in part and not is_rust(part)


def _in_range(part: str, releases: Sequence[str]) -> list[str]:
    for end, lacking in ((part.startswith(RANGE), "beginning"), (part.endswith(RANGE), "end")):
        if end:
            raise UsageError(f"{part} has no {lacking}", _FORMS)
    first, last = (_version(each) for each in part.split(RANGE, maxsplit=1))
    if first > last:
        raise UsageError(f"{part} begins after its end", f"give {last}{RANGE}{first}")
    found = [each for each in releases if first <= Version(each) <= last]
    if not found:
        raise UsageError(f"no release is in {part}", _FORMS)
    return found


def _single(part: str, index: Callable[[], Sequence[str]]) -> str:
    if is_rust(part):
        if not RUST_PAIR.fullmatch(part):
            raise UsageError(f"{part} names no versions", "give rust or rust:SERVER+WORKER")
        return f"{RUST}:{'+'.join(DEFAULT)}" if part == RUST else part
    version = _version(part)
    if not has_server(part):
        why = "is a pre-release" if version.is_prerelease else "has no Python server"
        raise UsageError(f"{part} {why}", f"give {FIRST} to {FIRST_WITHOUT_SERVER - 1}.x, or rust")
    found = _listed(version, index())
    if found is None:
        raise UsageError(f"there is no {part} on the package index", _FORMS)
    return found


def end_of(text: str, releases: Sequence[str]) -> str:
    """Return an end of a search as it is listed: v2.8.9 is 2.8.9, and 2.9 is 2.9.0.

    Args:
        text: what the user gave.
        releases: those to look at.

    Raises:
        UsageError: it is none of them.
    """
    with suppress(InvalidVersion):
        if (found := _listed(Version(text), releases)) is not None:
            return found
    raise UsageError(
        f"{text} is none of the releases to look at",
        "`conformance --releases all --list --again` lists them",
    )


def _listed(version: Version, releases: Sequence[str]) -> str | None:
    return next((each for each in releases if Version(each) == version), None)


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise UsageError(f"{text!r} is not a release", _FORMS) from None
