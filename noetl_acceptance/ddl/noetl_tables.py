"""NoETL's own tables, made from the DDL that its package carries.

In a container ``python -m noetl_acceptance.ddl.noetl_tables`` makes them before the server starts.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.support.polling import eventually

DDL = "database/ddl/postgres/schema_ddl.sql"

_PIN_TIME_ZONE = """
    DO $$ BEGIN
        EXECUTE format('ALTER ROLE %I SET timezone TO ''UTC''', current_user);
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET timezone TO ''UTC''',
                       current_user, current_database());
    END $$
"""

_BEGIN_IDS_ANYWHERE = """
    DO $$ BEGIN
        IF to_regclass('noetl.snowflake_seq') IS NOT NULL THEN
            PERFORM setval('noetl.snowflake_seq', 1 + floor(random() * 1023)::int);
        END IF;
    END $$
"""
"""NoETL's ids are the millisecond and a number of this sequence: executions that two fresh
sandboxes started in the same millisecond had one id, and their runs could not be merged."""


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


def apply_ddl(connection: psycopg.Connection[Any], text: str) -> None:
    """Make the schema ``noetl`` and its tables, and pin the time zone of the user's sessions.

    Its ids begin at a random number.

    NoETL writes events' times without a zone, each session in its own. A setting of the user's in
    the database counts more than one of the database's.

    Some releases' DDL has a faulty statement and runs all the same without it, so a script that
    fails as a whole is applied statement by statement.

    Args:
        connection: to NoETL's database, in autocommit mode.
        text: the DDL.
    """
    connection.execute(_PIN_TIME_ZONE)
    connection.execute("CREATE SCHEMA IF NOT EXISTS noetl")
    try:
        connection.execute(text.encode())
    except psycopg.Error:
        for statement in statements(text):
            try:
                connection.execute(statement.encode())
            except psycopg.Error:
                continue
    connection.execute(_BEGIN_IDS_ANYWHERE)


def count_statements(connection: psycopg.Connection[Any]) -> None:
    """Let the suite ask how often the database has carried out a statement, and for how many rows.

    The count is in a schema of its own, in nobody's search path.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS acceptance")
    connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA acceptance")


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


def _takes_connections(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def main() -> None:
    """Make the tables of NoETL in the Postgres that the environment names.

    The DDL is the file that the command line names, else that of the installed package.
    """
    file = Path(sys.argv[1]) if sys.argv[1:] else ddl_file(_installed_package())
    conninfo = psycopg.conninfo.make_conninfo(
        host=os.environ["POSTGRES_HOST"],
        port=os.environ["POSTGRES_PORT"],
        user=os.environ["POSTGRES_USER"],
        password=os.environ["POSTGRES_PASSWORD"],
        dbname=os.environ["POSTGRES_DB"],
        connect_timeout=2,
        options="-c statement_timeout=60s -c lock_timeout=30s",
    )
    eventually(lambda: _takes_connections(conninfo), bool, seconds=60, what="Postgres answering")
    ddl = file.read_text(encoding="utf-8")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        apply_ddl(connection, ddl)
        count_statements(connection)


def _installed_package() -> Path:
    package = importlib.util.find_spec("noetl")
    if package is None or not package.submodule_search_locations:
        raise SandboxError("there is no package noetl in this environment")
    return Path(package.submodule_search_locations[0])


if __name__ == "__main__":
    main()
