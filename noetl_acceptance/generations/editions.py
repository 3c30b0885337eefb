"""The editions of the suite's own pair of playbooks, and which goes with a NoETL."""

from __future__ import annotations

from pathlib import Path

from noetl_acceptance.places import ROOT

RUST = "rust"
"""How the option ``noetl``, and a version that was told, begin where the Rust stack is meant."""


def is_rust(noetl: str) -> bool:
    """Whether a NoETL is the Rust stack, as it was asked for or as it tells its version."""
    return noetl.startswith(RUST)


def edition_for(noetl: str) -> Path:
    """Return the folder of the edition that goes with a NoETL.

    Args:
        noetl: as it was asked for, or as it tells its version.
    """
    return ROOT / "playbooks" / ("rust" if is_rust(noetl) else "2.8.x")
