"""Fields of the features' sentences: counts with a noun, and lists of travelers' numbers.

A module of ``steps/`` registers those that its sentences have: after
``register_type(Batches=BATCHES)`` the field ``{batches:Batches}`` takes ``4 batches``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from parse import with_pattern


def counted(one: str, several: str) -> Callable[[str], int]:
    """Return a field that takes ``1 batch`` and ``4 batches``, but not ``1 batches``.

    Args:
        one: the noun for one.
        several: the noun for any other number.
    """

    def number(text: str) -> int:
        return int(text.split(maxsplit=1)[0])

    field: Callable[[str], int] = with_pattern(rf"1 {one}|(?!1 )\d+ {several}")(number)
    return field


def numbers(pattern: str) -> Callable[[str], tuple[int, ...]]:
    """Return a field that takes several numbers.

    Args:
        pattern: a regular expression for the text that holds them.
    """

    def numbers_in(text: str) -> tuple[int, ...]:
        return tuple(int(number) for number in re.findall(r"\d+", text))

    field: Callable[[str], tuple[int, ...]] = with_pattern(pattern)(numbers_in)
    return field


_LIST = r"\d+(?:, \d+)* and \d+"

BATCHES = counted("batch", "batches")
CONNECTIONS = counted("connection", "connections")
ROWS = counted("row", "rows")
TRAVELERS = counted("traveler", "travelers")

NUMBERS = numbers(_LIST)
"""``2 and 3``."""

SOME_TRAVELERS = numbers(rf"traveler \d+|travelers {_LIST}")
"""``traveler 2`` or ``travelers 2 and 3``."""
