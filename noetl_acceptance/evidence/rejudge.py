"""Judging a recorded run again: the same checks, held against its records. No sandbox, no network.

An execution that was altered, or a check that was, shows as a verdict or a finding that differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from noetl_acceptance.checks.slowness import pace_of
from noetl_acceptance.errors import NotJudgedError, UsageError
from noetl_acceptance.evidence import results, store
from noetl_acceptance.evidence.figures import read_figures
from noetl_acceptance.evidence.judgements import (
    Judgement,
    Records,
    judge_again,
    read_judgements,
)
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.evidence.run_folders import require_run
from noetl_acceptance.evidence.run_verdict import verdict_words
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.verdict import exit_codes, policy
from noetl_acceptance.verdict.exit_codes import FAILED
from noetl_acceptance.verdict.found import verdict_of
from noetl_acceptance.verdict.known_deviations import (
    RecordedDeviations,
    load_deviations,
    releases_under_test,
)

_GONE_ON = ("skipped", "untested")
"""How a step ends that comes after one that failed."""


@dataclass(frozen=True)
class Replayed:
    """One scenario, judged again.

    Args:
        result: as it was recorded.
        verdict: as it is now; None where that cannot be said from the records.
        lines: the findings that count, what differs from the record, and what cannot be said.
        same: whether each check has found what it had.
    """

    result: ScenarioResult
    verdict: str | None
    lines: tuple[str, ...]
    same: bool

    @property
    def differs(self) -> bool:
        """Whether it ends otherwise than recorded, or by other findings."""
        return not self.same or self.verdict not in (None, self.result.verdict)


def judge_folder(folder: Path, say: Callable[[str], None]) -> int:
    """Judge a recorded run again and tell how each of its scenarios ends.

    Args:
        folder: of the run.
        say: prints a line.

    Returns:
        0 when each scenario ends as it is recorded and the run was green, else 1.

    Raises:
        UsageError: there is no such folder, nothing was judged in it, or it cannot be read.
    """
    require_run(folder)
    figures = read_figures(folder)
    judged = read_judgements(folder)
    found = results.read(folder)
    if not found or not any(judged.values()):
        raise UsageError(f"nothing was judged in {folder}", "give a run that has judged something")
    records: Records = {**store.read_executions(folder), **store.read_probes(folder)}
    releases = releases_under_test(figures.noetl, figures.cli)
    say(f"NoETL {figures.noetl}, sandbox {figures.sandbox}, recorded {figures.when}")
    ended = []
    for result in found:
        deviations = RecordedDeviations.of(
            result.scenario,
            releases,
            load_deviations(),
            shown=result.deviations,
            other_settings=bool(figures.settings),
        )
        judgements = judged.get(result.location, [])
        again = replay(result, judgements, records, deviations)
        ended.append(again)
        for line in _told(again):
            say(line)
    said = [replace(each.result, verdict=each.verdict) for each in ended if each.verdict]
    silent = sum(each.verdict is None for each in ended)
    differ = sum(each.differs for each in ended)
    words = [
        verdict_words(said),
        f"{silent} not to be judged from the records" if silent else "",
        f"{differ} not as recorded" if differ else "",
    ]
    say(f"judged again: {', '.join(filter(None, words))}")
    now = [replace(each.result, verdict=each.verdict or each.result.verdict) for each in ended]
    green = exit_codes.exit_code(each.verdict for each in now) in exit_codes.GREEN
    return 1 if differ or not green else 0


def _told(again: Replayed) -> Iterator[str]:
    recorded = again.result.verdict
    if again.verdict is None:
        how = "cannot be judged again"
    else:
        how = again.verdict
        how += ", as recorded" if again.verdict == recorded else f", recorded as {recorded}"
    yield f"{again.result.location} {again.result.scenario}: {how}".lstrip()
    yield from (f"  {line}" for line in again.lines)


def replay(
    result: ScenarioResult,
    judgements: Sequence[Judgement],
    records: Records,
    deviations: RecordedDeviations,
) -> Replayed:
    """Judge one scenario again.

    Args:
        result: how it ended.
        judgements: what it held against which check.
        records: the executions, as they are recorded now.
        deviations: those that it must show.

    Raises:
        UsageError: a record that it judged is not there, or a check.
    """
    again = [_again(judgement, records) for judgement in judgements]
    through = all(step.status not in _GONE_ON for step in result.steps)
    before = _verdict(judgements, records, deviations, through=through)
    now = _verdict(again, records, deviations, through=through)
    pairs = list(zip(judgements, again, strict=True))
    new = [each for old, later in pairs for each in _outcomes(later) if each not in _outcomes(old)]
    gone = [each for old, later in pairs for each in _outcomes(old) if each not in _outcomes(later)]
    lines = [
        *_findings(again, records, deviations, through=through),
        *(f"not recorded: {each}" for each in new if isinstance(each, Finding)),
        *(f"recorded, not found any more: {each}" for each in gone),
    ]
    same = not new and not gone
    if judgements and before in (result.verdict, *FAILED):
        return Replayed(result, now, tuple(lines), same)
    lines.append(_why_not(result, judgements))
    return Replayed(result, now if now in FAILED else None, tuple(lines), same)


def _why_not(result: ScenarioResult, judgements: Sequence[Judgement]) -> str:
    """Return why a scenario's end cannot be judged again."""
    by = "by something else than its checks" if judgements else "and no check was applied"
    reason = result.reason.strip().splitlines()
    return f"it ended as {result.verdict} {by}{f': {reason[0]}' if reason else ''}"


def _again(judgement: Judgement, records: Records) -> Judgement:
    """Return a judgement with what its check finds now."""
    ended: dict[str, object] = {"findings": (), "not_judged": "", "error": ""}
    try:
        ended["findings"] = tuple(judge_again(judgement, records))
    except NotJudgedError as reason:
        ended["not_judged"] = str(reason)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - a check that crashes is a verdict of its own
        ended["error"] = repr(error)
    return judgement.model_copy(update=ended)


def _verdict(
    judgements: Sequence[Judgement],
    records: Records,
    deviations: RecordedDeviations,
    *,
    through: bool,
) -> str:
    """Return how a scenario ends by its judgements, as environment.py has it.

    Args:
        judgements: in their order.
        records: the executions, as they are recorded now.
        deviations: those that the scenario must show.
        through: whether all of its steps ran; only then must they have shown.
    """
    shown = deviations.anew()
    for judgement in judgements:
        if findings := shown.unrecorded(judgement.findings):
            about = [records[each] for each in judgement.about]
            return verdict_of(findings, about, judgement.pace)
        if judgement.error:
            return "suite"
    about = [records[each] for judgement in judgements for each in judgement.about]
    return policy.of_passed(
        judged=True,  # where it is not, nothing is said of the verdict
        unseen=through and bool(shown.unseen()),
        deviates=bool(shown.shown()),
        not_judged=any(judgement.not_judged for judgement in judgements),
        pace=max([pace_of(about), *(judgement.pace for judgement in judgements)]),
    )


def _findings(
    judgements: Sequence[Judgement],
    records: Records,
    deviations: RecordedDeviations,
    *,
    through: bool,
) -> Iterator[str]:
    """Yield what the checks find, with what each holds; recorded findings and others."""
    shown = deviations.anew()
    # One reason may keep many checks from judging, and is told once.
    for reason in dict.fromkeys(each.not_judged for each in judgements if each.not_judged):
        yield f"not judged, because {reason}"
    for judgement in judgements:
        counted = shown.unrecorded(judgement.findings)
        known = [finding for finding in judgement.findings if finding not in counted]
        if judgement.error:
            yield f"the check {judgement.check} crashed: {judgement.error}"
        if judgement.findings:
            yield f"Expected: {judgement.promise}"
            yield from (f"  but: {records[each].label}" for each in judgement.about)
            yield from (f"       {finding}" for finding in counted)
            yield from (f"       {finding} - a recorded deviation" for finding in known)
    if through:
        yield from shown.unseen()
        yield from (f"differs from the record: {each}" for each in shown.differing())


def _outcomes(judgement: Judgement) -> list[Finding | str]:
    """Return all that a check has come to, for comparison."""
    other = (judgement.not_judged, judgement.error)
    return [*judgement.findings, *(words for words in other if words)]
