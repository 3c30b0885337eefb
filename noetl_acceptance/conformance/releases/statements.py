"""What the releases that were tried say of a claim, and of each other: computed, never written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from noetl_acceptance.conformance.releases.cells import (
    HOLDS,
    NOT_JUDGED,
    NOT_RUN,
    UNKNOWN,
    Cell,
    cell_of_outcome,
    shown_by_rows,
)
from noetl_acceptance.conformance.releases.core import PATTERN_FEATURES
from noetl_acceptance.conformance.releases.own_lines import (
    HANGS_ANYWAY,
    OWN_LINES,
    PATTERN_ROW,
    after_end_cell,
    completed_cell,
    completed_ones,
    hangs_anyway,
    logs_cell,
    pattern_row_cell,
)
from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.conformance.releases.release_outcome import PLAIN, SMOKE, SMOKE_ROW

KEEPS = "keeps the contract"
DEVIATES = "with recorded deviations"
PARTLY = "partly"
MISLEADING = "misleading"

CLASSES = {
    KEEPS: "every claim of the core set holds",
    DEVIATES: "every claim that is broken is recorded of the release in "
    "deviations/deviations.yaml, with its reason",
    PARTLY: "some claims hold, and some are broken that are not recorded",
    MISLEADING: "an execution with good answers says completed, and valid rows are missing",
    NOT_RUN: "it cannot be installed or started; or no execution with good answers completes, and "
    "none stores half of its rows",
    NOT_JUDGED: "the machine was too slow to tell, or its generation cannot read the playbooks",
}
"""The classes of releases, and what each means."""


def cell_of(found: ReleaseFile, row: str) -> Cell:
    """Return what a release says of a claim."""
    if found.hindrance in ("install", "start"):
        return Cell(NOT_RUN, NOT_RUN, found.reason)
    if found.hindrance:
        return Cell(NOT_JUDGED, NOT_JUDGED, found.reason)
    if row in OWN_LINES:
        return OWN_LINES[row](found)
    if row.startswith(PATTERN_ROW):
        return pattern_row_cell(found, row.removeprefix(PATTERN_ROW))
    return _claim_cell(found, row)


def _claim_cell(found: ReleaseFile, row: str) -> Cell:
    outcome = found.rows.get(row)
    if outcome is None:
        return Cell(UNKNOWN, UNKNOWN)
    why = HANGS_ANYWAY if hangs_anyway(found) else found.rows.get("P6", outcome).said
    if row in OF_FAULTS and (why == HANGS_ANYWAY or FAULT_UNMADE in why):
        return Cell(NOT_JUDGED, NOT_JUDGED, why)
    lost = _lost(found, row)
    cell = shown_by_rows(row, cell_of_outcome(outcome, lost), lost)
    return _shown_by_all(found, row, cell)


def _shown_by_all(found: ReleaseFile, row: str, cell: Cell) -> Cell:
    """Return what a claim about every execution says where the smoke test alone keeps it."""
    if row not in OF_ALL or cell.word != HOLDS:
        return cell
    plain = (each for each in found.executions if each.about == PLAIN and each.lost)
    lost = next(plain, None)
    if lost is None:
        return cell
    said = f"the smoke test keeps it, but {lost.workload}: {lost.lost}"
    return Cell(NOT_JUDGED, NOT_JUDGED, said)


OF_ALL = ("C25", "P1")
"""The claims about each traveler of every execution, which the core set shows by the smoke test."""

OF_FAULTS = ("P6", "P9", "P10", "P11", "P12")
"""The claims about an execution that met a fault, and about what comes after it."""

FAULT_UNMADE = "the fault was not made"

OTHER = "parallel_http"
"""The feature of the execution with good answers that is not the smoke test's."""


def _lost(found: ReleaseFile, row: str) -> str:
    """Return where the missing rows stand of the execution with good answers that shows a claim."""
    features = {e.feature for e in found.scenarios if row in e.rows and (e.kinds or e.late)}
    if features and not features.intersection(PATTERN_FEATURES):
        return ""
    other = features == {OTHER}
    plain = [each for each in found.executions if each.about == PLAIN]
    shown = [each for each in plain if (each.expected != SMOKE) == other]
    return next((each.lost for each in shown if each.lost), "")


class Stretch(NamedTuple):
    """Neighbours, of the releases that were tried, of which the same is said."""

    words: str
    releases: tuple[str, ...]

    @property
    def span(self) -> str:
        """The first and the last of them."""
        first, last = self.releases[0], self.releases[-1]
        return first if first == last else f"{first}–{last}"


def stretches(releases: Sequence[ReleaseFile], row: str) -> Iterator[Stretch]:
    """Yield what is said of a claim, release by release, with equal neighbours in one."""
    said = ((cell_of(each, row).words, each.release) for each in releases)
    for words, of_it in groupby(said, key=lambda each: each[0]):
        yield Stretch(words, tuple(release for _, release in of_it))


def statement(releases: Sequence[ReleaseFile], row: str) -> str:
    """Return what the releases say of a claim, in a line."""
    return "; ".join(_part(each) for each in stretches(releases, row)) or UNKNOWN


def _part(stretch: Stretch) -> str:
    if stretch.words in (HOLDS, "hangs", NOT_RUN, NOT_JUDGED):
        return f"{stretch.words} {stretch.span}"
    return f"{stretch.span}: {stretch.words}"


def class_of(found: ReleaseFile) -> str:
    """Return the class of a release, one of ``CLASSES``."""
    if found.hindrance in ("install", "start"):
        return NOT_RUN
    said = {outcome.verdict for outcome in found.rows.values()}
    if found.hindrance or not said or said == {NOT_JUDGED}:
        return NOT_JUDGED
    plain = [each for each in found.executions if each.about == PLAIN]
    completed = completed_ones(found)
    if completed_cell(found).word == "fails":
        return MISLEADING
    if "fails" in {*said, logs_cell(found).word, after_end_cell(found).word}:
        half = HOLDS in said and any(2 * each.stored >= each.expected for each in plain)
        smoke = found.rows.get(SMOKE_ROW)
        unknown = smoke is not None and smoke.verdict == NOT_JUDGED
        return PARTLY if completed or half else NOT_JUDGED if unknown else NOT_RUN
    if NOT_JUDGED in said:
        return NOT_JUDGED
    return DEVIATES if "deviates" in said else KEEPS


def changes(before: ReleaseFile, after: ReleaseFile) -> list[tuple[str, str, str]]:
    """Return what changed between neighbours: claims, with what was said of each before and after.

    What is not known of one of them is no change.
    """
    found = []
    rows = sorted({*before.rows, *after.rows}, key=lambda row: (row[0], int(row[1:])))
    for row in (*rows, *OWN_LINES):
        was, now = cell_of(before, row).words, cell_of(after, row).words
        if was != now and not {was, now} & {NOT_JUDGED, UNKNOWN}:
            found.append((row, was, now))
    return found


def summary_line(found: ReleaseFile) -> str:
    """Return what is said of a release in one line that stands for itself."""
    return f"NoETL {found.release}: {class_of(found)}: {line_of(found)}"


def line_of(found: ReleaseFile) -> str:
    """Return how many claims hold on a release, and what is against the others."""
    if found.hindrance:
        return found.reason
    cells = [(row, cell_of(found, row)) for row in found.rows]
    logs = logs_cell(found)
    told = [f"{len([1 for _, each in cells if each.word == HOLDS])} of {len(cells)} claims hold"]
    by_words: dict[str, list[str]] = {}
    for row, each in cells:
        if each.word != HOLDS:
            by_words.setdefault(each.words, []).append(row)
    told += [f"{words} ({', '.join(rows)})" for words, rows in by_words.items()]
    own = (completed_cell(found), after_end_cell(found), logs)
    told += [each.words for each in own if each.word == "fails"]
    return "; ".join(told)
