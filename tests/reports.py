"""Makes folders of runs without a sandbox, for tests of the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from noetl_acceptance.checks import batch_ranges, calls, ledger, summary
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.checks.matchers import passes
from noetl_acceptance.evidence import results, store
from noetl_acceptance.evidence.figures import Figures, write_figures
from noetl_acceptance.evidence.judgements import Judgement, judgement_of, write_judgements
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import Call, ExecutionRecord, Outcome, StoredSample
from tests.runs import healthy_run

ABOUT = "What a run of these sizes leaves behind."
RULE = "A run MUST leave a row for each traveler"


def no_rows(_: Sequence[results.ScenarioResult]) -> dict[str, str]:
    """What a run says of the contract where a test does not care."""
    return {}


def judged(record: ExecutionRecord) -> dict[str, tuple[Check, tuple[Any, ...], tuple[str, ...]]]:
    """What the scenarios of the made-up feature hold an execution against, with their rows."""
    sizes = record.workload
    return {
        "Nobody is lost": (ledger.conserved, (), ("P1",)),
        "Every row is valid": (ledger.ledger_is, ({"valid": sizes.expected_rows},), ("C24",)),
        "Everybody is asked for once": (calls.exactly_once, (), ("P2",)),
        "An answer becomes a row": (calls.answers_stored, (), ("P3", "P4")),
        "One worker execution for each batch": (
            batch_ranges.children_are,
            (sizes.max_batches,),
            ("C03",),
        ),
        "The summary agrees": (summary.agrees_with_table, (), ("C27",)),
    }


def judge_all(
    runs: Sequence[ExecutionRecord],
) -> tuple[list[results.ScenarioResult], dict[str, list[Judgement]]]:
    """Hold executions against checks, one scenario for each; as behave's hooks would note it."""
    found: list[results.ScenarioResult] = []
    noted: dict[str, list[Judgement]] = {}
    for run in runs:
        for name, (check, arguments, rows) in judged(run).items():
            location = f"features/example.feature:{len(found) + 10}"
            findings: Sequence[Finding] = check(run, *arguments)
            noted[location] = [judgement_of(check, run, arguments, findings=findings)]
            found.append(_result(name, location, rows, run, check, arguments, findings))
    return found, noted


def _result(
    name: str,
    location: str,
    rows: tuple[str, ...],
    record: ExecutionRecord,
    check: Check,
    arguments: tuple[Any, ...],
    findings: Sequence[Finding],
) -> results.ScenarioResult:
    promise = str(passes(check, *arguments))
    told = "\n".join(f"          {finding}" for finding in findings)
    reason = f"Expected: {promise}\n     but: {record.label}\n{told}" if findings else ""
    sizes = record.workload
    steps = (
        results.StepResult("Given the traveler playbooks are registered", "passed", 0.21),
        results.StepResult(
            f"When {sizes.seed_rows} travelers are enriched in {sizes.max_batches} batches of "
            f"{sizes.batch_size} within 60 seconds",
            "passed",
            record.ended_at - record.started_at,
        ),
        results.StepResult(
            f"Then {name[0].lower()}{name[1:]}", "failed" if findings else "passed", 0.012, reason
        ),
    )
    return results.ScenarioResult(
        feature="An example",
        scenario=f"{name} of {sizes.seed_rows}",
        location=location,
        rows=rows,
        verdict="product" if findings else "passed",
        reason=reason,
        rule=RULE,
        about=ABOUT,
        tags=rows,
        began=record.started_at,
        seconds=sum(step.seconds for step in steps),
        steps=steps,
        executions=(record.execution_id,),
    )


def make_folder(
    folder: Path,
    runs: Sequence[ExecutionRecord],
    found: Sequence[results.ScenarioResult] | None = None,
    **figures: Any,
) -> Path:
    """Write what a run would have left of these executions; return the folder.

    Args:
        folder: is made.
        runs: the executions.
        found: the results; those of ``judge_all`` when None.
        figures: of the run, beside those that are made up.
    """
    folder.mkdir(parents=True)
    judged_results, judgements = judge_all(runs)
    results.write(judged_results if found is None else found, folder)
    write_judgements(judgements, folder, [])
    for run in runs:
        store.write_record(run, folder / store.EXECUTIONS)
    write_figures(
        Figures(
            **{
                "when": "2026-11-24T08:00:00Z",
                "commit": "3724638",
                "sandbox": "embedded",
                "noetl": "2.8.9",
                "workers": 5,
                "ready": 9.8,
                "wall": 61.2,
                **figures,
            }
        ),
        folder,
    )
    return folder


def changed_outcome(record: ExecutionRecord, **fields: Any) -> ExecutionRecord:
    """Return a record with other rows or calls."""
    outcome: Outcome = record.outcome.model_copy(update=fields)
    return record.model_copy(update={"outcome": outcome})


def parallel_run(
    seed_rows: int = 2000, batch_size: int = 100, max_batches: int = 20, at_once: int = 25
) -> ExecutionRecord:
    """Return a healthy Run whose calls go on side by side, as many as ``at_once``."""
    run = healthy_run(seed_rows, batch_size, max_batches)
    moved: list[Call] = []
    for index, call in enumerate(run.outcome.calls):
        turn = index % batch_size
        began = run.outcome.calls[index - turn].arrived + turn // at_once * at_once
        arrived = began + (turn % at_once) * 0.01
        times = {"arrived": arrived, "departed": arrived + at_once * (0.5 + index % 7 / 20)}
        moved.append(call.model_copy(update=times))
    ends = {run.workload.batch_of(call.traveler_id or 1): call.departed or 0.0 for call in moved}
    samples = [
        StoredSample(at=at + 2, stored=min(batch * batch_size, seed_rows))
        for batch, at in ends.items()
    ]
    return changed_outcome(run, calls=tuple(moved)).model_copy(update={"samples": tuple(samples)})


def without_row(record: ExecutionRecord, traveler: int) -> ExecutionRecord:
    """Return a record in which a traveler's row has been lost."""
    stored = tuple(row for row in record.outcome.stored if row.traveler_id != traveler)
    return changed_outcome(record, stored=stored)
