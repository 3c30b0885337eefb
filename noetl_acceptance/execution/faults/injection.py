"""What every fault offers, whatever it is done to."""

from __future__ import annotations

from typing import Protocol


class Injection(Protocol):
    """One fault at one service, from its beginning to its end.

    ``felt`` and ``healed`` are asked again and again until they tell something.
    """

    def make(self) -> None:
        """Begin it.

        Raises:
            NotJudgedError: it cannot be made here.
            SandboxError: a service is out of reach, or refuses. The same for what follows.
            psycopg.Error: likewise of Postgres.
        """
        ...

    def felt(self) -> str:
        """Return what proves its effect, in words; empty while nothing does."""
        ...

    def unfelt(self, seconds: float) -> Exception:
        """Return what it means that nothing has proven its effect for so long."""
        ...

    def heal(self) -> None:
        """End it, whatever has been made of it."""
        ...

    def healed(self) -> str:
        """Return what proves that it is over, in words; empty while nothing does."""
        ...

    def unhealed(self, seconds: float) -> Exception:
        """Return what it means that nothing has proven for so long that it is over."""
        ...
