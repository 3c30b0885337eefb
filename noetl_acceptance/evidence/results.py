"""How each scenario ended, whose fault it was, and the closing line of a run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from behave.model import Rule
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from noetl_acceptance.errors import AcceptanceError, SandboxError
from noetl_acceptance.evidence.store import read_file

RESULTS_FILE = "results.json"

_ROW = re.compile(r"[CP]\d+")

FAILED = ("product", "sandbox", "suite")
"""The verdicts that are failures, by whose fault they are."""


@dataclass(frozen=True)
class StepResult:
    """One step: its words, how it ended (behave's status), its seconds, its error if it had one."""

    words: str
    status: str
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class ScenarioResult:
    """One scenario: where it stands, its contract rows, its verdict and, if not passed, why.

    ``deviations`` are the recorded ones that it has shown; its verdict is then ``deviates``.
    ``rule`` and ``about`` are the words of its Rule and of its feature, ``tags`` all that hold for
    it, ``began`` is in epoch seconds, and ``executions`` are the ids of those that it judged.
    """

    feature: str
    scenario: str
    location: str
    rows: tuple[str, ...]
    verdict: str
    reason: str = ""
    deviations: tuple[str, ...] = ()
    rule: str = ""
    about: str = ""
    tags: tuple[str, ...] = ()
    began: float = 0.0
    seconds: float = 0.0
    steps: tuple[StepResult, ...] = ()
    executions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Noted:
    """What the hooks have noted about one scenario: when it began, what it judged and has shown."""

    began: float = 0.0
    executions: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()


def collect(features: Iterable[Any], noted: Mapping[str, Noted]) -> list[ScenarioResult]:
    """Read the results off behave's features; scenarios that were not selected are left out.

    Args:
        features: behave's.
        noted: by the scenario's location.
    """
    return [
        _result(feature, scenario, noted.get(str(scenario.location), Noted()))
        for feature in features
        for scenario in feature.walk_scenarios()
        if scenario.status.name != "untested" and not _deselected(scenario)
    ]


def _deselected(scenario: Any) -> bool:
    """Whether a scenario was skipped by the selection, not by the suite with a reason."""
    return scenario.status.name == "skipped" and not scenario.skip_reason


def _result(feature: Any, scenario: Any, noted: Noted) -> ScenarioResult:
    reason = ""
    if scenario.status.name == "passed":
        verdict = "deviates" if noted.deviations else "passed"
    elif scenario.status.name == "skipped":
        verdict, reason = "skipped", str(scenario.skip_reason)
    else:
        errors = [step for step in scenario.all_steps if step.exception is not None]
        error = errors[0].exception if errors else scenario.exception
        verdict, reason = _fault(error), str(error or scenario.status.name)
        if isinstance(error, KeyboardInterrupt):
            verdict, reason = "skipped", "interrupted"
    return ScenarioResult(
        feature=str(feature.name),
        scenario=str(scenario.name),
        location=str(scenario.location),
        rows=tuple(sorted(str(tag) for tag in scenario.effective_tags if _ROW.fullmatch(tag))),
        verdict=verdict,
        reason=reason,
        deviations=noted.deviations,
        rule=_rule_of(scenario),
        about=" ".join(feature.description),
        tags=tuple(str(tag) for tag in scenario.effective_tags),
        began=noted.began,
        seconds=scenario.duration,
        steps=tuple(
            StepResult(
                words=f"{step.keyword} {step.name}",
                status=step.status.name,
                seconds=step.duration,
                error=str(step.exception or ""),
            )
            for step in scenario.all_steps
        ),
        executions=noted.executions,
    )


def _rule_of(scenario: Any) -> str:
    """Return the words of the Rule that holds a scenario; empty outside of every Rule."""
    parent = scenario.parent
    while parent is not None and not isinstance(parent, Rule):
        parent = getattr(parent, "parent", None)
    return str(parent.name) if parent is not None else ""


def _fault(error: BaseException | None) -> str:
    if isinstance(error, SandboxError):
        return "sandbox"
    if isinstance(error, AssertionError):
        return "product"
    return "suite"


_RESULTS = TypeAdapter(list[ScenarioResult])


def write(results: Sequence[ScenarioResult], folder: Path) -> None:
    """Write the results into a run's folder."""
    (folder / RESULTS_FILE).write_bytes(_RESULTS.dump_json(list(results), indent=1))


def read(folder: Path) -> list[ScenarioResult]:
    """Read the results from a run's folder; none when the run left none.

    Raises:
        UsageError: they cannot be read.
    """
    file = folder / RESULTS_FILE
    return read_file(file, _RESULTS.validate_json) if file.exists() else []


def closing_line(
    results: Sequence[ScenarioResult], broken: AcceptanceError | None, *, interrupted: bool
) -> str:
    """Return the verdict of a run in one line.

    Args:
        results: of the scenarios that ran.
        broken: why the sandbox did not come up, if so.
        interrupted: the run was ended before it was through.
    """
    if broken is not None and not results:
        return f"verdict: the sandbox broke before any scenario: {broken.cause}"
    words = verdict_words(results)
    told = ["interrupted" if interrupted else "", words]
    return "verdict: " + (", ".join(filter(None, told)) or "no scenario ran")


def verdict_words(results: Sequence[ScenarioResult]) -> str:
    """Return how many scenarios ended in which way, by whose fault; empty when none ran."""
    counts = Counter(result.verdict for result in results)
    words = {
        "passed": "passed",
        "deviates": "deviate as recorded",
        "product": "failed by the product",
        "sandbox": "failed by the sandbox",
        "suite": "failed by the suite",
        "skipped": "not judged",
    }
    return ", ".join(f"{counts[each]} {said}" for each, said in words.items() if counts[each])
