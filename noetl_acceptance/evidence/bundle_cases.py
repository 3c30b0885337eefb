"""What of a run is reported to a tracker: each failure of the product, each recorded deviation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noetl_acceptance.evidence.judgements import Judgement
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.verdict.claims import case_name
from noetl_acceptance.verdict.known_deviations import Deviation


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to report.

    Args:
        name: the deviation's, or the scenario's.
        results: of the scenarios that show it.
        judgements: those that found it; none where a scenario failed by something else.
        deviation: None for a failure.
    """

    name: str
    results: tuple[ScenarioResult, ...]
    judgements: tuple[Judgement, ...]
    deviation: Deviation | None = None


def cases_of(
    found: Sequence[ScenarioResult],
    judged: Mapping[str, Sequence[Judgement]],
    deviations: Sequence[Deviation],
) -> list[Case]:
    """Return what is to be reported of a run, each deviation and each failed scenario once.

    Args:
        found: how the scenarios ended.
        judged: what they held against which check, by their location.
        deviations: all that are recorded.
    """
    cases = []
    for deviation in deviations:
        shown = tuple(result for result in found if deviation.name in result.deviations)
        if shown:
            about = tuple(
                judgement
                for result in shown
                for judgement in judged.get(result.location, ())
                if any(each.is_(it) for each in deviation.findings for it in judgement.findings)
            )
            cases.append(Case(deviation.name, shown, about, deviation))
    failed: dict[str, list[ScenarioResult]] = {}
    for result in found:
        if result.verdict == "product":
            failed.setdefault(case_name(result.scenario), []).append(result)
    for name, them in failed.items():
        judgements = (each for it in them for each in judged.get(it.location, ()) if each.findings)
        cases.append(Case(name, tuple(them), tuple(judgements)))
    return cases
