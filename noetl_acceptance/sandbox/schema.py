"""NoETL's own tables, made from the DDL that its package carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg

from noetl_acceptance.errors import SandboxError

DDL = "database/ddl/postgres/schema_ddl.sql"


def ddl_file(package: Path) -> Path:
    """Return the DDL in an installed package ``noetl``.

    Raises:
        SandboxError: the package has none.
    """
    for file in [package / DDL, *package.rglob("schema_ddl.sql")]:
        if file.is_file():
            return file
    raise SandboxError(
        f"NoETL's package has no {DDL}", "this build carries no schema; try another -D noetl="
    )


def apply_ddl(conninfo: str, text: str) -> None:
    """Make the schema ``noetl`` and its tables.

    Some releases' DDL has a faulty statement and runs all the same without it, so a script that
    fails as a whole is applied statement by statement.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS noetl")
        try:
            connection.execute(text.encode())
        except psycopg.Error:
            for statement in statements(text):
                try:
                    connection.execute(statement.encode())
                except psycopg.Error:
                    continue


def statements(script: str) -> Iterator[str]:
    """Split a script at the semicolons that stand outside of quotes and comments."""
    start = 0
    for match in _TOKEN.finditer(script):
        if match.group() == ";":
            yield script[start : match.end()]
            start = match.end()
    if script[start:].strip():
        yield script[start:]


_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|(\$\w*\$).*?\1|;", re.DOTALL)
