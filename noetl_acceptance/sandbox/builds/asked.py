"""Which build ``-D noetl=`` names, of whichever generation."""

from __future__ import annotations

from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.rust_build import WORD, RustBuild

Build = NoetlBuild | RustBuild


def build_of(asked: str) -> Build:
    """Read the option.

    Raises:
        UsageError: there can be no such build.
    """
    if asked.partition(":")[0] == WORD:
        return RustBuild.of(asked)
    return NoetlBuild.of(asked)
