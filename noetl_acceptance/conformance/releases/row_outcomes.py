"""What the scenarios of a release say of each claim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from noetl_acceptance.checks import log_findings
from noetl_acceptance.conformance.releases.release_file import (
    SLOW_LATE,
    RowOutcome,
    ScenarioOutcome,
    Word,
)
from noetl_acceptance.conformance.row_verdicts import Rules
from noetl_acceptance.evidence.judgements import Judgement

TRACEBACK = log_findings.TRACEBACK
"""The kind of a failure that is only what a service has logged."""

UNSHOWN = "deviation-not-shown"
"""The kind of a failure that is only that what is recorded of a release did not happen."""

HUNG = frozenset({"hangs", "not-ended"})
"""The kinds of a failure that is only that an execution does not end."""

_CLAIM = re.compile(r"\b[CP]\d+\b")
"""The id of a claim in a promise."""


def kept_in(judgements: Iterable[Judgement], rows: Sequence[str]) -> tuple[str, ...]:
    """Return the claims of a scenario that its checks speak of and have found nothing against.

    A step that fails ends its scenario, so a claim of a later step is not among them.

    Args:
        judgements: of the scenario; a promise names its claims in brackets: ``(C08, C09)``.
        rows: the scenario's claims.
    """
    clean: dict[str, bool] = {}
    for each in judgements:
        nothing = not (each.findings or each.not_judged or each.error)
        for row in _CLAIM.findall(each.promise):
            clean[row] = clean.get(row, True) and nothing
    return tuple(row for row in rows if clean.get(row, False))


def unjudged_in(judgements: Iterable[Judgement], rows: Sequence[str]) -> tuple[str, ...]:
    """Return the claims of a scenario of which a check could not be applied."""
    promises = (each.promise for each in judgements if each.not_judged)
    unjudged = {row for promise in promises for row in _CLAIM.findall(promise)}
    return tuple(row for row in rows if row in unjudged)


def row_outcomes(scenarios: Iterable[ScenarioOutcome], rules: Rules) -> dict[str, RowOutcome]:
    """Return what the scenarios say of each claim: the worst that one of them says.

    Args:
        scenarios: of the core set, as they ended.
        rules: the claims that each recorded deviation is about; others of its scenario hold.
    """
    said: dict[str, list[RowOutcome]] = {}
    for each in scenarios:
        for row in each.rows:
            said.setdefault(row, []).append(_of_scenario(row, each, rules))
    order: tuple[Word, ...] = ("fails", "deviates", "not judged", "holds")
    worst = {row: next(w for w in order if any(w == o.verdict for o in said[row])) for row in said}
    return {
        row: _worst([each for each in said[row] if each.verdict == worst[row]])
        for row in sorted(said, key=lambda row: (row[0], int(row[1:])))
    }


def _worst(alike: Sequence[RowOutcome]) -> RowOutcome:
    kinds = dict.fromkeys(kind for each in alike for kind in each.kinds)
    said = next((each.said for each in alike if each.said), "")
    return RowOutcome(verdict=alike[0].verdict, kinds=tuple(kinds), said=said)


def _of_scenario(row: str, ended: ScenarioOutcome, rules: Rules) -> RowOutcome:
    # An execution that hangs breaks each claim that it was to show, and no check has to say so.
    hung = bool(ended.kinds) and HUNG.issuperset(ended.kinds)
    told = ended.verdict in ("passed", "deviates", "product")
    if not told or ended.kinds == (SLOW_LATE,) or (row in ended.unjudged and not hung):
        return RowOutcome(verdict="not judged", said=ended.said)
    if ended.verdict == "passed" or row in ended.kept:
        return RowOutcome(verdict="holds")
    if ended.kinds in ((UNSHOWN,), (TRACEBACK,)) or (ended.late and not ended.kinds):
        return RowOutcome(verdict="holds", said=ended.said)  # what it is has a line of its own
    if ended.verdict == "product" and not ended.late:
        return RowOutcome(verdict="fails", kinds=ended.kinds, said=ended.said)
    # What was found before it was seen late was recorded, else the scenario had failed then.
    recorded = any(row in rules.get(name, ()) for name in ended.deviations)
    if ended.late or recorded or row in ended.unjudged:
        return RowOutcome(verdict="deviates", kinds=ended.kinds, said=ended.said)
    return RowOutcome(verdict="holds")
