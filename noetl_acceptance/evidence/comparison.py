"""Two runs side by side: what is new, what is mended, and what has moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from noetl_acceptance.evidence.results import NOT_RUN, THE_RUN, Key, ScenarioResult
from noetl_acceptance.evidence.run_verdict import WORDS, why_of
from noetl_acceptance.model.wording import counted
from noetl_acceptance.verdict.exit_codes import FAILED

MOVED_SECONDS = 5.0
MOVED_FACTOR = 1.5
"""From how many seconds, and by which factor, a scenario's duration is told to have moved."""

MOST_MOVED = 10

_JUDGED = ("passed", "deviates", "product")
"""The verdicts of which a recorded deviation could have shown."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a run has that the one before it had not, and the other way round.

    Args:
        new: failures of scenarios that did not fail before, or not by the same party's fault, or
            were not there.
        still: failures that were failures before, by the same party's fault.
        mended: failures of the run before whose scenarios passed, or deviate as recorded.
        gone: failures of the run before whose scenarios were not run or not judged.
        unjudged: scenarios that passed before, or deviated as recorded, and were not judged now.
        absent: how many of those are not in the later run at all.
        came: the names of the recorded deviations that only the later run has shown, in scenarios
            that both have judged.
        left: those that only the earlier run has shown, likewise.
        moved: scenarios whose duration has moved, with the seconds before and after.
        shared: how many scenarios both runs hold.
        seconds: of these, before and after.
        ended: whether the later run came to its end: each scenario that it was asked for has run,
            nothing interrupted it, and everything that it was given could be used.
    """

    new: tuple[ScenarioResult, ...]
    still: tuple[ScenarioResult, ...]
    mended: tuple[ScenarioResult, ...]
    gone: tuple[ScenarioResult, ...]
    unjudged: tuple[ScenarioResult, ...]
    absent: int
    came: tuple[str, ...]
    left: tuple[str, ...]
    moved: tuple[tuple[ScenarioResult, float, float], ...]
    shared: int
    seconds: tuple[float, float]
    ended: bool


def compare(before: Sequence[ScenarioResult], after: Sequence[ScenarioResult]) -> Comparison:
    """Compare the results of two runs, the earlier one first."""
    earlier, later = _by_key(before), _by_key(after)
    failures = [_failures(before), _failures(after)]
    known = {(each.key, each.verdict) for each in failures[0]}
    failed = {each.key for each in failures[1]}
    fine_before, fine = _fine(before), _fine(after)
    both = [key for key in later if key in earlier]
    moved = [
        (later[key], earlier[key].seconds, later[key].seconds)
        for key in both
        if _has_moved(earlier[key].seconds, later[key].seconds)
    ]
    judged = _judged(before) & _judged(after)
    shown = [
        {name for each in run if each.key in judged for name in each.deviations}
        for run in (before, after)
    ]
    over = [each for each in failures[0] if each.key not in failed]
    return Comparison(
        new=tuple(each for each in failures[1] if (each.key, each.verdict) not in known),
        still=tuple(each for each in failures[1] if (each.key, each.verdict) in known),
        mended=tuple(each for each in over if each.key in fine),
        gone=tuple(each for each in over if each.key not in fine),
        unjudged=tuple(later[key] for key in both if key in fine_before - fine - failed),
        absent=sum(key not in later for key in fine_before),
        came=tuple(sorted(shown[1] - shown[0])),
        left=tuple(sorted(shown[0] - shown[1])),
        moved=tuple(sorted(moved, key=lambda each: -abs(each[2] - each[1]))),
        shared=sum(later[key].feature != THE_RUN for key in both),
        seconds=(
            sum(earlier[key].seconds for key in both),
            sum(later[key].seconds for key in both),
        ),
        ended=not any(
            each.verdict in ("interrupted", "usage") or each.reason in NOT_RUN for each in after
        ),
    )


def _by_key(results: Sequence[ScenarioResult]) -> dict[Key, ScenarioResult]:
    return {each.key: each for each in results}


def _failures(results: Sequence[ScenarioResult]) -> list[ScenarioResult]:
    """Return the failures, one for each place and each party at fault there."""
    failed = (each for each in results if each.verdict in FAILED)
    return list({(each.feature, each.scenario, each.verdict): each for each in failed}.values())


def _fine(results: Sequence[ScenarioResult]) -> set[Key]:
    """Return what passed, or deviates as recorded, without a failure of the same name."""
    fine = {each.key for each in results if each.verdict in ("passed", "deviates")}
    return fine - {each.key for each in _failures(results)}


def _judged(results: Sequence[ScenarioResult]) -> set[Key]:
    return {each.key for each in results if each.verdict in _JUDGED}


def _has_moved(before: float, after: float) -> bool:
    least, most = sorted((before, after))
    return most - least >= MOVED_SECONDS and most >= MOVED_FACTOR * least


def lines_of(found: Comparison) -> Iterator[str]:
    """Yield a comparison in lines: the new failures first, each with why."""
    for words, results in (
        ("new failures", found.new),
        ("failed before and still do", found.still),
        ("mended", found.mended),
        ("failed before, and were not judged now", found.gone),
        ("passed before, and were not judged now", found.unjudged),
    ):
        if results:
            yield f"{words}:"
            yield from (f"  {_told(each)}" for each in results)
    if found.absent:
        yield f"passed before, and not in the later run: {counted(found.absent, 'scenario')}"
    if found.came:
        yield f"recorded deviations that came: {', '.join(found.came)}"
    if found.left:
        yield f"recorded deviations that went: {', '.join(found.left)}"
    if found.moved:
        yield "durations that moved:"
        for result, before, after in found.moved[:MOST_MOVED]:
            yield f"  {result.scenario}: {before:.0f} s → {after:.0f} s"
    before, after = found.seconds
    yield f"scenarios of both runs: {before:.0f} s → {after:.0f} s"
    if not found.ended:
        yield "the later run did not come to its end"
    yield f"{len(found.new)} new, {len(found.still)} still failing, {len(found.mended)} mended"


def _told(result: ScenarioResult) -> str:
    place = result.scenario if result.feature == THE_RUN else f"{result.location} {result.scenario}"
    return f"{place}: {WORDS.get(result.verdict, result.verdict)}: {why_of(result)}"
