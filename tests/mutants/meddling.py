"""Changes stored rows behind the back of the execution that goes on in a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg

from tests.mutants.defects import Meddling

_STORED = """
    SELECT execution_id FROM public.traveler_batch_results
    GROUP BY execution_id HAVING count(*) >= %(stored)s
"""
_ENDED = """
    SELECT execution_id::text FROM noetl.event AS ended
    WHERE event_type = 'playbook.completed' AND NOT EXISTS (
        SELECT FROM noetl.event AS child  -- its first event alone may name its parent
        WHERE child.execution_id = ended.execution_id AND child.parent_execution_id IS NOT NULL)
"""


@contextmanager
def meddle(database: str, meddling: Meddling) -> Iterator[None]:
    """Give the statement for the first execution that begins inside and comes so far.

    Args:
        database: the sandbox's, as a libpq connection string.
        meddling: what to do and when.
    """
    stop = Event()
    with psycopg.connect(database, autocommit=True) as connection:
        known = _executions(connection, meddling)
        watching = Thread(target=_watch, args=(connection, meddling, known, stop))
        watching.start()
        try:
            yield
        finally:
            stop.set()
            watching.join()


def _watch(
    connection: psycopg.Connection[Any], meddling: Meddling, known: set[str], stop: Event
) -> None:
    while not stop.wait(0.05):
        for execution_id in _executions(connection, meddling) - known:
            connection.execute(meddling.sql.encode(), {"execution_id": execution_id})
            return


def _executions(connection: psycopg.Connection[Any], meddling: Meddling) -> set[str]:
    if meddling.ended:
        return {str(row[0]) for row in connection.execute(_ENDED)}
    there = connection.execute("SELECT to_regclass('public.traveler_batch_results')").fetchone()
    if there is None or there[0] is None:
        return set()
    found = connection.execute(_STORED, {"stored": meddling.stored})
    return {str(row[0]) for row in found}
