"""Reads what an execution leaves while it goes on, so that little is left to read at its end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

REST = 20.0
"""How many times as long as a reading took nothing is read: at most a twentieth of the time goes
into it, which NoETL needs as well."""


class ReadAhead:
    """Reads now and then, the less often the longer it takes.

    Args:
        read: reads what is new, and keeps it for the last reading.
    """

    def __init__(self, read: Callable[[], object]) -> None:
        self._read = read
        self._due = -math.inf

    def look(self) -> None:
        """Read, unless the last reading was too short a time ago."""
        began = time.monotonic()
        if began < self._due:
            return
        self._read()
        ended = time.monotonic()
        self._due = ended + REST * (ended - began)
