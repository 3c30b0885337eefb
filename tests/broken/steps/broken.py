"""Steps that break in one way each."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from behave import step

from noetl_acceptance.bdd.judge import judge, judge_runs
from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.support.polling import eventually
from tests.broken.checks import CHECKS, holding
from tests.broken.stand_in import TRACEBACK


def fail(words: str) -> Callable[[], None]:
    def cleanup() -> None:
        raise RuntimeError(words)

    return cleanup


@step("all is well")
def well(context: Any) -> None:
    assert context.session.sandbox() is not None
    judge(context, holding, None)


@step("a step that judges nothing passes")
def judges_nothing(context: Any) -> None:
    assert context.session.sandbox() is not None


@step("each execution of the scenario is judged")
def judges_each(context: Any) -> None:
    judge_runs(context, holding)


@step("a check {what}")
def check(context: Any, what: str) -> None:
    assert context.session.sandbox() is not None
    judge(context, CHECKS[what], None)


@step("nothing happens until the deadline")
def deadline(context: Any) -> None:
    eventually(lambda: 50, lambda seen: seen == 100, seconds=0.1, what="the end of the execution")


@step("the sandbox breaks")
def sandbox_breaks(context: Any) -> None:
    raise SandboxError("worker-1 exited with code 137 during an execution", "see its log")


@step("a step finds in two lines that it cannot be judged")
def step_is_not_judged(context: Any) -> None:
    raise NotJudgedError("the logs\n  are out of sight")


@step("something is left that cannot be cleaned up")
def cleanup_fails(context: Any) -> None:
    context.add_cleanup(fail("a port stays open"))


@step("something is left for the feature's end that cannot be cleaned up")
def feature_cleanup_fails(context: Any) -> None:
    context.add_cleanup(fail("a port stays open"), layer="feature")
    judge(context, holding, None)


@step("the user presses Ctrl-C")
def interrupt(context: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    signal.sigtimedwait([], 5)  # the signal's handler ends this


@step("{service} is killed")
def service_killed(context: Any, service: str) -> None:
    context.session.sandbox().sandbox.exited[service] = 137


@step("{service} crashes")
def service_crashes(context: Any, service: str) -> None:
    context.session.sandbox().sandbox.exited[service] = 1


@step("{service} logs a traceback")
def service_logs(context: Any, service: str) -> None:
    context.session.sandbox().sandbox.logs[service] += TRACEBACK


@step("an execution is judged that loses a row after its end")
def loses_a_row(context: Any) -> None:
    context.executions = (context.session.sandbox().recorded(),)
    judge(context, holding, None)
