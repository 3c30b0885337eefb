"""How behave's scenarios ended, as results of the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from noetl_acceptance.bdd.behave_internals import rule_of
from noetl_acceptance.evidence import results
from noetl_acceptance.verdict import policy

_ROW = re.compile(r"[CP]\d+")


def collect(
    features: Iterable[Any],
    noted: Mapping[str, results.Noted],
    *,
    selected: Callable[[Any], bool] = lambda _: True,
    not_run: str = results.NOT_RUN[0],
) -> list[results.ScenarioResult]:
    """Read the results off behave's features; scenarios that were not selected are left out.

    Args:
        features: behave's.
        noted: by the scenario's location.
        selected: whether a scenario was to run.
        not_run: why some of those have not, one of ``NOT_RUN``.
    """
    return [
        _result(feature, scenario, noted.get(str(scenario.location), results.Noted()), not_run)
        for feature in features
        for scenario in feature.walk_scenarios()
        if not _deselected(scenario, selected)
    ]


def note_ended(
    context: Any, scenario: Any, shown: tuple[str, ...], differs: tuple[str, ...]
) -> None:
    """Keep as evidence what a scenario has judged and shown, and that it has ended.

    Args:
        context: behave's.
        scenario: behave's.
        shown: the recorded deviations that it has shown.
        differs: what did not show of these, with settings of the user's own.
    """
    evidence = context.session.evidence
    executions = tuple(dict.fromkeys(e for each in context.judgements for e in each.about))
    noted = results.Noted(context.began, executions, shown, differs)
    evidence.note(scenario, noted, context.judgements)
    evidence.ended(_result(context.feature, scenario, noted))


def _deselected(scenario: Any, selected: Callable[[Any], bool]) -> bool:
    """Whether a scenario was skipped by the selection, not by the suite with a reason."""
    if scenario.status.is_untested():
        return not selected(scenario)
    return scenario.status.name == "skipped" and not scenario.skip_reason


def _result(
    feature: Any, scenario: Any, noted: results.Noted, not_run: str = results.NOT_RUN[0]
) -> results.ScenarioResult:
    verdict, reason = _verdict(scenario, not_run)
    if verdict == "passed" and noted.deviations:
        verdict = "deviates"
    return results.ScenarioResult(
        feature=str(feature.name),
        scenario=str(scenario.name),
        location=str(scenario.location),
        rows=tuple(sorted(str(tag) for tag in scenario.effective_tags if _ROW.fullmatch(tag))),
        verdict=verdict,
        reason=reason,
        deviations=noted.deviations,
        rule=rule_of(scenario),
        about=" ".join(feature.description),
        tags=tuple(str(tag) for tag in scenario.effective_tags),
        began=noted.began,
        seconds=scenario.duration,
        steps=tuple(
            results.StepResult(
                words=f"{step.keyword} {step.name}",
                status=step.status.name,
                seconds=step.duration,
                error=str(step.exception or ""),
            )
            for step in scenario.all_steps
        ),
        executions=noted.executions,
        differs=noted.differs,
    )


def _verdict(scenario: Any, not_run: str) -> tuple[str, str]:
    """Return a scenario's verdict, and why if it has not passed."""
    if scenario.status.name == "passed":
        return ("passed", "") if list(scenario.all_steps) else ("suite", "it has no step")
    if scenario.status.name == "skipped":
        return "skipped", str(scenario.skip_reason)
    if scenario.status.is_untested():
        return "skipped", not_run
    step = next((each for each in scenario.all_steps if each.status.has_failed()), None)
    error = scenario.exception if step is None else step.exception
    in_a_hook = step is None or step.status.name == "hook_error"
    interrupted = in_a_hook and error is None and not_run == results.INTERRUPTED
    if interrupted or isinstance(error, KeyboardInterrupt):
        return "skipped", results.INTERRUPTED
    return _of_a_hook(scenario, error) if step is None else _of_a_step(step, error)


def _of_a_step(step: Any, error: BaseException | None) -> tuple[str, str]:
    if error is None:
        return "suite", f"{step.status.name} step: {step.keyword} {step.name}"
    return policy.of_error(error), results.words_of(error)


def _of_a_hook(scenario: Any, error: BaseException | None) -> tuple[str, str]:
    """Return the verdict of a failed hook or clean-up."""
    verdict = "suite" if error is None else policy.of_error(error, in_step=False)
    return verdict, str(scenario.error_message or scenario.status.name)
