"""Which build ``-D noetl=`` names, of whichever generation."""

from __future__ import annotations

from noetl_acceptance.generations.editions import RUST
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.rust_build import RustBuild

Build = NoetlBuild | RustBuild


def build_of(asked: str) -> Build:
    """Read the option.

    Raises:
        UsageError: there can be no such build.
    """
    if asked.partition(":")[0] == RUST:
        return RustBuild.of(asked)
    return NoetlBuild.of(asked)
