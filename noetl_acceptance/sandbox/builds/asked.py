"""Which build ``-D noetl=`` names, of whichever generation."""

from __future__ import annotations

from noetl_acceptance.generations.editions import RUST
from noetl_acceptance.sandbox.builds.image_build import ImageBuild, is_image
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.rust_build import RustBuild

Build = NoetlBuild | RustBuild | ImageBuild


def build_of(asked: str, worker: str = "") -> Build:
    """Read the options.

    Args:
        asked: which NoETL.
        worker: which image its workers are of, where that is another than the server's.

    Raises:
        UsageError: there can be no such build.
    """
    if is_image(asked):
        return ImageBuild.of(asked, worker)
    if asked.partition(":")[0] == RUST:
        return RustBuild.of(asked)
    return NoetlBuild.of(asked)
