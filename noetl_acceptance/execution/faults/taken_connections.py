"""All connections to Postgres taken, so that whoever wants another one is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import psycopg

from noetl_acceptance.execution.faults.database import (
    Connect,
    DatabaseFault,
    Session,
    end_sessions,
    new_connection,
)
from noetl_acceptance.model.wording import counted

MOST_CONNECTIONS = 2000
"""More than this a Postgres of the suite's does not take."""

AT_ONCE = 16
"""How many connections are asked for side by side."""

_ALL_TAKEN = re.compile("too many clients|remaining connection slots are reserved")
"""Of Postgres's words; libpq tells no code where there is no connection."""


class TakenConnections(DatabaseFault):
    """Takes all connections that are free, those that are kept for administrators included.

    Then NoETL's sessions are ended once: its pools hold what they need for a while, and would not
    notice that there is no other.

    Args:
        connect: makes a connection of the suite's.
        refused: tells how many have been refused to others than the suite.
    """

    name = "all free connections taken"

    def __init__(self, connect: Connect, refused: Callable[[], int]) -> None:
        super().__init__(connect)
        self._refused = refused
        self._before = 0
        self._taken: list[Session] = []

    def make(self) -> None:
        """Take connections until one is refused, and those of NoETL's as well."""
        self._before = self._refused()
        self._take_all()
        if self._taken:
            end_sessions(self._taken[0])
            self._take_all()

    def _take_all(self) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while len(self._taken) < MOST_CONNECTIONS:
                found = [pool.submit(self._take) for _ in range(AT_ONCE)]
                if any(each.result() for each in found):
                    return

    def felt(self) -> str:
        """Tell how many connections were refused to others; one that is free is taken as well.

        Who has all the connections that he needs notices nothing.
        """
        refusal = self._take()
        others = self._refused() - self._before
        if not refusal or others <= 0:
            return ""
        held = counted(len(self._taken), "connection")
        return f"the suite holds {held}, and Postgres refused {others} of others: {refusal}"

    def heal(self) -> None:
        """Give the connections back."""
        while self._taken:
            self._taken.pop().close()

    def healed(self) -> str:
        """Tell of a new connection."""
        return new_connection(self._connect)

    def _take(self) -> str:
        """Take one connection; return why there is none."""
        try:
            self._taken.append(self._connect())
        except psycopg.OperationalError as error:
            return _refused(error)
        return ""


def count_refused(log: Iterable[str]) -> int:
    """Return how many connections were refused as all were taken.

    Args:
        log: of Postgres, in parts of whole lines, or of those who were refused.
    """
    return sum(len(_ALL_TAKEN.findall(part)) for part in log)


def _refused(error: psycopg.OperationalError) -> str:
    """Return Postgres's words for a connection that it refuses as all are taken.

    Raises:
        psycopg.OperationalError: that is not why.
    """
    told = _ALL_TAKEN.search(str(error))
    if told is None:
        raise error
    return told.group()
