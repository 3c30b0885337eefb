"""A clock that stands still until somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable


class FakeClock:
    """Stands in for the module ``time``; sleeping moves it and does what was planned for then."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0
        self._planned: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def strftime(self, _format: str) -> str:
        return "20270115-080000-"

    def sleep(self, seconds: float) -> None:
        until = self.at + seconds
        due = sorted((each for each in self._planned if each[0] <= until), key=lambda it: it[0])
        self._planned = [each for each in self._planned if each[0] > until]
        for at, action in due:
            self.at = max(self.at, at)
            action()
        self.at = until

    def plan(self, seconds: float, action: Callable[[], None]) -> None:
        """Have something done in so many seconds from now on."""
        self._planned.append((self.at + seconds, action))
