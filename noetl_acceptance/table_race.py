"""Has several executions make the fixture's tables at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from noetl_acceptance import outcomes
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.waiting import DeadlineError, StarvedError, eventually

Connection = psycopg.Connection[Any]

MEET_SECONDS = 30.0
"""How long to wait, before ``time-scale``, for all executions to have come to the tables."""

_TABLES = [
    sql.SQL("public.{}").format(sql.Identifier(t)) for t in (outcomes.RESULTS, outcomes.SOURCE)
]
_DROP = sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.SQL(", ").join(_TABLES))
_MAKE = sql.SQL("CREATE TABLE {} ()")
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@dataclass
class Race:
    """Whether the executions came to the tables at the same moment."""

    met: bool = False

    def require_met(self) -> None:
        """Make sure of it.

        Raises:
            NotJudgedError: they did not.
        """
        if not self.met:
            raise NotJudgedError("the executions did not make the tables at the same moment")


@contextmanager
def racing(
    holding: Connection, looking: Connection, executions: int, *, time_scale: float
) -> Iterator[Race]:
    """Remove the fixture's tables, and hold up who makes them until all executions do.

    Tables of these names are made in a transaction that is rolled back. Who makes one meanwhile,
    by whatever statement, has to wait for its end; then all go on at once, and see no table.

    Args:
        holding: to the database in which executions store their rows; closed in the end.
        looking: another one, in autocommit mode.
        executions: how many are started inside.
        time_scale: multiplies the deadline.
    """
    race = Race()
    with holding:
        holding.execute(_DROP)
        holding.commit()
        for table in _TABLES:
            holding.execute(_MAKE.format(table))
        yield race
        try:
            eventually(
                lambda: _waiting(looking),
                lambda sessions: sessions >= executions,
                seconds=MEET_SECONDS * time_scale,
                what=f"{executions} sessions that wait to make the tables",
                every=0.05,
            )
            race.met = True
        except (DeadlineError, StarvedError):
            pass  # the executions go on all the same, so as not to be in the way of the next one
        finally:
            holding.rollback()


def _waiting(looking: Connection) -> int:
    row = looking.execute(_WAITING).fetchone()
    return int(row[0]) if row else 0
