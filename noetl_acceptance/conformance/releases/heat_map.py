"""Claims by releases: which neighbours are alike, and what stands in each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from noetl_acceptance.conformance.releases.cells import HOLDS, NOT_JUDGED, NOT_RUN, UNKNOWN, Cell
from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.conformance.releases.statements import cell_of, class_of

SYMBOLS = {
    HOLDS: "●",
    "deviates": "◐",
    "fails": "○",
    NOT_JUDGED: "?",
    NOT_RUN: "×",
    UNKNOWN: "–",
}
"""What stands in a cell of the heat map, by its word."""

HANGS = "hangs"
HUNG = "H"
"""What stands in a cell where an execution hangs: its claim is broken by that, and was not seen."""


LEGEND = {
    HOLDS: SYMBOLS[HOLDS],
    "broken as recorded of the release": SYMBOLS["deviates"],
    "broken": SYMBOLS["fails"],
    "broken: an execution hangs": HUNG,
    NOT_JUDGED: SYMBOLS[NOT_JUDGED],
    NOT_RUN: SYMBOLS[NOT_RUN],
    "unknown, or nothing to tell": SYMBOLS[UNKNOWN],
}
"""What each symbol of the heat map means."""


def symbol_of(cell: Cell) -> str:
    """Return what stands in a cell of the heat map."""
    return HUNG if cell.words == HANGS else SYMBOLS[cell.word]


@dataclass(frozen=True, slots=True)
class Column:
    """Neighbours of which every claim says the same.

    Args:
        releases: of them, the oldest first.
        cells: what they say of each claim; of the first of them where the words are equal.
    """

    releases: tuple[ReleaseFile, ...]
    cells: Mapping[str, Cell]

    @property
    def span(self) -> str:
        """The first and the last of its releases."""
        first, last = self.releases[0].release, self.releases[-1].release
        return first if first == last else f"{first}–{last}"

    @property
    def edition(self) -> str:
        """Of the pair that they were judged with."""
        return self.releases[0].edition


def columns_of(releases: Sequence[ReleaseFile], rows: Sequence[str]) -> list[Column]:
    """Return the columns of the heat map.

    Args:
        releases: that were tried, the oldest first.
        rows: the ids of the claims.
    """

    def alike(found: ReleaseFile) -> tuple[object, ...]:
        cells = (cell_of(found, row) for row in rows)
        told = tuple((cell.word, cell.words) for cell in cells)
        return found.edition, class_of(found), told

    columns = []
    for _, of_it in groupby(releases, key=alike):
        held = tuple(of_it)
        columns.append(Column(held, {row: cell_of(held[0], row) for row in rows}))
    return columns
