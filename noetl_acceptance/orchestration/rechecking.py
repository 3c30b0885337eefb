"""Tries cells of the page over releases again, and compares."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.conformance.releases.cells import BROKEN, JUDGED
from noetl_acceptance.conformance.releases.core import CORE
from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.conformance.releases.sampling import Drawn
from noetl_acceptance.conformance.releases.statements import cell_of
from noetl_acceptance.errors import UsageError
from noetl_acceptance.orchestration.one_release import EVIDENCE, try_release
from noetl_acceptance.support.console import Console
from noetl_acceptance.verdict import exit_codes

FOLDER = "rechecked"
"""The folder, beside those of releases, of what was tried again."""

TRIES = 3
"""How often a cell is tried that is not as its file says: once or twice could be chance."""


def agree(before: ReleaseFile, now: ReleaseFile, row: str) -> bool:
    """Whether a release says the same of a claim again: the word, and something of why.

    What was not recorded then and is now, or the other way round, is as broken as it was.
    Where rows are lost, which ones is not compared: that is a few words on the first execution that
    has lost some, and a claim is tried again without the others of its release.
    """
    words = cell_of(before, row).word, cell_of(now, row).word
    if words[0] != words[1] and not set(words) <= set(BROKEN):
        return False
    was, again = (
        set(each.rows[row].kinds) if row in each.rows else set() for each in (before, now)
    )
    return was == again or bool(was & again)


def recheck(cells: Sequence[Drawn], console: Console) -> int:
    """Try cells again, and tell which are not as their files say.

    Args:
        cells: drawn from the files.
        console: tells of each.

    Returns:
        The exit code: 0 where all agree, 1 where one does not, 3 where one could not be judged.

    Raises:
        UsageError: there is none to try.
    """
    if not cells:
        raise UsageError("no release has been tried yet", "see `conformance --releases`")
    verdicts = []
    for release, row, before in cells:
        tags = f"@{CORE} and @{row}"
        for _ in range(TRIES):
            found = try_release(release.asked, console, tags=tags, evidence=EVIDENCE / FOLDER)
            now = cell_of(found, row)
            if agrees := agree(release, found, row):
                break
        verdicts.append("passed" if agrees else "product" if now.word in JUDGED else "sandbox")
        told = "as before" if agrees else f"{now.words} ({now.said}), and before: {before.words}"
        console.say(f"{release.release}, {row}: {before.words if agrees else ''} {told}".strip())
    return exit_codes.exit_code(verdicts)
