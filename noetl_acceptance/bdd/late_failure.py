"""Ending a scenario otherwise that behave has already counted as passed."""

from __future__ import annotations

from typing import Any

from noetl_acceptance.bdd import behave_internals
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
        behave_internals.skip_ended(scenario, f"not judged, because {error}")
        return
    step = list(scenario.all_steps)[-1]
    behave_internals.end_by(step, error)
    behave_internals.print_instead(step, f"{type(error).__name__}: {error}")
    behave_internals.count_again(feature, scenario)


def weigh_step(context: Any, step: Any) -> None:
    """Give a failed step the error that what became of the services makes of its own.

    Args:
        context: behave's, with the ``session``.
        step: behave's, with the ``exception`` that ended it.
    """
    weighed = context.session.weigh(step.exception)
    if weighed is not step.exception:
        behave_internals.end_by(step, weighed)
