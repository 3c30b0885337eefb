"""The lines of the page that are no claims of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from noetl_acceptance.conformance.releases.cells import (
    BROKEN,
    HOLDS,
    NOT_JUDGED,
    UNKNOWN,
    Cell,
    cell_of_outcome,
    shown_by_rows,
)
from noetl_acceptance.conformance.releases.core import PATTERN_FEATURES
from noetl_acceptance.conformance.releases.finding_words import words_of
from noetl_acceptance.conformance.releases.release_file import (
    SLOW_LATE,
    ExecutionOutcome,
    ReleaseFile,
)
from noetl_acceptance.conformance.releases.release_outcome import (
    KILLED,
    PLAIN,
    SMOKE,
    SMOKE_ROW,
    kind_seen_late,
)
from noetl_acceptance.conformance.releases.row_outcomes import TRACEBACK
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


HANGS_ANYWAY = "executions without a fault hang as well"


def _pattern_cell(found: ReleaseFile) -> Cell:
    """Return what becomes of the documents' own pattern, and whether that is told."""
    pattern = found.pattern
    if pattern is None:
        return Cell(UNKNOWN, UNKNOWN)
    cell = cell_of_outcome(pattern.outcome, pattern.lost)
    completed = pattern.end == "playbook.completed" and pattern.lost and cell.word in BROKEN
    return cell._replace(words=f"completed, and {cell.words}") if completed else cell


def pattern_row_cell(found: ReleaseFile, row: str) -> Cell:
    """Return what a release says of a claim with the documents' own pattern."""
    pattern = found.pattern
    if pattern is None or row not in pattern.rows:
        return Cell(UNKNOWN, UNKNOWN)
    cell = cell_of_outcome(pattern.rows[row], pattern.lost)
    return shown_by_rows(row, cell, pattern.lost)


def logs_cell(found: ReleaseFile) -> Cell:
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


def completed_cell(found: ReleaseFile) -> Cell:
    """Return what it is worth that an execution with good answers says completed."""
    if not found.executions:
        return Cell(UNKNOWN, UNKNOWN)
    if not (completed := completed_ones(found)):
        return Cell(UNKNOWN, "none completes")
    outcome = found.rows.get(SMOKE_ROW)
    if outcome is not None and outcome.verdict == NOT_JUDGED:
        return Cell(NOT_JUDGED, NOT_JUDGED, outcome.said)
    lost = next((each for each in completed if each.lost), None)
    if lost is None:
        return Cell(HOLDS, HOLDS)
    said = f"{lost.workload}: {counted(lost.stored, 'row')} of {lost.expected} stored"
    which = "" if lost.expected == SMOKE else f" ({lost.workload})"
    return Cell("fails", f"completed, and {lost.lost}{which}", said)


def hangs_anyway(found: ReleaseFile) -> bool:
    """Whether no execution with good answers ends: then a fault shows nothing."""
    plain = [each for each in found.executions if each.about == PLAIN]
    return bool(plain) and all(each.end not in (*ENDS_OF_ALL, CANCELLED) for each in plain)


def completed_ones(found: ReleaseFile) -> list[ExecutionOutcome]:
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
    if hangs_anyway(found):
        return Cell(NOT_JUDGED, NOT_JUDGED, HANGS_ANYWAY)
    if not told or not killed or ENDS in ended.unjudged:
        return Cell(NOT_JUDGED, NOT_JUDGED, ended.said)
    if any(each.end not in (*ENDS_OF_ALL, CANCELLED) for each in killed):
        return Cell("fails", "hangs", ended.said)
    return Cell(HOLDS, HOLDS)


def after_end_cell(found: ReleaseFile) -> Cell:
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
    COMPLETED: completed_cell,
    AFTER_END: after_end_cell,
    KILLED_WORKER: _killed_worker_cell,
    LOGS: logs_cell,
    PATTERN: _pattern_cell,
}
"""What has a line of its own on the page and is no claim of the contract."""
