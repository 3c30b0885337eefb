"""Tracebacks, exits and restarts: what counts, what a tag announces, and who is told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.model_core import Status

from noetl_acceptance.bdd.service_logs import ServiceObserver
from noetl_acceptance.checks.log_findings import ExpectedLog, quiet
from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.services import LogError, ServiceChange
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict.allowed_tracebacks import PREFIX, expected_by, load_expected
from tests.fakes.world import FakePace
from tests.runs import healthy_run
from tests.test_recorded import recorded

LATE = ExpectedLog(tag="logs_late", words=("timed out", "gave up"), reason="An example.")


def traceback(last: str = "ReadTimeout: timed out", service: str = "worker-1") -> LogError:
    text = f"Traceback (most recent call last):\n  File x\n{last}"
    return LogError(at=0.5, service=service, traceback=True, text=text)


def change(state: str, service: str = "worker-1") -> ServiceChange:
    return ServiceChange(at=0.5, service=service, state=state)


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


# --- the check


def test_a_traceback_is_told_with_its_lines_wherever_it_stands() -> None:
    run = healthy_run().model_copy(update={"log_errors": (traceback(),)})
    for found in (quiet([run], [], [], []), quiet([], [traceback()], [], [])):
        (finding,) = found
        assert str(finding).startswith(
            "traceback: worker-1 logged at 00:00:00.500: ReadTimeout: timed out\n"
        )
        assert "  File x\n" in str(finding)


def test_a_single_error_line_is_none() -> None:
    line = LogError(at=None, service="server", traceback=False, text="ERROR: relation x")
    assert quiet([], [line], [], []) == []


def test_an_announced_traceback_is_let_through_and_no_other() -> None:
    both = [traceback(), traceback("ValueError: no")]
    (left,) = quiet([], both, [], [LATE])
    assert "ValueError: no" in str(left)
    assert quiet([], [traceback("Error: gave up")], [], [LATE]) == []


@pytest.mark.parametrize("state", ["exited 137", "restarted"])
def test_an_exit_and_a_restart_count(state: str) -> None:
    run = healthy_run().model_copy(update={"services": (change("up"), change(state))})
    for found in (quiet([run], [], [], []), quiet([], [], [change(state)], [LATE])):
        assert [str(finding) for finding in found] == [
            f"service-change: worker-1 {state}, seen at 00:00:00.500"
        ]


def test_the_suites_own_service_is_told_apart() -> None:
    assert kinds(quiet([], [traceback(service="profile-api")], [], [])) == ["own-traceback"]


# --- the tags


def test_each_tag_stands_in_the_file_and_each_entry_is_used() -> None:
    used = {
        tag
        for scenario in read_features()
        for case in scenario.cases
        for tag in case.tags
        if tag.startswith(PREFIX)
    }
    assert used == {each.tag for each in load_expected()}


def test_the_file_says_why() -> None:
    for each in load_expected():
        assert len(each.reason) > 20, each.tag
        assert each.words, each.tag
        assert all(len(words) > 8 for words in each.words), each.tag


def test_an_unknown_tag_is_the_suites_fault() -> None:
    with pytest.raises(SuiteError, match="@logs_nothing"):
        expected_by(["logs_nothing"])


@pytest.mark.parametrize("text", ["", "- x", "logs_x: {words: [a]}", "logs_x: [", "logs_x: a"])
def test_a_file_that_cannot_be_used_says_so(text: str, tmp_path: Path) -> None:
    file = tmp_path / "expected_logs.yaml"
    file.write_text(text)
    with pytest.raises(SuiteError, match="cannot be used"):
        load_expected(file)


# --- who is told


class ConnectedSandbox:
    """A stage whose services log when they are asked what they log."""

    def __init__(self) -> None:
        self.watch = self
        self.sandbox = SimpleNamespace(states=list)
        self.logged: list[LogError] = []
        self.history: list[ServiceChange] = []
        self.pace = FakePace()

    def begin(self) -> None: ...

    def outside(self) -> list[LogError]:
        logged, self.logged = self.logged, []
        return logged

    def look(self) -> None: ...

    @staticmethod
    def untold() -> list[ServiceChange]:
        return []


def scenario(status: Status = Status.passed) -> Any:
    return SimpleNamespace(status=status, effective_tags=())


def told(oracle: ServiceObserver) -> list[Any]:
    return [owner for owner, _ in oracle.late()]


@pytest.fixture
def stages() -> Any:
    return ConnectedSandbox(), ConnectedSandbox()


def test_a_scenario_is_told_what_its_sandbox_logs(stages: Any) -> None:
    oracle, (main, own) = ServiceObserver(), stages
    oracle.uses(main)
    main.logged, own.logged = [traceback()], [traceback("Other: x")]
    assert oracle.after(scenario(), stages).errors == [traceback()]
    assert oracle.after(scenario(), stages).errors == []


def test_what_comes_between_two_scenarios_is_the_first_ones(stages: Any) -> None:
    oracle, (main, _), first = ServiceObserver(), stages, scenario()
    oracle.uses(main)
    oracle.after(first, stages)
    main.logged = [traceback()]
    oracle.uses(main)
    assert oracle.after(scenario(), stages).errors == []
    assert told(oracle) == [first]
    assert told(oracle) == []


@pytest.mark.parametrize(("pace", "error"), [(STARVED, SandboxError), (1.0, AssertionError)])
def test_what_comes_after_a_scenario_on_a_starved_machine_is_the_sandboxs(
    pace: float, error: type[Exception], stages: Any
) -> None:
    oracle, (main, _) = ServiceObserver(), stages
    oracle.uses(main)
    oracle.asks([recorded("healthy").model_copy(update={"pace": pace})])
    oracle.after(scenario(), stages)
    main.logged = [traceback()]
    oracle.uses(main)
    ((_, found),) = oracle.late()
    assert isinstance(found, error)


def test_what_comes_before_a_sandbox_goes_is_the_last_ones_that_used_it(stages: Any) -> None:
    oracle, (main, own), first = ServiceObserver(), stages, scenario()
    oracle.uses(own)
    oracle.after(first, stages)
    oracle.uses(main)
    oracle.after(scenario(), stages)
    own.logged = [traceback()]
    oracle.closes(own)
    assert told(oracle) == [first]


def test_a_scenario_whose_sandbox_is_replaced_is_told_of_both(stages: Any) -> None:
    oracle, (main, fresh) = ServiceObserver(), stages
    oracle.uses(main)
    main.logged = [traceback()]
    oracle.closes(main)
    oracle.uses(fresh)
    fresh.logged = [traceback("Other: x")]
    assert len(oracle.after(scenario(), [fresh]).errors) == 2


def test_who_has_failed_already_is_told_nothing_more(stages: Any) -> None:
    oracle, (main, _) = ServiceObserver(), stages
    oracle.uses(main)
    oracle.after(scenario(Status.failed), stages)
    main.logged = [traceback()]
    oracle.look_again(main)
    assert told(oracle) == []
