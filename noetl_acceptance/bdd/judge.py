"""How a step holds a recorded execution against a check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hamcrest import assert_that

from noetl_acceptance.checks import slowness
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.checks.matchers import passes
from noetl_acceptance.errors import NotJudgedError, SuiteError
from noetl_acceptance.evidence.judgements import judgement_of
from noetl_acceptance.execution.second_look import RecordedExecution
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.support.polling import REMEDY, StarvedError, told_starved
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.found import error_of


def judge(
    context: Any, check: Check, subject: Any, *arguments: Any, pace: float | None = None
) -> None:
    """Assert that a check has no finding but those of a deviation recorded for the scenario.

    What was judged, and what cannot be, is noted on the context.

    Args:
        context: behave's context, with the lists ``judgements`` and ``not_judged``, and the
            scenario's ``deviations``.
        check: the pure function.
        subject: what it judges, its first argument.
        arguments: its further arguments.
        pace: of the scenario; as the session has measured it until now when None.

    Raises:
        AssertionError: the check has findings; the message lists them and, where they are about
            travelers of an execution, those of its travelers that are not as they must be.
        SandboxError: the machine was starved, and they only tell that NoETL was slow, or are about
            an execution that did not complete.
        SuiteError: a service of the suite's own failed meanwhile.
    """
    matcher = passes(check, *arguments, but_for=context.deviations.unrecorded)
    ended: dict[str, Any] = {}
    subjects = (subject, *arguments)
    pace = max(context.session.pace if pace is None else pace, slowness.pace_of(subjects))
    try:
        assert_that(subject, matcher)
    except NotJudgedError as reason:
        context.not_judged.append(reason)
        ended["not_judged"] = str(reason)
    except AssertionError as failure:
        counted = context.deviations.unrecorded(matcher.found)
        error = error_of(counted, str(failure).strip(), subjects, pace)
        if policy.of_error(error) != "product":
            raise error from None
        if isinstance(subject, ExecutionRecord) and any(
            finding.travelers for finding in matcher.found
        ):
            told = context.session.evidence.tell_difference(subject)
            raise AssertionError("\n          ".join([str(failure).rstrip(), *told])) from None
        raise
    except Exception as error:
        ended["error"] = repr(error)
        raise
    finally:
        with context.session.evidence.timed():
            ended |= {"findings": matcher.found, "pace": round(pace, 2)}
            judgement = judgement_of(check, subject, arguments, **ended)
            context.judgements.append(judgement)


def judge_runs(context: Any, check: Check, *arguments: Any) -> None:
    """Hold each of the scenario's records against a check; as ``judge``.

    Raises:
        SuiteError: the scenario has no execution.
    """
    for recorded in executions_of(context):
        judge(context, check, recorded.record, *arguments)


def executions_of(context: Any) -> Sequence[RecordedExecution]:
    """Return the scenario's recorded executions, of which there is at least one.

    Raises:
        SuiteError: there is none, so that a step about each of them would hold for nothing.
    """
    executions: Sequence[RecordedExecution] = context.executions
    if not executions:
        raise SuiteError("the scenario has no execution to judge", "give it a step that has one")
    return executions


def conclude(context: Any, *, judged: bool) -> Exception | None:
    """Return the error to end a scenario by whose steps have all passed, if there is one.

    Args:
        context: behave's, as ``judge`` takes it.
        judged: whether a step has held a check against anything.
    """
    unseen = context.deviations.unseen()
    reasons = dict.fromkeys(str(reason) for reason in context.not_judged)
    pace = max((each.pace for each in context.judgements), default=1.0)
    verdict = policy.of_passed(
        judged=judged,
        unseen=bool(unseen),
        deviates=bool(context.deviations.shown()),
        not_judged=bool(reasons),
        pace=pace,
    )
    if verdict == "sandbox":
        return StarvedError(told_starved(pace), REMEDY, "\n".join(unseen))
    words = {
        "suite": "the scenario judges nothing: no step of it holds a check against anything",
        "product": "\n".join(unseen),
        "skipped": "; ".join(reasons),
    }
    return policy.failure(verdict, words[verdict]) if verdict in words else None
