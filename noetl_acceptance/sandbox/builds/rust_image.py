"""NoETL's Rust programs for a container: those of the cache, which must run there."""

from __future__ import annotations

import platform
import re
import shutil
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.rust import SERVER, WORKER
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.builds.rust_programs import ensure_programs, ensure_schema
from noetl_acceptance.support.console import Console

LIBRARY = (2, 41)
"""The C library of the image's Debian (trixie)."""

_ELF = b"\x7fELF"
_MACHINES = {"x86_64": 62, "aarch64": 183, "arm64": 183}
"""What an ELF header names the processors that Python tells of (elf.h, ``EM_…``)."""

_SYMBOLS = re.compile(rb"GLIBC_(\d+)\.(\d+)")
_REMEDY = "use -D sandbox=embedded, or give programs built on Debian 13 or older by rust:FOLDER"


def put_programs(folder: Path, build: RustBuild, console: Console) -> None:
    """Fill the folder from which the image is made: both programs and the schema.

    Raises:
        UsageError: the programs cannot be built, or do not run in the image.
    """
    programs = ensure_programs(build, console)
    (folder / "bin").mkdir(parents=True)
    for name in (SERVER, WORKER):
        require_fitting(programs / name)
        shutil.copy(programs / name, folder / "bin")
    shutil.copy(ensure_schema(console), folder / "schema_ddl.sql")


def require_fitting(program: Path) -> None:
    """Go on only with a program that runs in the image.

    Raises:
        UsageError: it is another system's, or needs a newer C library.
    """
    content = program.read_bytes()
    machine = int.from_bytes(content[18:20], "little")
    if not content.startswith(_ELF) or machine != _MACHINES.get(platform.machine(), machine):
        raise UsageError(
            f"{program} is not a Linux program for this machine's processor, "
            "and runs in no container",
            _REMEDY,
        )
    symbols = [(int(found[1]), int(found[2])) for found in _SYMBOLS.finditer(content)]
    newest = max(symbols, default=(0, 0))
    if newest > LIBRARY:
        needed, there = (".".join(map(str, version)) for version in (newest, LIBRARY))
        raise UsageError(
            f"{program} needs the C library {needed}, and the image has {there}", _REMEDY
        )
