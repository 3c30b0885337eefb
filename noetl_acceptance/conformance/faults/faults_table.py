"""The tables of docs/faults.md: each fault in a line, with what each recorded NoETL did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from noetl_acceptance.conformance.contract_page import anchor
from noetl_acceptance.conformance.faults.fault_outcomes import (
    CLASSES,
    KEPT,
    TOLD,
    classes_of,
)
from noetl_acceptance.conformance.markdown import cell, table
from noetl_acceptance.conformance.release_results import Record, RecordedScenario
from noetl_acceptance.conformance.row_verdicts import FAILS, NOT_JUDGED, UNKNOWN
from noetl_acceptance.conformance.scenarios import Scenario
from noetl_acceptance.verdict.exit_codes import FAILED
from noetl_acceptance.verdict.known_deviations import Deviation, releases_under_test

BY_CHANCE = "*"
"""Stands behind a word where chance decides."""

_AFTER = re.compile(r"^After ")
_PAST = {"was": "is", "were": "are"}


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault with its scenarios: the execution that met it, and what came after it.

    Args:
        feature: the feature file's name without its ending.
        name: of the first scenario.
        cases: the names of both, or of the one that there is.
    """

    feature: str
    name: str
    cases: tuple[str, ...]


def fault_lines(scenarios: Iterable[Scenario]) -> list[FaultLine]:
    """Return the faults in the order of the features; a scenario *After …* goes with its fault."""
    found: dict[tuple[str, frozenset[str]], list[str]] = {}
    for scenario in scenarios:
        for case in scenario.cases:
            found.setdefault((scenario.feature, _parts(case)), []).append(case)
    return [FaultLine(feature, cases[0], tuple(cases)) for (feature, _), cases in found.items()]


def _parts(case: str) -> frozenset[str]:
    """Return what two scenarios of one fault have in common, however their words stand."""
    present = re.sub(r"\b(was|were)\b", lambda word: _PAST[word[1]], _AFTER.sub("", case))
    return frozenset(part.strip().lower() for part in present.split(","))


def with_faults(lines: Sequence[FaultLine], records: Iterable[Record]) -> list[Record]:
    """Return the records that tell of a fault."""
    features = {each.feature for each in lines}
    return [
        record for record in records if any(ended.feature in features for ended in record.scenarios)
    ]


def outcome_tables(
    lines: Sequence[FaultLine], records: Sequence[Record], deviations: Sequence[Deviation]
) -> str:
    """Return a table for each feature.

    Args:
        lines: the faults.
        records: those that have a column.
        deviations: all that are recorded.
    """
    head = ("fault", *(f"{record.release} {record.sandbox}" for record in records))
    told = [_Told(record, deviations) for record in records]
    parts = []
    for feature in dict.fromkeys(each.feature for each in lines):
        rows = [
            (cell(line.name), *(each.of(line) for each in told))
            for line in lines
            if line.feature == feature
        ]
        parts += [f"### [{feature}](../features/{feature}.feature)\n", table(head, rows), ""]
    return "\n".join(parts)


def summary_table(
    lines: Sequence[FaultLine], records: Sequence[Record], deviations: Sequence[Deviation]
) -> str:
    """Return how many faults each recorded NoETL stood, and what became of the others.

    Each fault counts once, by the worst that was seen of it.
    """
    words = [KEPT, TOLD, *(each.word for each in CLASSES), FAILS, NOT_JUDGED, UNKNOWN]
    told = [_Told(record, deviations) for record in records]
    worst = [Counter(each.worst(line) for line in lines) for each in told]
    rows = [(word, *(str(each[word] or "") for each in worst)) for word in words]
    head = ("of the faults", *(f"{record.release} {record.sandbox}" for record in records))
    return table(head, [row for row in rows if any(row[1:])])


class _Told:
    """What one record tells.

    Args:
        record: it.
        deviations: all that are recorded.
    """

    def __init__(self, record: Record, deviations: Sequence[Deviation]) -> None:
        self._ended = {(each.feature, each.scenario): each for each in record.scenarios}
        releases = releases_under_test(record.release, record.cli)
        held = [each for each in deviations if each.holds_for(releases)]
        self._held = {each.name: each for each in held}

    def of(self, line: FaultLine) -> str:
        """Return what a cell says: of the execution, and of what came after it."""
        return " / ".join(self._shown(line.feature, case) for case in line.cases)

    def worst(self, line: FaultLine) -> str:
        """Return the worst word of a fault; that it failed or is unknown comes before."""
        words = [word for case in line.cases for word in self._words(line.feature, case)]
        order = [FAILS, UNKNOWN, NOT_JUDGED, *(each.word for each in CLASSES), TOLD, KEPT]
        return min(words, key=order.index)

    def _shown(self, feature: str, case: str) -> str:
        words = self._words(feature, case)
        ended = self._ended.get((feature, case))
        if ended is None or ended.verdict in FAILED:
            return ", ".join(words)
        told = ", ".join(self._word_shown(word, ended) for word in words)
        return f"{told} ({cell(ended.lost)})" if ended.lost else told

    def _word_shown(self, word: str, ended: RecordedScenario) -> str:
        """Return a word, with a link to what explains it, and a star where chance decides."""
        if word == NOT_JUDGED:
            return f"[{word}](contract.md#not-judged)"
        shown = [self._held[name] for name in ended.deviations if name in self._held]
        why = [each for each in shown if word in classes_of([f.kind for f in each.findings])]
        if why:
            certain = next((each for each in why if not each.chance), None)
            star = "" if certain else BY_CHANCE
            return f"[{word}](#{anchor((certain or why[0]).name)}){star}"
        chances = (each for each in self._held.values() if each.chance)
        may = next((each for each in chances if ended.scenario in each.scenarios), None)
        return f"{word}[{BY_CHANCE}](#{anchor(may.name)})" if may else word

    def _words(self, feature: str, case: str) -> Sequence[str]:
        ended = self._ended.get((feature, case))
        if ended is None:
            return (UNKNOWN,)
        return _words_of(ended)


def _words_of(ended: RecordedScenario) -> Sequence[str]:
    if ended.verdict in FAILED:
        return (FAILS,)
    if ended.verdict == "skipped":
        return (NOT_JUDGED,)
    return classes_of(ended.kinds) or ((TOLD,) if ended.lost else (KEPT,))
