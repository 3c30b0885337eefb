"""What one release says of one claim: a word, and a few words on what was seen."""

from __future__ import annotations

from typing import NamedTuple

from noetl_acceptance.conformance.releases.finding_words import words_of
from noetl_acceptance.conformance.releases.release_file import RowOutcome

HOLDS = "holds"
BROKEN = ("deviates", "fails")
JUDGED = (HOLDS, *BROKEN)
"""The words of cells that say something of a claim."""

NOT_JUDGED = "not judged"
NOT_RUN = "does not run"
UNKNOWN = "unknown"


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
