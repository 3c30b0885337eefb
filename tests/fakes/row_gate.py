"""A gate at which a worker's session waits, as the test says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import psycopg

from tests.fakes.sandbox import FakeSandbox


@dataclass
class FakeRowGate:
    """One session of worker-2's waits from the shutting on, until it is let in or its worker ends.

    Args:
        sandbox: with the worker.
        unused: whether nobody comes.
        lasting: whether the session is still there when its worker has ended.
        done: what was asked for.
        refusal: what Postgres says to its shutting, if it refuses.
    """

    sandbox: FakeSandbox
    unused: bool = False
    lasting: bool = False
    done: list[str] = field(default_factory=list)
    refusal: psycopg.Error | None = None

    def shut(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.done.append("shut")

    def open(self) -> None:
        self.done.append("open")

    def remove(self) -> None:
        self.done.append("remove")

    @property
    def is_shut(self) -> bool:
        return self.done == ["shut"]

    def waiting(self) -> frozenset[int]:
        (worker,) = [each for each in self.sandbox.states() if each.name == "worker-2"]
        gone = not worker.running and not self.lasting
        return frozenset() if self.unused or self.done != ["shut"] or gone else frozenset({7})

    def rest(self, _sessions: Collection[int]) -> bool:
        return "open" in self.done

    @property
    def stored(self) -> int:
        """How many rows there are."""
        return 4 if "open" in self.done else 2
