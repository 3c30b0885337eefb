"""What a record says of a row of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from noetl_acceptance.conformance.release_results import Record, RecordedScenario
from noetl_acceptance.conformance.scenarios import Scenario
from noetl_acceptance.verdict.exit_codes import FAILED
from noetl_acceptance.verdict.known_deviations import Deviation

HOLDS, DEVIATES, FAILS = "holds", "deviates (recorded)", "fails"
NOT_JUDGED, UNKNOWN = "not judged", "–"

Rules = Mapping[str, tuple[str, ...]]
"""The rows that each deviation is about, by the deviation's name."""


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What one record says of one row; ``deviations`` names those that stand against it."""

    word: str
    deviations: tuple[str, ...] = ()


def row_verdict(
    row: str, scenarios: Sequence[Scenario], record: Record, rules: Rules
) -> RowVerdict:
    """Return what a record says of a row: the worst that one of its scenarios says.

    A scenario that deviates does so for the row that its deviation is about; its other rows hold.
    A scenario outside the default set counts only where the record has it.

    Args:
        row: its id.
        scenarios: those of the features.
        record: of one run.
        rules: the row that each recorded deviation is about.
    """
    ended = {(each.feature, each.scenario): each for each in record.scenarios}
    words: set[str] = set()
    deviations: dict[str, None] = {}
    for scenario in scenarios:
        if row not in scenario.rows:
            continue
        for case in scenario.cases:
            found = ended.get((scenario.feature, case))
            if found is None and case not in scenario.default_cases:
                continue
            said = _of_scenario(row, found, rules)
            words.add(said.word)
            deviations |= dict.fromkeys(said.deviations)
    worst = next((w for w in (FAILS, DEVIATES, UNKNOWN, NOT_JUDGED, HOLDS) if w in words), UNKNOWN)
    return RowVerdict(worst, tuple(deviations) if worst == DEVIATES else ())


def _of_scenario(row: str, ended: RecordedScenario | None, rules: Rules) -> RowVerdict:
    if ended is None:
        return RowVerdict(UNKNOWN)
    if ended.verdict in FAILED:
        return RowVerdict(FAILS)
    if ended.verdict == "skipped":
        return RowVerdict(NOT_JUDGED)
    against = tuple(name for name in ended.deviations if row in rules[name])
    return RowVerdict(DEVIATES, against) if against else RowVerdict(HOLDS)


def rules_of(deviations: Iterable[Deviation]) -> Rules:
    """Return the rows that each deviation is about, by the deviation's name."""
    return {deviation.name: deviation.rules for deviation in deviations}


def record_faults(records: Sequence[Record], deviations: Iterable[Deviation]) -> list[str]:
    """Return, in one line each, the deviations in records that are not recorded as such."""
    rules = rules_of(deviations)
    return [
        f"{record.name}: no deviation {name!r} is recorded; run again and record it"
        for record in records
        for ended in record.scenarios
        for name in ended.deviations
        if name not in rules
    ]
