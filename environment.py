"""Behave's hooks, and nothing but hooks; ``noetl_acceptance/bdd/runner.py`` has the sandbox."""

from __future__ import annotations

import shlex
import sys
import time
from contextlib import ExitStack

from behave.exception import ConfigError
from behave.model import Feature, Scenario, Step
from behave.model_core import Status
from behave.runner import Context

from noetl_acceptance.bdd import behave_internals
from noetl_acceptance.bdd.judge import conclude
from noetl_acceptance.bdd.late_failure import fail_late, weigh_step
from noetl_acceptance.bdd.scenario_results import note_ended
from noetl_acceptance.bdd.service_logs import hold_services
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.request import ExecutionRequest
from noetl_acceptance.places import INSTALLED, ROOT
from noetl_acceptance.support import signals
from noetl_acceptance.support.program import PROGRAM, installed

if "__spec__" not in globals() and "noetl_acceptance.bdd.runner" not in sys.modules:
    # Behave has loaded this without our runner: it looks for its settings where it starts.
    there = "" if INSTALLED else f"cd {shlex.quote(str(ROOT))} first, or from here: "
    raise ConfigError(
        f"behave finds the suite's settings in their own folder only - {there}"
        f"{shlex.quote(str(installed(PROGRAM)))} run FEATURES"
    )


def before_all(context: Context) -> None:
    """Give the steps the session that the runner opened."""
    context.session = behave_internals.runner_of(context).session


def before_scenario(context: Context, scenario: Scenario) -> None:
    """Start with the API's plain answers and nothing recorded."""
    context.request, context.executions = ExecutionRequest(), ()
    context.not_judged, context.judgements = [], []
    context.shown, context.began = ExitStack(), time.time()
    context.deviations = context.session.recorded_deviations(scenario.name)
    context.session.stalls.clear()


def before_step(context: Context, step: Step) -> None:
    """Show how long the step takes, until it ends."""
    context.shown = ExitStack()
    context.shown.enter_context(context.session.console.step(f"{step.keyword} {step.name}"))


def after_step(context: Context, step: Step) -> None:
    """Show it no more; hold an error against what became of the services, and say whose it is."""
    context.shown.close()
    if isinstance(step.exception, Exception):
        weigh_step(context, step)
    if isinstance(step.exception, NotJudgedError):
        reason = f"not judged, because {step.exception}"
        behave_internals.end_skipped(step)
        context.scenario.skip(reason)


def after_scenario(context: Context, scenario: Scenario) -> None:
    """Note what is to be looked at again, what was not judged, and what deviates as recorded."""
    context.session.console.release()
    if "deviations" not in context:  # a signal has ended before_scenario before it was through
        return
    passed, judged = scenario.status == Status.passed, bool(context.judgements)
    for recorded in context.executions:
        context.session.judged(recorded, scenario, passed=passed)
    error, shown, differs = None, (), ()
    seen = context.session.seen_in(scenario)
    if passed and (error := hold_services(context, seen, scenario.effective_tags)):
        context.session.console.say(f"  the services tell otherwise: {scenario.name}: {error}")
    elif passed and (error := conclude(context, judged=judged)) is None:
        shown = tuple(dict.fromkeys([*context.deviations.shown(), *context.session.stalls]))
        differs = tuple(context.deviations.differing())
    if error is not None:
        fail_late(context.feature, scenario, error)
    note_ended(context, scenario, shown, differs)
    if shown:
        context.session.console.say(f"  deviates (recorded): {', '.join(shown)}")
    if differs:
        context.session.console.say(f"  differs from the record: {'; '.join(differs)}")


def after_feature(context: Context, feature: Feature) -> None:
    """Look again at what the feature's executions left: nothing may have changed since."""
    if signals.received():
        return
    for scenario, error in context.session.settle():
        context.session.console.say(f"  seen after its verdict: {scenario.name}: {error}")
        if scenario.status == Status.passed:
            fail_late(feature, scenario, error)
