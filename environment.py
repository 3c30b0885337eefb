"""Behave's hooks, and nothing but hooks."""

from __future__ import annotations

import signal

from behave.model import Scenario
from behave.model_core import Status
from behave.runner import Context

from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.session import Session
from noetl_acceptance.settings import load_settings


def before_all(context: Context) -> None:
    """Check the options and the selection, then bring the sandbox up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = load_settings(context.config.userdata)
    features = context._runner.features  # noqa: SLF001 - behave has no other way
    chosen = [s for f in features for s in f.walk_scenarios() if s.should_run(context.config)]
    if not chosen:
        raise UsageError("no scenario ran", "the tags, names or files given select none")
    context.session = Session(settings)
    try:
        context.session.open()
    except SandboxError as failure:
        context.session.broken = failure  # told by each scenario, so that every format is red


def before_scenario(context: Context, scenario: Scenario) -> None:
    """Start with the API's plain answers and nothing recorded."""
    context.rules = []
    context.recorded = None
    context.not_judged = []


def after_scenario(context: Context, scenario: Scenario) -> None:
    """Look again at what the scenario's execution left, and count what was not judged."""
    if scenario.status != Status.passed:
        return  # an error here would hide the real one
    context.session.settle(context.recorded)
    if context.not_judged:
        reason = "; ".join(str(item) for item in context.not_judged)
        scenario.skip(f"not judged, because {reason}")


def after_all(context: Context) -> None:
    """Take everything down and say where the evidence is."""
    session = getattr(context, "session", None)
    if session is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing may be left behind
        session.close(results.collect(context._runner.features))  # noqa: SLF001 - as above
