"""The time zone in which NoETL's database sessions write the times of events.

NoETL writes these without a zone, each session in its own. What they are shifted by, against UTC,
is told from when the execution was asked for and when it is looked at: real zones are whole
quarters of an hour apart.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.model.wording import counted
from noetl_acceptance.support.database import Database

QUARTER = 900.0
MOST_SHIFT = 14 * 3600.0
"""The farthest that a zone is from UTC, in seconds."""

TOLERANCE = 60.0
"""How many seconds the clocks of the machines may be apart."""

_SETTING = """
    SELECT setting, source, current_database(), current_user FROM pg_settings
    WHERE name = 'TimeZone'
"""
_REMEDY = (
    "pin the zone of all of NoETL's sessions: PGTZ=UTC for its server and workers, or ALTER ROLE … "
    "SET timezone TO 'UTC' and a restart of both"
)


def shift_of(times: Sequence[float], asked: float | None, now: float) -> float | None:
    """Return by how many seconds the events' times are ahead of UTC; None where no zone fits all.

    Args:
        times: of an execution's events, taken for UTC; epoch seconds, in any order.
        asked: when the execution was asked for; None if it is older than the request, so that
            nothing tells its zone: its times are taken for UTC then.
        now: when its events are read.
    """
    if not times or asked is None:
        return 0.0
    first, last = min(times), max(times)
    shift = math.floor((first - asked + TOLERANCE) / QUARTER) * QUARTER
    return shift if abs(shift) <= MOST_SHIFT and last - shift <= now + TOLERANCE else None


def require_shift(
    connection: Database, times: Sequence[float], asked: float | None, now: float
) -> float:
    """Return by how many seconds the events' times are ahead of UTC; as ``shift_of``.

    Raises:
        SandboxError: no one zone fits all; the message says which there are, and whose setting it
            is.
    """
    shift = shift_of(times, asked, now)
    if shift is None and asked is not None:
        raise SandboxError(
            f"the times of NoETL's events cannot be compared with ours: {told(times, asked, now)}; "
            f"{whose(connection)}",
            _REMEDY,
        )
    return shift or 0.0


def told(times: Sequence[float], asked: float, now: float) -> str:
    """Return in words in which zones the events' times are, with the number of events of each."""
    counts: Counter[str] = Counter(_zone(time, asked, now) for time in times)
    return ", ".join(f"{counted(count, 'event')} {zone}" for zone, count in counts.most_common())


def whose(connection: Database) -> str:
    """Return in words the time zone of a new session, and whose setting it is."""
    row = connection.execute(_SETTING).fetchone()
    if row is None:
        return "the database tells no time zone"
    zone, source, database, user = row
    setter = {
        "database": f"ALTER DATABASE {database}",
        "user": f"ALTER ROLE {user}",
        "database user": f"ALTER ROLE {user} IN DATABASE {database}",
        "client": "PGTZ of the suite's own environment",
    }.get(source, f"Postgres's {source}")
    return f"a new session has the zone {zone}, set by {setter}"


def _zone(time: float, asked: float, now: float) -> str:
    """Return the zone nearest to UTC in which a time lies between two others."""
    middle = (asked + now) / 2
    half = (now - asked) / 2 + TOLERANCE
    shift = 0.0 if abs(time - middle) <= half else round((time - middle) / QUARTER) * QUARTER
    if abs(shift) > MOST_SHIFT or abs(time - shift - middle) > half:
        return "at a time that no zone explains (do the clocks differ?)"
    sign, (hours, minutes) = "-" if shift < 0 else "+", divmod(int(abs(shift)) // 60, 60)
    return f"in UTC{sign}{hours:02}:{minutes:02}" if shift else "in UTC"
