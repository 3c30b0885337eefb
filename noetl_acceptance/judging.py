"""How a step holds a recorded execution against a check."""

from __future__ import annotations

from typing import Any

from hamcrest import assert_that

from noetl_acceptance.checks.findings import NotJudgedError
from noetl_acceptance.checks.matchers import Check, passes


def judge(context: Any, check: Check, subject: Any, *arguments: Any) -> None:
    """Assert that a check has no finding; note it on the context when it cannot be applied.

    Args:
        context: behave's context, with the list ``not_judged``.
        check: the pure function.
        subject: what it judges, its first argument.
        arguments: its further arguments.

    Raises:
        AssertionError: the check has findings; the message lists them.
    """
    try:
        assert_that(subject, passes(check, *arguments))
    except NotJudgedError as reason:
        context.not_judged.append(reason)


def judge_run(context: Any, check: Check, *arguments: Any) -> None:
    """Hold the scenario's recorded Run against a check; as ``judge``."""
    judge(context, check, context.recorded.run, *arguments)
