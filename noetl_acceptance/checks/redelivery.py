"""What is done again where a worker answers too late: NATS hands its command out once more."""

from __future__ import annotations

from collections.abc import Iterable

from noetl_acceptance.checks.history import commands
from noetl_acceptance.checks.slowness import records_in

AGAIN = frozenset(
    {"batch-twice", "claimed-twice", "loop-too-long", "call-repeated", "row-several-answers"}
)
"""The kinds of finding that tell of something that was done again, and of nothing lost or wrong."""


def claimed_again(subjects: Iterable[object]) -> bool:
    """Return whether a command was claimed more than once, in one of the records among subjects.

    2.8.x does so where a worker has not acknowledged a command within the 30 s that NATS waits.
    """
    return any(
        len(command.claims) > 1 for record in records_in(subjects) for command in commands(record)
    )
