"""The editions of the suite's own pair of playbooks, and which goes with a NoETL."""

from __future__ import annotations

import re
from pathlib import Path

from noetl_acceptance.places import ROOT

RUST = "rust"
"""How the option ``noetl``, and a version that was told, begin where the Rust stack is meant."""

_RUST = re.compile(rf"{RUST}(?![\w.-])")
"""Not ``rusty``, nor the name of a wheel that begins so."""

LATE = (2, 24)
"""From which release on the Python runtime reads a pair as it does to its last one."""

_RELEASE = re.compile(r"(?:noetl-)?(\d+)\.(\d+)")
"""A release, or the name of a wheel, which has its release in it."""


def is_rust(noetl: str) -> bool:
    """Whether a NoETL is the Rust stack, as it was asked for or as it tells its version."""
    return _RUST.match(noetl) is not None


def edition_for(noetl: str) -> Path:
    """Return the folder of the edition that goes with a NoETL.

    A checkout does not tell its release; it gets the oldest edition.

    Args:
        noetl: as it was asked for, or as it tells its version.
    """
    if is_rust(noetl):
        return ROOT / "playbooks" / "rust"
    release = _RELEASE.match(Path(noetl).name)
    late = release is not None and (int(release[1]), int(release[2])) >= LATE
    return ROOT / "playbooks" / ("2.24-4.x" if late else "2.8.x")


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
