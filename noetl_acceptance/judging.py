"""How a step holds a recorded execution against a check."""

from __future__ import annotations

from typing import Any

from hamcrest import assert_that

from noetl_acceptance.checks.findings import NotJudgedError
from noetl_acceptance.checks.matchers import Check, passes


def judge(context: Any, check: Check, subject: Any, *arguments: Any) -> None:
    """Assert that a check has no finding but those of a deviation recorded for the scenario.

    What cannot be judged is noted on the context.

    Args:
        context: behave's context, with the list ``not_judged`` and the scenario's ``deviations``.
        check: the pure function.
        subject: what it judges, its first argument.
        arguments: its further arguments.

    Raises:
        AssertionError: the check has findings; the message lists them.
    """
    try:
        assert_that(subject, passes(check, *arguments, but_for=context.deviations.unrecorded))
    except NotJudgedError as reason:
        context.not_judged.append(reason)


def judge_runs(context: Any, check: Check, *arguments: Any) -> None:
    """Hold each of the scenario's recorded Runs against a check; as ``judge``."""
    for recorded in context.executions:
        judge(context, check, recorded.run, *arguments)
