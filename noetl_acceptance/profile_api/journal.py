"""The journal: every call that the profile API received, and how it answered."""

from __future__ import annotations

from dataclasses import dataclass

TRACE_PREFIX = "Root=1-"
"""How a call's trace begins, as at the public endpoint."""


def base_path(scenario: str) -> str:
    """Return the path at the API's address that executions are told to call for a scenario."""
    return f"/s/{scenario}/profile"


@dataclass(slots=True)
class Call:
    """One call.

    ``arrived`` and ``departed`` are epoch seconds; ``departed`` is None while the call is open.
    ``status`` is the HTTP status sent, None when no answer went out. ``answer`` is ``good`` for
    the traveler's own whole answer, ``open`` until the call departs, ``abandoned`` when the client
    left first, in the middle of its request or before the answer, else the kind of the rule that
    spoilt it; it is set last, and nothing of the call changes afterwards. ``trace`` is unique to
    the call and stands in the answer's own headers, so that an answer can be told from a made-up
    one. ``connection`` is the client's address.
    """

    number: int
    scenario: str
    arrived: float
    departed: float | None
    traveler_id: int | None
    traveler_name: str | None
    method: str
    path: str
    status: int | None
    answer: str
    trace: str
    connection: str
    protocol: str
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many calls a scenario has received, and how many of them are still open."""

    calls: int
    open: int


class Journal:
    """The calls of one scenario in the order of their arrival, numbered from 1."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._open: list[Call] = []
        self._by_traveler: dict[int | None, int] = {}

    def open(self, call: Call) -> int:
        """Add a call and return how many its traveler has made, this one included."""
        call.number = len(self.calls) + 1
        self.calls.append(call)
        self._open.append(call)
        count = self._by_traveler.get(call.traveler_id, 0) + 1
        self._by_traveler[call.traveler_id] = count
        return count

    def counts(self) -> Counts:
        """Return how many calls there are, and how many are open."""
        self._open = [call for call in self._open if call.departed is None]
        return Counts(len(self.calls), len(self._open))

    def since(self, number: int) -> list[Call]:
        """Return the calls after the one of that number (0: all)."""
        return self.calls[number:]
