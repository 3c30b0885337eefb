"""The one policy: what was seen, whose it is, and the page that says so."""

from __future__ import annotations

import errno
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks import log_findings
from noetl_acceptance.checks.command_line import COMMAND_FAILED
from noetl_acceptance.checks.slowness import TIMED
from noetl_acceptance.conformance.verdict_rules_page import _PASSED, verdicts_page
from noetl_acceptance.errors import NotJudgedError, SandboxError, SuiteError, UsageError
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.services import ServiceChange
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.support.polling import DeadlineError, StarvedError
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict import exit_codes, policy

ERRORS: list[tuple[BaseException, str]] = [
    (KeyboardInterrupt(), "interrupted"),
    (UsageError("no such option"), "usage"),
    (NotJudgedError("the pair has no names"), "skipped"),
    (SandboxError("postgres exited"), "sandbox"),
    (StarvedError("too slow"), "sandbox"),
    (psycopg.OperationalError("the connection is lost"), "sandbox"),
    (psycopg.errors.QueryCanceled("statement timeout"), "sandbox"),
    (psycopg.InterfaceError("the connection is closed"), "sandbox"),
    (OSError(errno.ENOSPC, "No space left on device"), "sandbox"),
    (OSError(errno.EACCES, "Permission denied"), "suite"),
    (DeadlineError("after 5 s"), "product"),
    (AssertionError("3 rows missing"), "product"),
    (SuiteError("a check crashed"), "suite"),
    (KeyError("x"), "suite"),
]


@pytest.mark.parametrize(("error", "verdict"), ERRORS, ids=lambda each: type(each).__name__)
def test_an_error_of_a_step(error: BaseException, verdict: str) -> None:
    assert policy.of_error(error) == verdict
    outside = "suite" if verdict == "product" else verdict
    assert policy.of_error(error, in_step=False) == outside


def state(name: str, **fields: object) -> ServiceState:
    return ServiceState(name, **{"running": False, **fields})  # type: ignore[arg-type]


SERVICES = [
    (state("server", exit_code=0), "skipped"),
    (state("worker-3", exit_code=1), "product"),
    (state("worker-3", exit_code=-11), "product"),
    (state("worker-3", exit_code=139), "product"),
    (state("server", exit_code=-6), "product"),
    (state("server", exit_code=137, out_of_memory="sandbox"), "product"),
    (state("server", exit_code=137, out_of_memory="host"), "skipped"),
    (state("worker-3", exit_code=-9), "skipped"),
    (state("worker-3", exit_code=137), "skipped"),
    (state("server", exit_code=143), "skipped"),
    (state("server", exit_code=-15), "skipped"),
    (state("server", exit_code=192), "skipped"),
    (state("server", exit_code=128), "product"),
    (state("server", exit_code=193), "product"),
    (state("server", exit_code=255), "product"),
    (state("server", exit_code=None), "skipped"),
    (state("server", running=True, frozen=True), "skipped"),
    (state("server", running=True, life="another"), "skipped"),
    (state("postgres", exit_code=1), "sandbox"),
    (state("postgres", exit_code=137), "sandbox"),
    (state("nats", running=True, frozen=True), "sandbox"),
    (state("nats", exit_code=None), "sandbox"),
    (state("profile-api", exit_code=1), "suite"),
    (state("profile-api", exit_code=-9), "suite"),
]


def finding(seen: ServiceState) -> Finding:
    change = ServiceChange(at=1.0, service=seen.name, state="gone", cause=seen.cause or "outside")
    return Finding(log_findings.kind_of_change(change), seen.told)


@pytest.mark.parametrize(("seen", "verdict"), SERVICES, ids=lambda each: str(each)[:80])
def test_what_became_of_a_service(seen: ServiceState, verdict: str) -> None:
    assert policy.of_findings([finding(seen)]) == verdict


TRACEBACK = Finding(log_findings.TRACEBACK, "server logged: OperationalError")
FIRST = [(seen, verdict) for seen, verdict in SERVICES if not seen.running]


@given(
    st.sampled_from(FIRST),
    st.lists(st.sampled_from([*map(finding, dict(FIRST)), TRACEBACK]), max_size=4),
)
def test_the_first_service_that_went_is_the_cause_of_what_followed(
    first: tuple[ServiceState, str], later: list[Finding]
) -> None:
    seen, verdict = first
    services = [each for each in later if each.kind != log_findings.TRACEBACK]
    tracebacks = [each for each in later if each.kind == log_findings.TRACEBACK]
    assert policy.of_findings([*tracebacks, finding(seen), *services]) == verdict


@pytest.mark.parametrize(
    ("kinds", "pace", "verdict"),
    [
        (["missing"], 1.0, "product"),
        (["missing"], 99.0, "product"),
        ([min(TIMED)], STARVED, "sandbox"),
        ([min(TIMED)], STARVED - 0.1, "product"),
        ([min(TIMED), "missing"], STARVED, "product"),
        ([COMMAND_FAILED], STARVED, "sandbox"),
        ([COMMAND_FAILED], STARVED - 0.1, "product"),
        ([log_findings.OWN_TRACEBACK], 1.0, "suite"),
        ([log_findings.OWN_TRACEBACK, log_findings.TRACEBACK], 1.0, "suite"),
        ([log_findings.OWN_TRACEBACK, "missing"], STARVED, "suite"),
        ([log_findings.TRACEBACK], STARVED - 0.1, "product"),
        ([log_findings.TRACEBACK], STARVED, "sandbox"),
        ([log_findings.TRACEBACK, "missing"], STARVED, "product"),
    ],
)
def test_what_checks_found(kinds: list[str], pace: float, verdict: str) -> None:
    assert policy.of_findings([Finding(kind, "words") for kind in kinds], pace) == verdict


@pytest.mark.parametrize(
    ("kinds", "failed_pace", "verdict"),
    [
        (["missing"], STARVED, "sandbox"),
        (["missing", log_findings.TRACEBACK], STARVED, "sandbox"),
        (["missing"], STARVED - 0.1, "product"),
        (["missing", log_findings.CRASH], STARVED, "product"),
        ([log_findings.OWN_TRACEBACK], STARVED, "suite"),
    ],
)
def test_what_checks_found_of_an_execution_that_failed_on_a_starved_machine(
    kinds: list[str], failed_pace: float, verdict: str
) -> None:
    findings = [Finding(kind, "words") for kind in kinds]
    assert policy.of_findings(findings, 1.0, failed_pace) == verdict


@pytest.mark.parametrize(
    ("own_traceback", "answered_late", "pace", "verdict"),
    [
        (True, False, 1.0, "suite"),
        (True, True, STARVED, "suite"),
        (False, True, STARVED, "sandbox"),
        (False, True, STARVED - 0.1, "product"),
        (False, False, STARVED, "product"),
    ],
)
def test_what_checks_found_where_a_service_of_the_suites_own_did_wrong(
    own_traceback: bool, answered_late: bool, pace: float, verdict: str
) -> None:
    found = [Finding("missing", "words")]
    told = {"own_traceback": own_traceback, "answered_late": answered_late}
    assert policy.of_findings(found, pace, **told) == verdict
    crash = Finding(log_findings.CRASH, "worker-1 exited 1")
    assert policy.of_findings([*found, crash], pace, **told) == "product"


UNSEEN = {"judged": True, "unseen": True, "deviates": True, "not_judged": False}
PASSED: list[tuple[dict[str, Any], str]] = [
    ({"judged": False, "unseen": False, "deviates": False, "not_judged": False}, "suite"),
    ({**UNSEEN, "not_judged": True}, "skipped"),
    ({**UNSEEN, "pace": STARVED}, "sandbox"),
    ({**UNSEEN, "pace": STARVED - 0.1}, "product"),
    ({"judged": True, "unseen": False, "deviates": True, "not_judged": True}, "deviates"),
    ({"judged": True, "unseen": False, "deviates": False, "not_judged": True}, "skipped"),
    ({"judged": True, "unseen": False, "deviates": False, "not_judged": False}, "passed"),
]


@pytest.mark.parametrize(("seen", "verdict"), PASSED)
def test_a_scenario_whose_steps_passed(seen: dict[str, Any], verdict: str) -> None:
    assert policy.of_passed(**seen) == verdict


def test_what_could_not_be_judged_could_not_show_on_a_starved_machine_either() -> None:
    assert policy.of_passed(**{**UNSEEN, "not_judged": True}, pace=STARVED) == "skipped"


@pytest.mark.parametrize("verdict", ["product", "sandbox", "suite", "skipped"])
def test_the_error_of_a_verdict_has_that_verdict(verdict: exit_codes.Verdict) -> None:
    assert policy.of_error(policy.failure(verdict, "words")) == verdict


def test_each_rule_is_tried_here_and_stands_in_the_page() -> None:
    page = verdicts_page()
    for rule in (*policy.ERRORS, *policy.SERVICES, *policy.FINDINGS):
        words = f"| {rule.seen} |"
        assert words in page
    tried = {verdict for _, verdict in (*ERRORS, *SERVICES, *PASSED)}
    assert tried == {*exit_codes.CODES, "passed", "deviates"}
    assert page.count("| exit code |") == 4
    assert [verdict for _, verdict in _PASSED] == [verdict for _, verdict in PASSED]
