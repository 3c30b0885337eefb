"""Fields of the features' sentences: counts with a noun, and lists of travelers' numbers.

A module of ``steps/`` registers those that its sentences have: after
``register_type(Batches=BATCHES)`` the field ``{batches:Batches}`` takes ``4 batches``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from parse import with_pattern

DEFAULT_NUMBER = "the default number"
"""Stands for what the documents give, in the edition that the pair follows."""


def counted(one: str, several: str, first: str = "1") -> Callable[[str], int]:
    """Return a field that takes ``1 batch`` and ``4 batches``, but not ``1 batches``.

    Args:
        one: the noun for one.
        several: the noun for any other number.
        first: how one is written.
    """

    def number(text: str) -> int:
        return 1 if text.startswith(f"{first} ") else int(text.split(maxsplit=1)[0])

    field: Callable[[str], int] = with_pattern(_pattern(one, several, first))(number)
    return field


def counted_or_default(one: str, several: str) -> Callable[[str], int | None]:
    """Return a field that takes ``the default number of batches`` as well: that is None.

    Args:
        one: the noun for one.
        several: the noun for any other number.
    """

    def number(text: str) -> int | None:
        first = text.split(maxsplit=1)[0]
        return int(first) if first.isdecimal() else None

    pattern = f"{_pattern(one, several)}|{DEFAULT_NUMBER} of {several}"
    field: Callable[[str], int | None] = with_pattern(pattern)(number)
    return field


def _pattern(one: str, several: str, first: str = "1") -> str:
    return rf"{first} {one}|(?!1 )\d+ {several}"


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

EXPECTED_BATCHES = counted_or_default("batch", "batches")
EXPECTED_ROWS = counted_or_default("row", "rows")
EXPECTED_TRAVELERS = counted_or_default("traveler", "travelers")

NUMBERS = numbers(_LIST)
"""``2 and 3``."""

SOME_TRAVELERS = numbers(rf"traveler \d+|travelers {_LIST}")
"""``traveler 2`` or ``travelers 2 and 3``."""

PEAK = numbers(r"exactly \d+|at least \d+ and at most \d+")
"""``exactly 2``, or ``at least 2 and at most 4``."""

COMMANDS = counted("command", "commands")
WORKERS_THAT_TAKE = counted("worker that takes", "workers that take", "a single")
WORKERS_WITH = counted("worker with", "workers with", "a single")
