"""What is told at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from noetl_acceptance.conformance.proven import line_of
from noetl_acceptance.evidence import run_verdict
from noetl_acceptance.evidence.results import REPORT_FILE, ScenarioResult


def closing_lines(
    results: Sequence[ScenarioResult], folder: Path, seconds: float | None = None
) -> list[str]:
    """Return what did not simply pass, the contract's rows, the verdict and the places, in lines.

    Args:
        results: of a run.
        folder: of the run; it may not be there.
        seconds: that it took; None where that is not to be told.
    """
    took = "" if seconds is None else f" in {seconds:.0f} s"
    verdict = f"{run_verdict.verdict_line(results)}{took}"
    lines = [*run_verdict.summary(results), line_of(results), verdict]
    lines += [f"evidence: {folder}"] if folder.exists() else []
    lines += [f"report: {folder / REPORT_FILE}"] if (folder / REPORT_FILE).exists() else []
    return [line for line in lines if line]
