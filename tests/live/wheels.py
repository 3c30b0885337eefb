"""Wheels that the installer takes for NoETL, and whose programs do as a test wants."""

from __future__ import annotations

import zipfile
from pathlib import Path


def make_wheel(folder: Path, version: str, *, server: str, worker: str) -> Path:
    """Make a wheel of ``noetl`` and return its file.

    Args:
        folder: gets it.
        version: of the package.
        server: the code of ``python -m noetl.server``.
        worker: the code of ``python -m noetl.worker``.
    """
    wheel = folder / f"noetl-{version}-py3-none-any.whl"
    information = f"noetl-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: noetl\nVersion: {version}\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("noetl/__init__.py", "")
        archive.writestr("noetl/database/ddl/postgres/schema_ddl.sql", "SELECT 1;")
        for program, code in (("server", server), ("worker", worker)):
            archive.writestr(f"noetl/{program}/__init__.py", "")
            archive.writestr(f"noetl/{program}/__main__.py", code)
        archive.writestr(f"{information}/METADATA", f"{metadata}Requires-Dist: psycopg[binary]\n")
        archive.writestr(
            f"{information}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{information}/RECORD", "")
    return wheel
