"""The editions of the suite's own pair of playbooks, and which goes with a NoETL."""

from __future__ import annotations

import re
from pathlib import Path

from noetl_acceptance.places import ROOT

RUST = "rust"
"""How the option ``noetl``, and a version that was told, begin where the Rust stack is meant."""

_RUST = re.compile(rf"{RUST}(?![\w.-])")
"""Not ``rusty``, nor the name of a wheel that begins so."""

EARLY, MIDDLE, LATE = "2.8.x", "2.14-2.23", "2.24-4.x"
"""The editions for the Python runtime."""

_SINCE = {LATE: (2, 24), MIDDLE: (2, 14)}
"""From which release on each of them is taken; the others take the first one."""

_RUST_SINCE = (3, 40)
"""The first Rust server that reads the edition for Rust: 3.15.4, the one before it on the registry,
fills in the url of an http tool before the tools in front of it have run."""

_RUST_SERVER = re.compile(rf"{RUST}[: ](\d+)\.(\d+)")
"""A pair of Rust programs, as it was asked for or as it tells its version."""

_PATTERN = ROOT / "playbooks" / "documents-pattern"
"""The pairs in the documents' own pattern: a loop of http calls, then one step over its results."""

NEIGHBOURS = {
    "2.8.9": "2.8.5",
    "2.8.5": "2.8.9",
    "4.26.0": "4.25.0",
    RUST: f"{RUST}:3.52.0+5.52.0",
}
"""For a release the one that users update it from; for the oldest the one that it is updated to. Of
the Rust stack that is an older server; its workers are started again as they are."""

_RELEASE = re.compile(r"(?:noetl-)?(\d+)\.(\d+)")
"""A release, or the name of a wheel, which has its release in it."""


def is_rust(noetl: str) -> bool:
    """Whether a NoETL is the Rust stack, as it was asked for or as it tells its version."""
    return _RUST.match(noetl) is not None


def neighbour_of(noetl: str) -> str:
    """Return the release that users update a NoETL from or to; empty where none is recorded.

    Args:
        noetl: as it was asked for.
    """
    return NEIGHBOURS.get(noetl, "")


def edition_for(noetl: str) -> Path:
    """Return the folder of the edition that goes with a NoETL.

    What tells no release gets the oldest edition.

    Args:
        noetl: as it was asked for, or as it tells its version.
    """
    if is_rust(noetl):
        return ROOT / "playbooks" / "rust"
    return ROOT / "playbooks" / _python_edition(noetl)


def _python_edition(noetl: str) -> str:
    release = _RELEASE.match(Path(noetl).name)
    numbers = (int(release[1]), int(release[2])) if release is not None else (0, 0)
    return next((name for name, since in _SINCE.items() if numbers >= since), EARLY)


def unread_by(noetl: str) -> str:
    """Return in words why a NoETL cannot read the edition that goes with it; empty where it can.

    What becomes of the claims there says nothing about it.

    Args:
        noetl: as for ``edition_for``.
    """
    server = _RUST_SERVER.match(noetl)
    if server is None or (int(server[1]), int(server[2])) >= _RUST_SINCE:
        return ""
    first = ".".join(map(str, _RUST_SINCE))
    return (
        f"playbooks/{RUST} is for Rust servers from {first} on: an older one fills in the url of "
        "an http tool before the tools in front of it have run"
    )


def pattern_for(noetl: str) -> Path | None:
    """Return the folder of the pair in the documents' own pattern that goes with a NoETL.

    Before 2.24 that is the edition itself. There is none for Rust.

    Args:
        noetl: as for ``edition_for``.
    """
    if is_rust(noetl):
        return None
    return _PATTERN / LATE if _python_edition(noetl) == LATE else edition_for(noetl)


def other_edition(playbooks: Path | None, noetl: str) -> str:
    """Return in words that a pair is an edition for other releases; empty where it is not.

    Args:
        playbooks: the folder of the pair; None for the edition that goes with the NoETL.
        noetl: as it tells its version.
    """
    fitting = edition_for(noetl)
    if playbooks in (None, fitting) or playbooks.parent != fitting.parent:
        return ""
    return (
        f"{playbooks.parent.name}/{playbooks.name} is the edition for other releases; "
        f"{fitting.parent.name}/{fitting.name} goes with this one (-D playbooks=auto)"
    )
