"""What the text of an option may be: each function returns its value.

It raises ValueError, whose text says what would be right.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.places import ROOT, given, named
from noetl_acceptance.support.settings_file import SettingsFile, read_settings

STANDSTILL = "standstill"
"""What ``give-up`` is where the wait for an execution ends as soon as it is proven to hang."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the scenarios: its number, from 1, and how many parts there are."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def one_of(known: Sequence[str]) -> Callable[[str], str]:
    """Return the function that takes one of some names."""

    def parse(text: str) -> str:
        if text not in known:
            near = difflib.get_close_matches(text, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"one of {', '.join(known)}{hint}")
        return text

    return parse


def count_of(text: str) -> int:
    """Take a whole number from 1 to 64."""
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise ValueError("a whole number from 1 to 64")
    return int(text)


def factor_of(text: str) -> float:
    """Take a number from 0.1 to 100."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 100:
        raise ValueError("a number from 0.1 to 100")
    return value


def seed_of(text: str) -> int | None:
    """Take a whole number; None for ``off``."""
    if text == "off":
        return None
    if not text.isdecimal():
        raise ValueError("a whole number, or off")
    return int(text)


def shard_of(text: str) -> Shard | None:
    """Take ``K/N``; None for ``off``."""
    if text == "off":
        return None
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count) <= 64):
        raise ValueError("K/N, the K-th of N parts (N is at most 64), or off")
    return Shard(int(number), int(count))


def lanes_of(text: str) -> int | None:
    """Take a count of lanes; None for ``auto``."""
    if text == "auto":
        return None
    try:
        return count_of(text)
    except ValueError as error:
        raise ValueError(f"{error}, or auto") from None


def text_of(text: str) -> str:
    """Take any text that is not empty."""
    if not text.strip():
        raise ValueError("a text that is not empty")
    return text.strip()


IMAGE = "image:"
"""How an option begins that names an image."""


def image_of(text: str) -> str:
    """Take an image; empty for ``same``."""
    if text != "same" and not text.startswith(IMAGE):
        raise ValueError(f"{IMAGE}NAME, or same")
    return "" if text == "same" else text


def settings_of(text: str) -> SettingsFile | None:
    """Take a file of settings; None for ``off``.

    Raises:
        UsageError: it cannot be read.
    """
    if not text.strip():
        raise ValueError("a file, or off")
    return None if text == "off" else read_settings(given(text))


def pair_of(text: str) -> Path | None:
    """Take a folder, of the user's or of the suite's own; None for ``auto``."""
    if text == "auto":
        return None
    if not text.strip():
        raise ValueError("a folder, or auto")
    folder = given(text)
    return folder if folder.exists() else ROOT / named(text)


def folder_of(text: str) -> Path:
    """Take a folder, which may be made."""
    if not text.strip():
        raise ValueError("a folder")
    return given(text)
