"""How the suite connects to the Postgres of a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.services import DATABASE, USER
from noetl_acceptance.support.database import connect


@contextmanager
def reachable() -> Iterator[None]:
    """Turn a lost connection to Postgres into the sandbox's failure.

    Raises:
        SandboxError: Postgres cannot be reached.
    """
    try:
        yield
    except psycopg.OperationalError as error:
        raise SandboxError(
            f"Postgres cannot be reached: {error}", "see logs/postgres.log in the run's folder"
        ) from error


def answers(conninfo: str) -> bool:
    """Whether the server takes connections."""
    try:
        connect(conninfo, connect_seconds=2).close()
    except psycopg.OperationalError:
        return False
    return True


def conninfo(port: int, password: str, database: str = DATABASE) -> str:
    """Return how the suite connects."""
    return psycopg.conninfo.make_conninfo(
        host="127.0.0.1", port=port, user=USER, password=password, dbname=database
    )
