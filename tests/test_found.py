"""Whose failure findings are, as the judged records tell: the suite's own services may be why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.checks import ledger, log_findings
from noetl_acceptance.checks.own_api import LATE_SECONDS, answered_late, own_traceback
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.model.cancelled import Cancelled
from noetl_acceptance.model.event_types import EndReason
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.probe_record import TARGETS, ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.services import LogError
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.support.polling import StarvedError
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.found import error_of, verdict_of
from tests.kept_run import Kept, judged
from tests.runs import healthy_run
from tests.test_recorded import recorded

HEALTHY = healthy_run()
FAILED = LogError(
    at=1.0,
    service="profile-api",
    traceback=True,
    text="Traceback (most recent call last):\nRuntimeError: no table",
)
MISSING = [Finding("row-missing", "1 missing")]


def with_call(record: ExecutionRecord, number: int = 0, **fields: Any) -> ExecutionRecord:
    """Return a record of which one call went otherwise."""
    calls = list(record.outcome.calls)
    calls[number] = calls[number].model_copy(update=fields)
    outcome = record.outcome.model_copy(update={"calls": tuple(calls)})
    return record.model_copy(update={"outcome": outcome})


def ruled(record: ExecutionRecord, *rules: Rule) -> ExecutionRecord:
    request = record.request.model_copy(update={"rules": rules})
    return record.model_copy(update={"request": request})


FIRST = HEALTHY.outcome.calls[0]
ABANDONED = with_call(HEALTHY, answer="abandoned", status=None)
LATE = with_call(HEALTHY, departed=FIRST.arrived + LATE_SECONDS + 0.1)
CANCELLED = Cancelled(asked=1.0, answered=2.0, answer="")


@pytest.mark.parametrize(
    ("record", "late"),
    [
        (HEALTHY, False),
        (ABANDONED, True),
        (LATE, True),
        (with_call(HEALTHY, departed=FIRST.arrived + LATE_SECONDS - 0.1), False),
        (ruled(ABANDONED, Rule("never")), False),
        (ruled(ABANDONED, Rule("delay", seconds=30)), False),
        (ruled(ABANDONED, Rule("never", travelers=(9999,))), True),
        (ruled(LATE, Rule("delay", seconds=30)), False),
        (ruled(LATE, Rule("delay", seconds=30, travelers=(9999,))), True),
        (ABANDONED.model_copy(update={"cancelled": CANCELLED}), False),
    ],
)
def test_an_answer_that_no_rule_delays_is_late(record: ExecutionRecord, late: bool) -> None:
    assert answered_late([record]) is late
    assert answered_late([[record], "another argument"]) is late


def test_only_a_traceback_of_the_suites_own_counts() -> None:
    noetls = FAILED.model_copy(update={"service": "worker-1"})
    line = FAILED.model_copy(update={"traceback": False})
    other = HEALTHY.model_copy(update={"log_errors": (noetls, line)})
    assert own_traceback([other]) is None
    both = HEALTHY.model_copy(update={"log_errors": (noetls, FAILED)})
    assert own_traceback([other, [both]]) == FAILED


def test_what_is_found_where_the_profile_api_failed_is_the_suites() -> None:
    record = HEALTHY.model_copy(update={"log_errors": (FAILED,)})
    error = error_of(MISSING, "row-missing: 1 missing", [record])
    assert isinstance(error, SuiteError)
    words = "the suite's own profile-api failed meanwhile: RuntimeError: no table"
    assert str(error).startswith(words)
    assert "row-missing: 1 missing" in str(error)
    crash = [Finding(log_findings.CRASH, "worker-1 exited 1")]
    assert type(error_of(crash, "worker-1 exited 1", [record])) is AssertionError


@pytest.mark.parametrize(
    ("record", "pace", "verdict"),
    [(ABANDONED, STARVED, "sandbox"), (LATE, 1.0, "product"), (HEALTHY, STARVED, "product")],
)
def test_a_late_answer_on_a_starved_machine_is_the_sandboxs(
    record: ExecutionRecord, pace: float, verdict: str
) -> None:
    starved = record.model_copy(update={"pace": pace})
    assert verdict_of(MISSING, [starved]) == verdict
    error = error_of(MISSING, "row-missing", [starved])
    assert policy.of_error(error) == verdict
    assert isinstance(error, StarvedError) is (verdict == "sandbox")


def claimed_twice(record: ExecutionRecord) -> ExecutionRecord:
    claim = next(each for each in record.events if each.event_type == "command.claimed")
    again = claim.model_copy(update={"event_id": claim.event_id + 5_000, "at": claim.at + 31})
    return record.model_copy(update={"events": (*record.events, again)})


@pytest.mark.parametrize(
    ("record", "pace", "kind", "verdict"),
    [
        (claimed_twice(HEALTHY), STARVED, "call-repeated", "sandbox"),
        (claimed_twice(HEALTHY), STARVED, "claimed-twice", "sandbox"),
        (claimed_twice(HEALTHY), STARVED, "row-missing", "product"),
        (claimed_twice(HEALTHY), STARVED - 0.1, "call-repeated", "product"),
        (HEALTHY, STARVED, "call-repeated", "product"),
    ],
)
def test_what_is_done_again_for_a_late_worker_is_the_sandboxs(
    record: ExecutionRecord, pace: float, kind: str, verdict: str
) -> None:
    starved = record.model_copy(update={"pace": pace})
    assert verdict_of([Finding(kind, "again")], [starved]) == verdict


def test_a_failed_profile_api_is_told_then_and_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(tmp_path / "run")
    record = recorded("drops-one-row").model_copy(update={"log_errors": (FAILED,)})
    kept.evidence.record(record)
    kept.scenario("The rows", [(ledger.conserved, record)])
    kept.scenario("The services", [(log_findings.quiet, [record], [], [], [])])
    assert [result.verdict for result in kept.results] == ["suite", "suite"]
    assert "row-missing: 1 missing" in kept.results[0].reason
    code, told = judged(kept.write(), capsys)
    assert code == 1
    assert "The rows: suite, as recorded" in told
    assert "The services: suite, as recorded" in told


@pytest.mark.parametrize(
    ("end", "pace", "verdict"),
    [
        ("playbook.failed", STARVED, "sandbox"),
        ("playbook.failed", 1.0, "product"),
        ("playbook.completed", STARVED, "product"),
    ],
)
def test_a_probe_that_failed_on_a_starved_machine_is_the_sandboxs(
    end: EndReason, pace: float, verdict: str
) -> None:
    probe = ProbeRecord(
        execution_id="1",
        target=TARGETS[0],
        asked=2,
        address="127.0.0.1:1",
        end=end,
        error="",
        calls=(),
        attempts=(),
    )
    assert verdict_of([Finding("calls", "2 calls expected, 0 seen")], [probe], pace) == verdict
