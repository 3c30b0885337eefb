"""What the releases that were tried say of a claim, and of each other: computed, never written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from noetl_acceptance.conformance.releases.core import PATTERN_FEATURES
from noetl_acceptance.conformance.releases.finding_words import words_of
from noetl_acceptance.conformance.releases.release_file import (
    SLOW_LATE,
    ExecutionOutcome,
    ReleaseFile,
    RowOutcome,
)
from noetl_acceptance.conformance.releases.release_outcome import (
    KILLED,
    PLAIN,
    SMOKE_ROW,
    TRACEBACK,
    kind_seen_late,
)
from noetl_acceptance.model.event_types import CANCELLED
from noetl_acceptance.model.wording import counted

LOGS = "logs"
"""What stands for the services' logs where else a claim's id stands."""

PATTERN = "pattern"
"""What stands for the documents' own pattern where else a claim's id stands."""

PATTERN_ROW = "pattern-"
"""What stands before the id of a claim that is about the documents' own pattern."""

COMPLETED = "completed"
"""What stands for what a status "completed" is worth where else a claim's id stands."""

AFTER_END = "after-end"
"""What stands for the quiet after an end where else a claim's id stands."""

KILLED_WORKER = "killed-worker"
"""What stands for the end of an execution with a killed worker where else a claim's id stands."""

WORKER_FAULTS, ENDS = "worker_faults", "P10"
"""The feature, and the claim of its scenario, that show whether an execution with a killed worker
ends."""

ENDS_OF_ALL = ("playbook.completed", "playbook.failed")
"""The events with which an execution ends by itself."""

HOLDS = "holds"
BROKEN = ("deviates", "fails")
JUDGED = (HOLDS, *BROKEN)
"""The words of cells that say something of a claim."""

NOT_JUDGED = "not judged"
NOT_RUN = "does not run"
UNKNOWN = "unknown"

KEEPS = "keeps the contract"
DEVIATES = "with recorded deviations"
PARTLY = "partly"
MISLEADING = "misleading"

CLASSES = {
    KEEPS: "every claim of the core set holds",
    DEVIATES: "every claim holds but for what is recorded of the release",
    PARTLY: "some claims hold, and some are broken",
    MISLEADING: "an execution with good answers says completed, and valid rows are missing",
    NOT_RUN: "it cannot be installed or started; or of the executions with good answers none "
    "completes, and none stores half of its rows",
    NOT_JUDGED: "the machine was too slow to tell, or its generation cannot read the playbooks",
}
"""The classes of releases, and what each means."""


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


def cell_of(found: ReleaseFile, row: str) -> Cell:
    """Return what a release says of a claim."""
    if found.hindrance in ("install", "start"):
        return Cell(NOT_RUN, NOT_RUN, found.reason)
    if found.hindrance:
        return Cell(NOT_JUDGED, NOT_JUDGED, found.reason)
    if row in OWN_LINES:
        return OWN_LINES[row](found)
    if row.startswith(PATTERN_ROW):
        return _pattern_row_cell(found, row.removeprefix(PATTERN_ROW))
    outcome = found.rows.get(row)
    if outcome is None:
        return Cell(UNKNOWN, UNKNOWN)
    lost = next((each.lost for each in found.executions if each.about == PLAIN and each.lost), "")
    return _broken_or_not(outcome, lost)


def _pattern_cell(found: ReleaseFile) -> Cell:
    """Return what becomes of the documents' own pattern, and whether that is told."""
    pattern = found.pattern
    if pattern is None:
        return Cell(UNKNOWN, UNKNOWN)
    cell = _broken_or_not(pattern.outcome, pattern.lost)
    completed = pattern.end == "playbook.completed" and pattern.lost and cell.word in BROKEN
    return cell._replace(words=f"completed, and {cell.words}") if completed else cell


def _pattern_row_cell(found: ReleaseFile, row: str) -> Cell:
    pattern = found.pattern
    if pattern is None or row not in pattern.rows:
        return Cell(UNKNOWN, UNKNOWN)
    return _broken_or_not(pattern.rows[row], pattern.lost)


def _broken_or_not(outcome: RowOutcome, lost: str) -> Cell:
    if outcome.verdict in (HOLDS, NOT_JUDGED):
        return Cell(outcome.verdict, outcome.verdict, outcome.said)
    return Cell(outcome.verdict, words_of(outcome.kinds or ("failed",), lost), outcome.said)


def _logs_cell(found: ReleaseFile) -> Cell:
    """Return whether a service has logged a traceback that no scenario announces.

    Where a scenario has failed by something else, what was logged meanwhile is not judged.
    """
    if not found.scenarios:
        return Cell(UNKNOWN, UNKNOWN)
    told = (
        each for each in found.scenarios if TRACEBACK in (*each.kinds, kind_seen_late(each.late))
    )
    if (first := next(told, None)) is not None:
        return Cell("fails", words_of((TRACEBACK,)), first.late or first.said)
    passed = all(each.verdict in ("passed", "deviates") for each in found.scenarios)
    return Cell(HOLDS, HOLDS) if passed else Cell(NOT_JUDGED, NOT_JUDGED)


def _completed_cell(found: ReleaseFile) -> Cell:
    """Return what it is worth that an execution with good answers says completed."""
    if not found.executions:
        return Cell(UNKNOWN, UNKNOWN)
    if not (completed := _completed(found)):
        return Cell(UNKNOWN, "none completes")
    outcome = found.rows.get(SMOKE_ROW)
    if outcome is not None and outcome.verdict == NOT_JUDGED:
        return Cell(NOT_JUDGED, NOT_JUDGED, outcome.said)
    lost = next((each for each in completed if each.lost), None)
    if lost is None:
        return Cell(HOLDS, HOLDS)
    said = f"{lost.workload}: {counted(lost.stored, 'row')} of {lost.expected} stored"
    return Cell("fails", f"completed, and {lost.lost}", said)


def _completed(found: ReleaseFile) -> list[ExecutionOutcome]:
    """Return the executions with good answers that say completed."""
    return [e for e in found.executions if e.about == PLAIN and e.end == "playbook.completed"]


def _killed_worker_cell(found: ReleaseFile) -> Cell:
    """Return whether an execution with a killed worker ends.

    Where it was not carried out so far that a worker was killed, nothing is said.
    """
    tried = [e for e in found.scenarios if e.feature == WORKER_FAULTS and ENDS in e.rows]
    if not tried:
        return Cell(UNKNOWN, UNKNOWN)
    ended = tried[0]
    told = ended.verdict in ("passed", "deviates") or (
        ended.verdict == "product" and ended.kinds != (SLOW_LATE,)
    )
    killed = [each for each in found.executions if each.about.endswith(KILLED)]
    if not told or not killed:
        return Cell(NOT_JUDGED, NOT_JUDGED, ended.said)
    if any(each.end not in (*ENDS_OF_ALL, CANCELLED) for each in killed):
        return Cell("fails", "hangs", ended.said)
    return Cell(HOLDS, HOLDS)


def _after_end_cell(found: ReleaseFile) -> Cell:
    """Return whether something goes on after the end of an execution that met no fault."""
    if not found.scenarios:
        return Cell(UNKNOWN, UNKNOWN)
    plain = [each for each in found.scenarios if each.feature in PATTERN_FEATURES]
    kinds = {each: kind_seen_late(each.late) for each in plain}
    late = next((each for each in plain if kinds[each] not in ("", TRACEBACK)), None)
    if late is not None:
        return Cell("fails", words_of((kinds[late],)), late.late)
    ended = any(each.end in ENDS_OF_ALL for each in found.executions if each.about == PLAIN)
    looked = any(each.verdict in ("passed", "deviates") for each in plain)  # at what stays quiet
    return Cell(HOLDS, HOLDS) if ended and looked else Cell(NOT_JUDGED, NOT_JUDGED)


OWN_LINES: Mapping[str, Callable[[ReleaseFile], Cell]] = {
    COMPLETED: _completed_cell,
    AFTER_END: _after_end_cell,
    KILLED_WORKER: _killed_worker_cell,
    LOGS: _logs_cell,
    PATTERN: _pattern_cell,
}
"""What has a line of its own on the page and is no claim of the contract."""


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
    completed = _completed(found)
    if _completed_cell(found).word == "fails":
        return MISLEADING
    if "fails" in {*said, _logs_cell(found).word, _after_end_cell(found).word}:
        half = any(2 * each.stored >= each.expected for each in plain)
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
    logs = _logs_cell(found)
    told = [f"{len([1 for _, each in cells if each.word == HOLDS])} of {len(cells)} claims hold"]
    by_words: dict[str, list[str]] = {}
    for row, each in cells:
        if each.word != HOLDS:
            by_words.setdefault(each.words, []).append(row)
    told += [f"{words} ({', '.join(rows)})" for words, rows in by_words.items()]
    told += [each.words for each in (logs, _after_end_cell(found)) if each.word == "fails"]
    return "; ".join(told)
