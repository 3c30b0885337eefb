"""Whose failure it is what a check found, as far as the records that it judged tell."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.checks import log_findings
from noetl_acceptance.checks.own_api import answered_late, own_traceback
from noetl_acceptance.checks.redelivery import claimed_again
from noetl_acceptance.checks.slowness import failed_pace_of, pace_of
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.model.event_types import ENDINGS
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.noetl.log_parser import headline
from noetl_acceptance.support.polling import REMEDY, StarvedError, told_starved
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.exit_codes import Verdict


def verdict_of(
    findings: Sequence[Finding], subjects: Sequence[object], pace: float = 1.0
) -> Verdict:
    """Return whose failure findings are; there is at least one.

    Args:
        findings: of one check; those of recorded deviations are left out.
        subjects: what it was held against.
        pace: of the scenario; that of the records among the subjects counts where it is worse.
    """
    pace, failed_pace = max(pace, pace_of(subjects)), failed_pace_of(subjects)
    if any(isinstance(each, ProbeRecord) and each.end != ENDINGS[0] for each in subjects):
        failed_pace = pace
    return policy.of_findings(
        findings,
        pace,
        failed_pace,
        own_traceback=own_traceback(subjects) is not None,
        answered_late=answered_late(subjects),
        claimed_again=claimed_again(subjects),
    )


def error_of(
    findings: Sequence[Finding], words: str, subjects: Sequence[object], pace: float = 1.0
) -> Exception:
    """Return the error to end a step by, by whose failure findings are.

    Args:
        findings: as ``verdict_of`` takes them, and so on.
        words: the findings, for the message.
        subjects: what the check was held against.
        pace: of the scenario.
    """
    verdict = verdict_of(findings, subjects, pace)
    if policy.tells_of_services(findings):
        return policy.failure(verdict, words)
    if verdict == "sandbox":
        return StarvedError(told_starved(max(pace, pace_of(subjects))), REMEDY, words)
    own = own_traceback(subjects)
    told = any(each.kind == log_findings.OWN_TRACEBACK for each in findings)
    if verdict == "suite" and own is not None and not told:
        cause = f"the suite's own {own.service} failed meanwhile: {headline(own.text)[:200]}"
        return SuiteError(cause, f"see logs/{own.service}.log in the run's folder", words)
    return policy.failure(verdict, words)
