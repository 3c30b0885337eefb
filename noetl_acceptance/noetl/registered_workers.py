"""The workers that NoETL knows of, by the table in which it keeps their heartbeats."""

from __future__ import annotations

from noetl_acceptance.support.database import Database

_BEATING = """
    SELECT count(*) FROM noetl.runtime
    WHERE kind = 'worker_pool' AND heartbeat > now() - interval '30 s'
"""

_REGISTERED = "SELECT name FROM noetl.runtime WHERE kind = 'worker_pool'"


def registered(connection: Database) -> list[str]:
    """Return the names of the workers that NoETL knows or knew of, by which its events tell them.

    Args:
        connection: to the database with NoETL's tables.
    """
    return [str(row[0]) for row in connection.execute(_REGISTERED).fetchall()]


def beating(connection: Database) -> int:
    """Return how many workers' hearts have beaten in the last 30 s.

    Args:
        connection: to the database with NoETL's tables.
    """
    row = connection.execute(_BEATING).fetchone()
    return int(row[0]) if row else 0
