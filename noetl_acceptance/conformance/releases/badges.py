"""A badge and a line for each release, below docs/conformance."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from noetl_acceptance.conformance.releases.release_file import FOLDER, ReleaseFile, name_of
from noetl_acceptance.conformance.releases.statements import (
    DEVIATES,
    KEEPS,
    MISLEADING,
    PARTLY,
    class_of,
    summary_line,
)

_COLOURS = {KEEPS: "#1e7a3c", DEVIATES: "#7a6200", PARTLY: "#9a4d00", MISLEADING: "#b3261e"}
_OTHER = "#5d6778"
_CHARACTER = 6.6
"""How wide a character is at most, in pixels, at the badge's size of letters."""


def badges(releases: Sequence[ReleaseFile]) -> dict[Path, str]:
    """Return the badge of each release by its file."""
    return {FOLDER / "badges" / f"{name_of(each.asked)}.svg": _badge(each) for each in releases}


def _badge(found: ReleaseFile) -> str:
    name, told = f"NoETL {found.release}", class_of(found)
    left, right = (round(len(words) * _CHARACTER) + 12 for words in (name, told))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{escape(name)}: {told}">'
        f"<title>{escape(summary_line(found))}</title>"
        f'<rect width="{left}" height="20" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{_COLOURS.get(told, _OTHER)}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14">{escape(name)}</text><text x="{left + 6}" y="14">{told}</text></g>'
        "</svg>\n"
    )


def summaries(releases: Sequence[ReleaseFile]) -> str:
    """Return a line for each release, the oldest first."""
    return "".join(f"{summary_line(each)}\n" for each in releases)
