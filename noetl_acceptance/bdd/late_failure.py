"""Ending a scenario otherwise that behave has already counted as passed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from behave.model_core import Status

from noetl_acceptance.errors import NotJudgedError


def fail_late(feature: Any, scenario: Any, error: Exception) -> None:
    """Turn the last step of a passed scenario into a failed one, before behave reports it.

    Behave's reporters read a feature after its ``after_feature`` hook, so JUnit and the summary
    show what this sets; the exit code follows from the runner's own results.

    Args:
        feature: behave's feature that holds the scenario.
        scenario: behave's scenario.
        error: an AssertionError fails it, a NotJudgedError skips it with its reason, any other
            error counts as an error of its step.
    """
    if isinstance(error, NotJudgedError):
        scenario.skip(f"not judged, because {error}")
        scenario.set_status(Status.skipped)  # skip() alone is undone by the steps, which passed
        return
    step = list(scenario.all_steps)[-1]
    step.exception = error
    step.error_message = f"{type(error).__name__}: {error}"
    step.set_status(Status.failed if isinstance(error, AssertionError) else Status.error)
    for entity in (scenario, *_containers(feature)):
        entity.clear_status()  # computed again from the steps


def weigh_step(context: Any, step: Any) -> None:
    """Give a failed step the error that what became of the services makes of its own.

    Args:
        context: behave's, with the ``session``.
        step: behave's, with the ``exception`` that ended it.
    """
    weighed = context.session.weigh(step.exception)
    if weighed is not step.exception:
        step.exception = weighed
        step.set_status(Status.failed if isinstance(weighed, AssertionError) else Status.error)


def _containers(entity: Any) -> Iterator[Any]:
    """Yield a feature and what holds scenarios below it: rules and outlines."""
    yield entity
    for inner in getattr(entity, "run_items", ()):
        if hasattr(inner, "run_items") or hasattr(inner, "scenarios"):
            yield from _containers(inner)
