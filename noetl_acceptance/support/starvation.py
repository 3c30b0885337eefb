"""What a pace says: how many times as long as it needs the services' work took."""

from __future__ import annotations

import math
from typing import Protocol

SLOW = 2.0
"""From this pace on the machine is slow, and every message says so before it names anybody."""

STARVED = 4.0
"""From this pace on the machine is starved: most deadlines leave a healthy run some five times as
long as it takes (docs/reliability.md has what was measured)."""


class Pace(Protocol):
    """Measures the pace of one wait, from its making on."""

    def look(self) -> None:
        """Take a measurement, unless the last one is too young."""
        ...

    @property
    def value(self) -> float:
        """The pace until the last look; 1 before there was enough to tell."""
        ...


def pace_words(pace: float) -> str:
    """Return a pace in a few words, for messages, verdicts and bundles."""
    number = f"pace {math.floor(pace * 10) / 10:.1f}"  # 3.96 is no 4.0
    if pace >= STARVED:
        return f"starved machine, {number}"
    return f"slow machine, {number}" if pace >= SLOW else number
