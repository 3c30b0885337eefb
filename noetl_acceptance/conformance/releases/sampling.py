"""Draws cells of the page over releases that are to be tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from noetl_acceptance.conformance.feature_files import FAULT, read_features
from noetl_acceptance.conformance.releases.cells import JUDGED, Cell
from noetl_acceptance.conformance.releases.core import core_cases
from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.conformance.releases.statements import cell_of
from noetl_acceptance.generations.editions import is_rust


class Drawn(NamedTuple):
    """A claim of a release, with what its file says of it."""

    release: ReleaseFile
    row: str
    cell: Cell


def drawn(releases: Sequence[ReleaseFile], count: int, seed: str) -> list[Drawn]:
    """Draw stable cells, of as many releases: the same ones for the same seed.

    A cell is stable where its neighbours say the same. Claims that a fault shows are left out, as
    they take a minute; and Rust programs, which take minutes to build.

    Args:
        releases: that were tried, the oldest first.
        count: how many at most.
        seed: of the draw.
    """
    cells = sorted(_stable(releases), key=lambda each: _place(each, seed))
    found: dict[str, Drawn] = {}
    for each in cells:
        if len(found) < count:
            found.setdefault(each.release.asked, each)
    return list(found.values())


def _place(cell: Drawn, seed: str) -> bytes:
    return hashlib.sha256(f"{seed} {cell.release.asked} {cell.row}".encode()).digest()


def _stable(releases: Sequence[ReleaseFile]) -> Iterator[Drawn]:
    python = [each for each in releases if not is_rust(each.asked)]
    tagged = [(set(case.tags), FAULT in case.tags) for _, case in core_cases(read_features())]
    costly = {tag for tags, fault in tagged if fault for tag in tags}
    for number, found in enumerate(python):
        around = python[max(number - 1, 0) : number + 2]
        for row in found.rows.keys() - costly:
            cell = cell_of(found, row)
            alike = {(cell_of(each, row).word, cell_of(each, row).words) for each in around}
            if cell.word in JUDGED and len(alike) == 1:
                yield Drawn(found, row, cell)
