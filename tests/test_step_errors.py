"""What is printed of a step that failed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from behave.configuration import Configuration

from noetl_acceptance.bdd.step_errors import StepErrors
from noetl_acceptance.errors import SandboxError, SuiteError, UsageError

TRACEBACK = "Traceback (most recent call last): …"


def printed(error: Exception | None, *arguments: str) -> str:
    step = SimpleNamespace(exception=error, error_message=TRACEBACK)
    StepErrors(Configuration(list(arguments))).result(step)
    return str(step.error_message)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SandboxError("nats exited", "see its log"), "SANDBOX FAILED: nats exited - see its log"),
        (AssertionError("worker-1 crashed"), "ASSERT FAILED: worker-1 crashed"),
        (UsageError("no such release"), "CANNOT RUN: no such release"),
        (SuiteError("a fault of ours"), TRACEBACK),
        (KeyError("x"), TRACEBACK),
        (None, TRACEBACK),
    ],
)
def test_a_traceback_stays_where_it_is_the_suites_own(error: Exception | None, words: str) -> None:
    assert printed(error) == words


def test_who_asks_for_more_is_told_more() -> None:
    assert printed(SandboxError("nats exited"), "--verbose") == TRACEBACK
