"""The lines of the page over releases: what each claims, and what tries it on a release again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from noetl_acceptance.conformance.releases.cells import JUDGED
from noetl_acceptance.conformance.releases.core import CORE
from noetl_acceptance.conformance.releases.own_lines import (
    AFTER_END,
    COMPLETED,
    KILLED_WORKER,
    LOGS,
    OWN_LINES,
    PATTERN,
    PATTERN_ROW,
)
from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.conformance.releases.release_outcome import SMOKE_ROW
from noetl_acceptance.conformance.releases.statements import cell_of
from noetl_acceptance.option_values import STANDSTILL
from noetl_acceptance.support.program import PROGRAM
from noetl_acceptance.verdict.claims import Contract

SHOWN_BY = {PATTERN: SMOKE_ROW, KILLED_WORKER: "P10"}
"""The claim whose scenarios show a line that is no claim itself; all of them show the others."""

OWN_CLAIMS = {
    COMPLETED: "With good answers, an execution that says completed has stored a valid row per "
    "traveler.",
    AFTER_END: "After the end of an execution with good answers no call starts and no row is "
    "stored.",
    KILLED_WORKER: "An execution ends although a worker was killed in the middle of a batch.",
    LOGS: "No service logs a traceback that no scenario announces.",
    PATTERN: "The documents' own pattern, as people wrote it: a loop of http calls, then one step "
    "over its results. With it the smoke test stores 200 valid rows.",
}
"""What is said on the lines that are no claim of the contract."""


def is_pattern(row: str) -> bool:
    """Whether a line is about the documents' own pattern."""
    return row == PATTERN or row.startswith(PATTERN_ROW)


def shown_by_of(row: str) -> str:
    """Return the claim whose scenarios show what stands on a line; empty where all of them do."""
    return SHOWN_BY.get(row, "") if row in OWN_LINES else row.removeprefix(PATTERN_ROW)


def command_of(found: ReleaseFile, row: str) -> str:
    """Return the command that tries a claim on a release again."""
    options = {"noetl": found.asked, "sandbox": "embedded", "give-up": STANDSTILL}
    if is_pattern(row):
        options["playbooks"] = f"playbooks/{edition_of(found, PATTERN)}"
    words = [word for key, value in options.items() for word in ("-D", f"{key}={value}")]
    shown_by = shown_by_of(row)
    tags = f"@{CORE} and @{shown_by}" if shown_by else f"@{CORE}"
    return shlex.join([PROGRAM, "run", *words, f"--tags={tags}"])


def rows_of(releases: Sequence[ReleaseFile], contract: Contract) -> list[str]:
    """Return the claims that any of the releases was tried with, and the lines of their own."""
    tried = {row for each in releases for row in each.rows}
    own = [row for row in OWN_LINES if any(cell_of(e, row).word in JUDGED for e in releases)]
    return [*(row for row in contract.rows if row in tried), *own]


def pattern_rows_of(releases: Sequence[ReleaseFile], contract: Contract) -> list[str]:
    """Return the lines of the claims that the documents' own pattern was tried with."""
    tried = {row for each in others(releases) if each.pattern for row in each.pattern.rows}
    return [f"{PATTERN_ROW}{row}" for row in contract.rows if row in tried]


def others(releases: Sequence[ReleaseFile]) -> list[ReleaseFile]:
    """Return the releases whose edition of the pair is not in the documents' own pattern."""
    return [each for each in releases if each.pattern and each.pattern.edition != each.edition]


def claim_of(row: str, contract: Contract) -> str:
    """Return the sentence of a claim."""
    if row in OWN_CLAIMS:
        return OWN_CLAIMS[row]
    return contract.rows[row.removeprefix(PATTERN_ROW)].claim


def edition_of(found: ReleaseFile, row: str) -> str:
    """Return the edition of the pair with which a claim was tried on a release."""
    return found.pattern.edition if is_pattern(row) and found.pattern else found.edition
