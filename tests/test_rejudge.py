"""A recorded run judged again: as recorded, or red with the finding of what was altered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.bdd.judge import conclude, judge
from noetl_acceptance.checks import answers, calls, check_names, failure, ledger, log_findings
from noetl_acceptance.checks.slowness import failed_pace_of
from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.evidence.judgements import judgement_of
from noetl_acceptance.evidence.rejudge import replay
from noetl_acceptance.evidence.results import ScenarioResult, StepResult, of_the_run
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.services import LogError
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.known_deviations import Deviation, Expected, RecordedDeviations
from tests.kept_run import DEVIATES, Kept, Steps, alter, healthy, judged
from tests.runs import PAIR, healthy_run
from tests.test_checks import change_row
from tests.test_ledger_difference import call_again, lose
from tests.test_recorded import recorded

"""What a scenario judges: a check with its subject and further arguments."""


def test_a_green_run_is_green_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = judged(healthy(tmp_path), capsys)
    assert code == 0
    assert "features/a.feature:1 The ledger: passed, as recorded" in told
    assert told.splitlines()[-1] == "judged again: 2 passed"


def delete_row(record: dict[str, Any]) -> None:
    record["outcome"]["stored"].pop(16)


def double_call(record: dict[str, Any]) -> None:
    made = record["outcome"]["calls"]
    made.append({**made[16], "number": len(made) + 1})


def move_batch(record: dict[str, Any]) -> None:
    record["outcome"]["stored"][16]["batch_number"] = 2


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (delete_row, "row-missing: 1 missing from the target table (travelers 17)"),
        (double_call, "call-repeated: requested again without need, up to 2 times (travelers "),
        (move_batch, "traveler 17 has 2 instead of 1 (travelers 17)"),
    ],
)
def test_an_altered_record_turns_red_with_its_finding(
    change: Callable[[dict[str, Any]], None],
    finding: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = healthy(tmp_path)
    alter(folder, change)
    code, told = judged(folder, capsys)
    assert code == 1
    assert finding in told
    assert "product, recorded as passed" in told
    assert "not as recorded" in told.splitlines()[-1]


def speak_otherwise(record: dict[str, Any]) -> None:
    for event in record["events"]:
        event["event_type"] = "x." + event["event_type"]


def test_a_log_that_no_generation_writes_is_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = healthy(tmp_path)
    alter(folder, speak_otherwise)
    code, told = judged(folder, capsys)
    assert code == 1
    assert "not judged, because this release's log has no playbook.initialized" in told
    assert "Expected:" not in told


HEALTHY = healthy_run()

UNTIMED = SimpleNamespace(evidence=SimpleNamespace(timed=nullcontext), pace=1.0)


CHECKS = (ledger.conserved, ledger.batch_numbers, calls.exactly_once)


def move(record: ExecutionRecord, traveler: int) -> ExecutionRecord:
    return change_row(record, traveler, batch_number=record.workload.batch_of(traveler) + 1)


@given(
    traveler=st.sampled_from(HEALTHY.workload.travelers),
    damage=st.sampled_from([lose, call_again, move]),
)
def test_whoever_is_altered_is_named(
    traveler: int, damage: Callable[[ExecutionRecord, int], ExecutionRecord]
) -> None:
    judgements = [judgement_of(check, HEALTHY, (), findings=check(HEALTHY)) for check in CHECKS]
    recorded_as = ScenarioResult("a", "Anything", "a.feature:1", (), "passed")
    none = RecordedDeviations([])
    same = replay(recorded_as, judgements, {HEALTHY.execution_id: HEALTHY}, none)
    assert (same.verdict, same.differs, same.lines) == ("passed", False, ())
    altered = {HEALTHY.execution_id: damage(HEALTHY, traveler)}
    again = replay(recorded_as, judgements, altered, none)
    assert (again.verdict, again.differs) == ("product", True)
    assert f"(travelers {traveler})" in again.lines[-1]


def test_a_failure_is_found_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, run = Kept(tmp_path / "run"), recorded("drops-one-row")
    kept.evidence.record(run)
    kept.scenario("The ledger", [(ledger.ledger_is, run, {"valid": 200}), (failure.failed, run)])
    code, told = judged(kept.write(), capsys)
    assert code == 1
    assert "The ledger: product, as recorded" in told
    assert "       row-missing: 1 missing from the target table (travelers 50)" in told
    assert told.splitlines()[-1] == "judged again: 1 failed by the product"


def test_slowness_on_a_starved_machine_is_the_sandboxs_then_and_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(tmp_path / "run")
    slow = recorded("healthy").model_copy(update={"pace": STARVED})
    kept.evidence.record(slow)
    kept.scenario("The calls", [(calls.in_flight_between, slow, 99, 100)])
    (result,) = kept.results
    assert result.verdict == "sandbox"
    assert result.reason.startswith("this machine is starved: work takes 4.0 times as long as")
    assert "not-parallel: at least 99 calls in flight wanted" in result.reason
    code, told = judged(kept.write(), capsys)
    assert code == 1
    assert "The calls: sandbox, as recorded" in told


def test_what_fails_on_a_starved_machine_is_the_sandboxs_then_and_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(tmp_path / "run")
    lost = {"pace": STARVED, "end": "playbook.failed"}
    failed = recorded("drops-one-row").model_copy(update=lost)
    kept.evidence.record(failed)
    kept.scenario("The rows", [(ledger.conserved, failed)])
    (result,) = kept.results
    assert result.verdict == "sandbox"
    assert result.reason.startswith("this machine is starved")
    code, told = judged(kept.write(), capsys)
    assert code == 1
    assert "The rows: sandbox, as recorded" in told


@pytest.mark.parametrize("end", ["playbook.failed", "playbook.completed"])
def test_a_traceback_on_a_starved_machine_is_the_sandboxs_then_and_later(
    end: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(tmp_path / "run")
    timed_out = LogError(service="worker-3", at=1.0, text="httpx.ReadTimeout", traceback=True)
    slow = {"pace": STARVED, "end": end, "log_errors": (timed_out,)}
    record = recorded("healthy").model_copy(update=slow)
    kept.evidence.record(record)
    kept.scenario("The services", [(log_findings.quiet, [record], [], [], [])])
    (result,) = kept.results
    assert result.verdict == "sandbox"
    assert result.reason.startswith("this machine is starved: work takes 4.0 times as long as")
    assert "worker-3 logged at" in result.reason
    code, told = judged(kept.write(), capsys)
    assert code == 1
    assert "The services: sandbox, as recorded" in told


def test_what_is_lost_on_a_starved_machine_is_lost() -> None:
    slow = recorded("drops-one-row").model_copy(update={"pace": 2 * STARVED})
    assert failed_pace_of([slow]) == 1.0
    assert policy.of_findings(ledger.conserved(slow), slow.pace) == "product"
    late = [Finding("too-slow", "9 s more")]
    assert policy.of_findings(late, slow.pace) == "sandbox"
    assert policy.of_findings(late, STARVED - 0.1) == "product"
    assert policy.of_findings([*late, *ledger.conserved(slow)], slow.pace) == "product"


def unnamed() -> ExecutionRecord:
    """Return a failed run whose events name no credential."""
    run = healthy_run()
    failed = run.events[-1].model_copy(update={"event_type": "playbook.failed", "error": "why"})
    return run.model_copy(update={"events": (*run.events[:-1], failed), "end": "playbook.failed"})


def test_a_recorded_deviation_counts_as_in_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, run = Kept(tmp_path / "run"), unnamed()
    kept.evidence.record(run)
    kept.scenario(DEVIATES, [(failure.reason_names_credential, run)])
    folder = kept.write()
    code, told = judged(folder, capsys)
    assert code == 0
    assert f"{DEVIATES}: deviates, as recorded" in told
    assert "- a recorded deviation" in told

    def name_it(record: dict[str, Any]) -> None:
        record["events"][-1]["error"] = "no credential pg_k8s"

    alter(folder, name_it)
    code, told = judged(folder, capsys)
    assert code == 1
    assert "product, recorded as deviates" in told
    assert "a missing credential is not named did not show reason-without-name" in told
    assert "recorded, not found any more: reason-without-name" in told


def test_a_release_without_the_deviation_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, run = Kept(tmp_path / "run", release="9.9"), unnamed()
    kept.evidence.record(run)
    kept.scenario(DEVIATES, [(failure.reason_names_credential, run)])
    code, told = judged(kept.write(), capsys)
    assert (code, "product, as recorded" in told) == (1, True)


def test_what_cannot_be_judged_again_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, run = Kept(tmp_path / "run"), healthy_run()
    kept.evidence.record(run)
    fine: Steps = [(ledger.conserved, run)]
    names = PAIR.names.model_copy(update={"payload": None})
    lacking = run.model_copy(
        update={
            "execution_id": "2000",
            "pair": PAIR.model_copy(update={"names": names}),
        }
    )
    kept.evidence.record(lacking)
    kept.scenario("Lacks a name", [(answers.own_answer, lacking)])
    kept.scenario("Broke first", [], verdict="sandbox", reason="worker-1 exited")
    kept.scenario("Changed later", fine, verdict="product", reason="call-after-end: 1\nmore")
    code, told = judged(kept.write(), capsys)
    assert code == 1
    assert "Lacks a name: skipped, as recorded" in told
    assert "  not judged, because the pair has no column for what the API answered" in told
    assert "Broke first: cannot be judged again" in told
    assert "it ended as sandbox and no check was applied: worker-1 exited" in told
    assert "it ended as product by something else than its checks: call-after-end: 1" in told
    assert told.splitlines()[-1] == (
        "judged again: 1 not judged, 2 not to be judged from the records"
    )


def test_a_run_that_failed_outside_of_its_scenarios_is_not_green_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, run = Kept(tmp_path / "run"), healthy_run()
    kept.evidence.record(run)
    kept.scenario("The ledger", [(ledger.conserved, run)])
    kept.results.append(of_the_run("the take-down", SandboxError("no answer")))
    code, told = judged(kept.write(), capsys)
    assert code == 1
    assert "the take-down: cannot be judged again" in told
    assert "it ended as sandbox and no check was applied: no answer" in told


def test_a_scenario_that_stopped_midway_need_not_have_shown_its_deviation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, run = Kept(tmp_path / "run"), healthy_run()
    kept.evidence.record(run)
    steps = (StepResult("When", "failed", 1.0, "late"), StepResult("Then", "skipped", 0.0))
    late = {"verdict": "product", "reason": "after 60 s: no end", "steps": steps}
    kept.scenario(DEVIATES, [(ledger.conserved, run)], **late)
    _, told = judged(kept.write(), capsys)
    assert "by something else than its checks: after 60 s: no end" in told
    assert "did not show" not in told


def crashes(record: ExecutionRecord) -> list[Finding]:
    """A check that crashes."""
    raise ZeroDivisionError(record.execution_id)


def test_a_check_that_crashes_now_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = healthy(tmp_path)
    monkeypatch.setitem(check_names._CHECKS, "no-traveler-missing", crashes)
    code, told = judged(folder, capsys)
    assert code == 1
    assert "The ledger: suite, recorded as passed" in told
    assert "the check no-traveler-missing crashed: ZeroDivisionError" in told


def test_with_settings_of_ones_own_a_recorded_deviation_may_show_or_not() -> None:
    loses = Deviation(
        name="loses one",
        rules=("C25",),
        releases="==2.8.9",
        scenarios=("Anything",),
        findings=(Expected(kind="row-missing"),),
        why="An example.",
    )
    recorded_as = ScenarioResult("a", "Anything", "a.feature:1", (), "passed")
    judgements = [
        judgement_of(ledger.nothing_missing, HEALTHY, (), findings=ledger.nothing_missing(HEALTHY))
    ]
    records = {HEALTHY.execution_id: HEALTHY}
    own = RecordedDeviations([loses], other_settings=True)
    again = replay(recorded_as, judgements, records, own)
    assert (again.verdict, again.differs) == ("passed", False)
    assert again.lines == ("differs from the record: loses one did not show row-missing",)
    usual = replay(recorded_as, judgements, records, RecordedDeviations([loses]))
    assert usual.verdict == "product"


def test_a_deviation_that_could_not_show_is_not_judged_then_and_later() -> None:
    loses = Deviation(
        name="loses one",
        rules=("C25",),
        releases="==2.8.9",
        scenarios=("Anything",),
        findings=(Expected(kind="row-missing"),),
        why="An example.",
    )
    names = PAIR.names.model_copy(update={"payload": None})
    lacking = HEALTHY.model_copy(update={"pair": PAIR.model_copy(update={"names": names})})
    deviations = RecordedDeviations([loses])
    context = SimpleNamespace(
        deviations=deviations, not_judged=[], judgements=[], session=UNTIMED, executions=()
    )
    judge(context, answers.own_answer, lacking)
    error = conclude(context, judged=True)
    assert isinstance(error, NotJudgedError)
    assert str(error) == "the pair has no column for what the API answered"
    recorded_as = ScenarioResult("a", "Anything", "a.feature:1", (), "skipped", str(error))
    again = replay(
        recorded_as, context.judgements, {lacking.execution_id: lacking}, deviations.anew()
    )
    assert (again.verdict, again.same) == ("skipped", True)


def test_the_pace_of_the_scenario_is_kept_for_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(tmp_path / "run")
    kept.evidence.record(HEALTHY)
    kept.pace = STARVED
    kept.scenario("The calls", [(calls.in_flight_between, HEALTHY, 99, 100)])
    (result,) = kept.results
    assert result.verdict == "sandbox"
    code, told = judged(kept.write(), capsys)
    assert code == 1
    assert "The calls: sandbox, as recorded" in told
