"""What one release says of one claim: a word, and a few words on what was seen."""

from __future__ import annotations

from typing import NamedTuple

from noetl_acceptance.conformance.releases.finding_words import words_of
from noetl_acceptance.conformance.releases.lost_rows import NO_ROW, NO_VALID_ROW
from noetl_acceptance.conformance.releases.release_file import RowOutcome

HOLDS = "holds"
BROKEN = ("deviates", "fails")
JUDGED = (HOLDS, *BROKEN)
"""The words of cells that say something of a claim."""

NOT_JUDGED = "not judged"
NOT_RUN = "does not run"
UNKNOWN = "unknown"


STORES_ALL = "C07"
"""The claim that speaks of a row for each traveler."""

ABOUT_ROWS = "P15"
"""The claim that speaks of what stands in the rows."""


class Cell(NamedTuple):
    """What one release says of one claim.

    Args:
        word: ``holds``, ``deviates``, ``fails``, ``not judged``, ``does not run`` or unknown.
        words: what was seen, in a few words; equal where the outcome is.
        said: the first finding, or the reason.
    """

    word: str
    words: str
    said: str = ""


def cell_of_outcome(outcome: RowOutcome, lost: str) -> Cell:
    """Return what an outcome says.

    Args:
        outcome: of a claim.
        lost: where the missing rows of the execution stand, if any are missing.
    """
    if outcome.verdict in (HOLDS, NOT_JUDGED):
        return Cell(outcome.verdict, outcome.verdict, outcome.said)
    return Cell(outcome.verdict, words_of(outcome.kinds or ("failed",), lost), outcome.said)


def shown_by_rows(row: str, cell: Cell, lost: str) -> Cell:
    """Return what a claim's cell says where rows are missing that would show whether it holds.

    Its scenario in the core set looks at the calls: what it says of rows, missing ones do not show.

    Args:
        row: the claim.
        cell: by the scenarios alone.
        lost: where the missing rows of the execution stand; empty if none are missing.
    """
    needed = row == STORES_ALL or (row == ABOUT_ROWS and lost in (NO_ROW, NO_VALID_ROW))
    if cell.word == HOLDS and lost and needed:
        return Cell(NOT_JUDGED, NOT_JUDGED, lost)
    return cell
