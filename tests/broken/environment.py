"""The suite's own hooks around a stand-in for the sandbox; ``BROKEN`` names what breaks."""

from __future__ import annotations

import os
import runpy
import signal
from typing import Any

from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.places import ROOT
from tests.broken.stand_in import BREAK, TRACEBACK, StandIn

REAL = runpy.run_path(str(ROOT / "environment.py"))

setattr(ConnectedSandbox, "open", lambda _settings, folder, _console: StandIn(folder))  # noqa: B010 - mypy


def break_in(place: str, tags: Any = ()) -> None:
    if place in (BREAK, *tags):
        raise RuntimeError(f"broken in {place}")


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    signal.sigtimedwait([], 5)  # the signal's handler ends this


def before_all(context: Any) -> None:
    REAL["before_all"](context)
    break_in("before_all")


def after_all(context: Any) -> None:
    break_in("after_all")


def before_feature(context: Any, feature: Any) -> None:
    break_in("before_feature", feature.tags)


def after_feature(context: Any, feature: Any) -> None:
    REAL["after_feature"](context, feature)
    break_in("after_feature", feature.tags)


def before_scenario(context: Any, scenario: Any) -> None:
    if "interrupted_before_scenario" in scenario.tags:
        interrupt()
    REAL["before_scenario"](context, scenario)
    break_in("before_scenario", scenario.tags)


def after_scenario(context: Any, scenario: Any) -> None:
    REAL["after_scenario"](context, scenario)
    break_in("after_scenario", scenario.tags)
    if "late_traceback" in scenario.tags:
        (connected,) = context.session._pool.up()
        connected.sandbox.logs["worker-1"] += TRACEBACK


def before_step(context: Any, step: Any) -> None:
    REAL["before_step"](context, step)
    if "interrupted_before_step" in context.scenario.tags:
        interrupt()


def after_step(context: Any, step: Any) -> None:
    REAL["after_step"](context, step)
