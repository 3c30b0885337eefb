"""Makes of a run of the core set what is kept of a release."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from noetl_acceptance.conformance.releases.core import PATTERN_FEATURES
from noetl_acceptance.conformance.releases.lost_rows import lost_in
from noetl_acceptance.conformance.releases.release_file import (
    SLOW_LATE,
    Durations,
    ExecutionOutcome,
    Hindrance,
    Pattern,
    ReleaseFile,
    RowOutcome,
    ScenarioOutcome,
)
from noetl_acceptance.conformance.releases.row_outcomes import (
    TRACEBACK,
    UNSHOWN,
    kept_in,
    row_outcomes,
    unjudged_in,
)
from noetl_acceptance.conformance.row_verdicts import Rules
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import read_figures
from noetl_acceptance.evidence.judgements import Judgement, kinds_in, read_judgements
from noetl_acceptance.evidence.neutral import neutral
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.evidence.run_folders import require_run
from noetl_acceptance.evidence.run_summary import words_for_places
from noetl_acceptance.evidence.run_verdict import why_of
from noetl_acceptance.evidence.store import read_executions
from noetl_acceptance.generations.editions import edition_for, unread_by
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import Credential
from noetl_acceptance.profile_api.rules import GOOD_KINDS
from noetl_acceptance.support.clocks import is_step
from noetl_acceptance.support.polling import tells_missed_deadline, tells_starved
from noetl_acceptance.verdict.claims import case_name

PLAIN = "plain"
"""What an execution is called about which nothing is special."""

KILLED = " killed"
"""How what an execution is about ends where a service was killed."""

SMOKE, SMOKE_ROW = 200, "C24"
"""How many travelers the smoke test has, and the claim about them."""

STARVED_WORDS = "on a starved machine"
"""What is said before a finding that is nobody's."""

SHOWN = 300
"""The most characters of a reason that are kept."""

_SLOW = "slow machine, pace"
_UNSHOWN = "recorded deviation"
_NOT_UP = re.compile(r"NoETL's API answering|subscribed to NATS")
"""What a sandbox waited for in vain where NoETL's services run and are not ready."""

_AFTER = ("-after-end", "-past-end")
"""How the kinds end that say what goes on after the end of an execution."""

_FINDING = re.compile(r"([a-z]+(?:-[a-z]+)*): ")
"""How a finding begins that was told after the verdict, by what no check of a scenario had seen."""

_HANGS = "nothing moves any more"
_REFUSED = "was refused:"
_REGISTRATION = "POST /api/catalog/register was refused:"


def outcome_of(run: Path, asked: str, rules: Rules) -> ReleaseFile:
    """Return what a run of the core set says of its release.

    What tells how it was installed is left to the caller.

    Args:
        run: its folder.
        asked: what ``-D noetl=`` was.
        rules: the claims that each recorded deviation is about.

    Raises:
        UsageError: the folder is none of a run that came to its end.
        SandboxError: its sandbox did not come up, and not for want of NoETL.
    """
    require_run(run)
    figures, found = read_figures(run), results.read(run)
    judged, places = read_judgements(run), words_for_places(figures, run)
    scenarios = [
        scenario_outcome(result, judged.get(result.location, ()), places)
        for result in found
        if result.feature != results.THE_RUN
    ]
    hindrance, reason = hindrance_in(found, up=bool(figures.noetl))
    if not hindrance and (unread := unread_by(asked)):
        hindrance, reason = "pair", unread
    reason = _in_a_line(reason, places)
    release = figures.noetl or asked
    records = read_executions(run).values()
    # What the times of the others say is not known.
    steady = [each for each in records if not is_step(each.clock_moved)]
    return ReleaseFile(
        release=release,
        asked=asked,
        edition=edition_for(release).name,
        pair=figures.pair,
        when=figures.when,
        commit=figures.commit,
        hindrance=hindrance,
        reason=reason,
        rows=row_outcomes(scenarios, rules),
        scenarios=tuple(scenarios),
        executions=tuple(map(execution_outcome, steady)),
        seconds=Durations(ready=round(figures.ready, 1), run=round(figures.wall, 1)),
    )


def pattern_of(found: ReleaseFile, edition: str) -> Pattern:
    """Return what a release says of the documents' own pattern.

    Args:
        found: of a run with a pair in that pattern.
        edition: of the pair.
    """
    plain = [each for each in found.executions if each.about == PLAIN and each.expected == SMOKE]
    told = plain[-1:]
    unknown = RowOutcome(verdict="not judged", said=found.reason)
    shown = {row for e in found.scenarios if e.feature in PATTERN_FEATURES for row in e.rows}
    return Pattern(
        edition=edition,
        outcome=found.rows.get(SMOKE_ROW, unknown),
        rows={row: outcome for row, outcome in found.rows.items() if row in shown},
        end=told[0].end if told else "",
        stored=told[0].stored if told else 0,
        lost=told[0].lost if told else "",
    )


def scenario_outcome(
    result: ScenarioResult, judgements: Sequence[Judgement], places: Mapping[str, str]
) -> ScenarioOutcome:
    """Return how one scenario ended.

    Args:
        result: its own.
        judgements: what its checks found.
        places: the words for folders of this machine, by their paths.
    """
    kinds = kinds_in(judgements)
    late = result.reason.strip() if result.verdict == "product" else ""
    late = _in_a_line(late, places) if kind_seen_late(late) else ""
    if not kinds and not late and result.verdict == "product":
        kinds = (_kind_of(result.reason),)
    first = next((str(found) for each in judgements for found in each.findings), "")
    if first and result.verdict == "sandbox":  # the policy blames it for time alone
        first = f"{STARVED_WORDS}: {first}"
    return ScenarioOutcome(
        feature=Path(result.location.rpartition(":")[0]).stem,
        scenario=case_name(result.scenario),
        rows=result.rows,
        verdict=result.verdict,
        kinds=kinds,
        deviations=result.deviations,
        said="" if result.verdict == "passed" else _in_a_line(first or why_of(result), places),
        late=late,
        kept=kept_in(judgements, result.rows) if kinds else (),
        unjudged=unjudged_in(judgements, result.rows),
        seconds=round(result.seconds, 1),
    )


def _in_a_line(text: str, places: Mapping[str, str]) -> str:
    """Return the first line of what was found, without folders of this machine."""
    return neutral(text.partition("\n")[0], places)[:SHOWN]


def _kind_of(reason: str) -> str:
    if _UNSHOWN in reason:
        return UNSHOWN
    if _HANGS in reason:
        return "hangs"
    if tells_missed_deadline(reason):
        return SLOW_LATE if _SLOW in reason else "late"
    if _REFUSED in reason:
        return "refused"
    found = _FINDING.match(reason.strip())
    return found[1] if found else "failed"


def kind_seen_late(reason: str) -> str:
    """Return the kind of a finding by which a scenario has failed that had passed; else nothing."""
    found = _FINDING.match(reason)
    return found[1] if found and (found[1] == TRACEBACK or found[1].endswith(_AFTER)) else ""


def hindrance_in(found: Sequence[ScenarioResult], *, up: bool) -> tuple[Hindrance, str]:
    """Return why nothing is said of a release, and in which words; empty where something is.

    Args:
        found: the results of its run.
        up: whether a sandbox with it came up.

    Raises:
        SandboxError: none did, for a reason that is not the release's.
    """
    blamed = [each for each in found if each.verdict in ("product", "sandbox", "suite")]
    if not up:
        reason = next((why_of(each) for each in blamed), "the sandbox did not come up")
        starved = any(tells_starved(each.reason) or _SLOW in each.reason for each in blamed)
        ended = any(each.verdict == "product" for each in blamed)
        if not starved and not ended and not _NOT_UP.search(reason):
            raise SandboxError(f"the sandbox did not come up: {reason}", "try the release again")
        return ("starved" if starved else "start"), reason
    refused = [each.reason for each in blamed if _REGISTRATION in each.reason]
    if refused and len(refused) == len([e for e in found if e.feature != results.THE_RUN]):
        return "pair", why_of(blamed[0])
    return "", ""


def execution_outcome(record: ExecutionRecord) -> ExecutionOutcome:
    """Return what became of an execution."""
    return ExecutionOutcome(
        about=_about(record),
        workload=str(record.workload),
        end=record.end,
        expected=record.workload.expected_rows,
        stored=len(record.outcome.stored),
        missing=len(record.missing_ids),
        lost=lost_in(record, all_good=_about(record) == PLAIN),
        calls=len(record.outcome.calls),
        seconds=round(record.ended_at - record.started_at, 1),
        pace=round(record.pace, 1),
    )


def _about(record: ExecutionRecord) -> str:
    request = record.request
    if request.fault is not None:
        return f"fault: {request.fault.victim} {request.fault.action}"
    if request.repeats is not None:
        return "after a fault"
    if request.credential != Credential():
        return "missing credential"
    if any(rule.kind not in GOOD_KINDS for rule in request.rules):
        return "bad answers"
    return PLAIN
