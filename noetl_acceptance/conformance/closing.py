"""What is told at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.conformance.proven import line_of
from noetl_acceptance.evidence import run_verdict
from noetl_acceptance.evidence.results import ScenarioResult


def closing_lines(results: Sequence[ScenarioResult]) -> list[str]:
    """Return what did not simply pass, the contract's rows, and the verdict, in lines."""
    lines = [*run_verdict.summary(results), line_of(results), run_verdict.verdict_line(results)]
    return [line for line in lines if line]
