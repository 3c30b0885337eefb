"""Behave's hooks, and nothing but hooks; ``noetl_acceptance/runner.py`` has the sandbox."""

from __future__ import annotations

from behave.model import Scenario
from behave.model_core import Status
from behave.runner import Context


def before_all(context: Context) -> None:
    """Give the steps the session that the runner opened."""
    context.session = context._runner.session  # noqa: SLF001 - behave has no other way


def before_scenario(context: Context, scenario: Scenario) -> None:
    """Start with the API's plain answers and nothing recorded."""
    context.rules = []
    context.recorded = None
    context.not_judged = []


def after_scenario(context: Context, scenario: Scenario) -> None:
    """Look again at what the scenario's execution left, and count what was not judged."""
    if scenario.status != Status.passed:
        return  # an error here would hide the real one
    if context.recorded is not None:
        context.session.settle(context.recorded)
    if context.not_judged:
        reasons = "; ".join(str(reason) for reason in context.not_judged)
        scenario.skip(f"not judged, because {reasons}")
