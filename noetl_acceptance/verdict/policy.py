"""Decides whose failure something is, in one place.

The live verdict, JUnit, the report, the exit code and ``judge`` all ask here. The rules are data:
``docs/verdicts.md`` is generated from them.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from noetl_acceptance.checks import log_findings
from noetl_acceptance.checks.command_line import COMMAND_FAILED
from noetl_acceptance.checks.redelivery import AGAIN
from noetl_acceptance.checks.slowness import TIMED
from noetl_acceptance.errors import NotJudgedError, SandboxError, SuiteError, UsageError
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict.exit_codes import Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy; the first rule of its list that applies decides.

    Args:
        seen: what was seen, in words for ``docs/verdicts.md``.
        verdict: whose it is.
        errors: the types of the error that ended a step, or the run.
        numbers: of the operating system's errors, where not all of the type are meant.
        kinds: the kinds of finding.
        starved: whether it applies only where the services waited for the machine.
        failed: whether it applies only to what is about an execution that did not complete.
        some: whether one finding of its kinds is enough, whatever else was found.
        own_traceback: whether it applies only where a service of the suite's own has logged a
            traceback during the execution.
        answered_late: whether it applies only where the profile API was late with an answer.
        claimed_again: whether it applies only where a command was claimed more than once.
    """

    seen: str
    verdict: Verdict
    errors: tuple[type[BaseException], ...] = ()
    numbers: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()
    starved: bool = False
    failed: bool = False
    some: bool = False
    own_traceback: bool = False
    answered_late: bool = False
    claimed_again: bool = False


ERRORS = (
    Rule("a signal ends the run (Ctrl-C, TERM, HUP)", "interrupted", (KeyboardInterrupt,)),
    Rule("an option, an argument, a file or a tool is wrong or missing", "usage", (UsageError,)),
    Rule(
        "a check cannot be applied to this pair or at this sandbox",
        "skipped",
        (NotJudgedError,),
    ),
    Rule(
        "Postgres, NATS or the engine broke, or a machine too slow to tell",
        "sandbox",
        (SandboxError, psycopg.OperationalError, psycopg.InterfaceError),
    ),
    Rule(
        "the disk is full, or a quota of it is used up, while the suite writes",
        "sandbox",
        (OSError,),
        numbers=frozenset({errno.ENOSPC, errno.EDQUOT}),
    ),
    Rule(
        "NoETL or the pair did otherwise than a step says, in a step",
        "product",
        (AssertionError,),
    ),
    Rule("anything else that is raised, and whatever a hook or a clean-up raises", "suite"),
)
"""By the error that ended a step; outside of steps an AssertionError is the suite's as well."""

SERVICES = (
    Rule(
        "a service of NoETL ended by itself: an exit of its own, SEGV, ABRT, the sandbox's own "
        "limit of memory",
        "product",
        kinds=frozenset({log_findings.CRASH}),
    ),
    Rule(
        "Postgres, NATS or the engine ended, was frozen or was started anew; or the disk is full",
        "sandbox",
        kinds=frozenset({log_findings.CHANGE}),
    ),
    Rule(
        "the profile API ended, was frozen or was started anew",
        "suite",
        kinds=frozenset({log_findings.OWN_CHANGE}),
    ),
    Rule(
        "a service of NoETL was ended or frozen by a signal of somebody else's (KILL, TERM, STOP) "
        "or by the host's lack of memory; or it ended with exit code 0, as one does that is asked "
        "to; or nobody saw how it ended",
        "skipped",
        kinds=frozenset({log_findings.INTERFERENCE}),
    ),
)
"""By what became of a service: the first service that went is the cause, whatever followed."""

FINDINGS = (
    Rule(
        "a traceback in the profile API's log, whatever else was found",
        "suite",
        kinds=frozenset({log_findings.OWN_TRACEBACK}),
        some=True,
    ),
    Rule(
        "findings that only tell of slowness, or of a command that failed, or a traceback that "
        "NoETL logs, while the services waited for the machine",
        "sandbox",
        kinds=TIMED | {COMMAND_FAILED, log_findings.TRACEBACK},
        starved=True,
    ),
    Rule(
        "findings about an execution that failed or did not end, while the services waited for the "
        "machine",
        "sandbox",
        starved=True,
        failed=True,
    ),
    Rule(
        "findings about an execution during which the profile API, or another service of the "
        "suite's own, has logged a traceback",
        "suite",
        own_traceback=True,
    ),
    Rule(
        "findings about an execution of which the profile API answered a call later than its rules "
        "ask for, or too late, while the services waited for the machine",
        "sandbox",
        starved=True,
        answered_late=True,
    ),
    Rule(
        "findings that something was done again, about an execution of which a command was claimed "
        "more than once, while the services waited for the machine",
        "sandbox",
        kinds=AGAIN,
        starved=True,
        claimed_again=True,
    ),
    Rule("any other finding that no recorded deviation has", "product"),
)
"""By what checks found; a rule applies where all findings are of its kinds, unless it says so."""


def of_error(error: BaseException, *, in_step: bool = True) -> Verdict:
    """Return whose failure an error is.

    Args:
        error: what was raised.
        in_step: whether a step raised it; what hooks and clean-ups raise is never the product's.
    """
    verdict = next(rule.verdict for rule in ERRORS if _is_of(error, rule))
    return "suite" if verdict == "product" and not in_step else verdict


def _is_of(error: BaseException, rule: Rule) -> bool:
    if rule.numbers and getattr(error, "errno", None) not in rule.numbers:
        return False
    return not rule.errors or isinstance(error, rule.errors)


def of_findings(
    findings: Sequence[Finding],
    pace: float = 1.0,
    failed_pace: float = 1.0,
    *,
    own_traceback: bool = False,
    answered_late: bool = False,
    claimed_again: bool = False,
) -> Verdict:
    """Return whose failure findings are; there is at least one.

    Args:
        findings: of one check; those of recorded deviations are left out.
        pace: of the execution that they are about (``ExecutionRecord.pace``).
        failed_pace: likewise, of those that did not complete.
        own_traceback: whether a service of the suite's own has logged a traceback meanwhile.
        answered_late: whether the profile API was late with an answer.
        claimed_again: whether a command was claimed more than once.
    """
    for finding in findings:  # in the order in which the services went
        for rule in SERVICES:
            if finding.kind in rule.kinds:
                return rule.verdict
    kinds = {finding.kind for finding in findings}
    for rule in FINDINGS:
        measured = failed_pace if rule.failed else pace
        if rule.starved and measured < STARVED:
            continue
        if rule.own_traceback and not own_traceback:
            continue
        if rule.answered_late and not answered_late:
            continue
        if rule.claimed_again and not claimed_again:
            continue
        if not rule.kinds or kinds <= rule.kinds or (rule.some and kinds & rule.kinds):
            return rule.verdict
    raise AssertionError("the last rule applies to all")


def tells_of_services(findings: Sequence[Finding]) -> bool:
    """Whether one of these findings tells what became of a service."""
    return any(finding.kind in rule.kinds for finding in findings for rule in SERVICES)


def of_passed(
    *, judged: bool, unseen: bool, deviates: bool, not_judged: bool, pace: float = 1.0
) -> Verdict:
    """Return how a scenario ends whose steps have all passed.

    Args:
        judged: whether a check was held against anything.
        unseen: whether a recorded deviation was not shown.
        deviates: whether deviations are recorded for it.
        not_judged: whether a check could not be applied.
        pace: the worst of its executions.
    """
    if not judged:
        return "suite"
    if unseen and not_judged:  # what was not judged may be what would have shown it
        return "skipped"
    if unseen:
        return "sandbox" if pace >= STARVED else "product"
    if deviates:
        return "deviates"
    return "skipped" if not_judged else "passed"


def failure(verdict: Verdict, words: str) -> Exception:
    """Return the error that ends a step with a verdict, for what checks found."""
    errors: dict[str, type[Exception]] = {
        "sandbox": SandboxError,
        "suite": SuiteError,
        "skipped": NotJudgedError,
    }
    return errors.get(verdict, AssertionError)(words)
