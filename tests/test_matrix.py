"""Running on every sandbox, and what is said of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import Figures, write_figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.orchestration import matrix
from noetl_acceptance.orchestration.behave_processes import end_with
from noetl_acceptance.sandbox.containers.engine import INSTALL
from noetl_acceptance.sandbox.problem import Problem
from noetl_acceptance.verdict import exit_codes
from tests import warm


def scenario(line: int, verdict: str = "passed") -> ScenarioResult:
    return ScenarioResult("F", f"S{line}", f"features/f.feature:{line}", ("C01",), verdict)


class Machine:
    """A machine on which behave leaves given results instead of running."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.found: dict[str, list[ScenarioResult]] = {}
        self.codes: dict[str, int] = {}
        self.asked: dict[str, list[str]] = {}
        self.lanes: dict[str, str] = {}
        self.selected: list[str] = []
        monkeypatch.setattr(matrix, "BASE", tmp_path)
        monkeypatch.setattr(matrix, "_run", self._run)
        self.problems(monkeypatch, None, None)

    def problems(
        self, monkeypatch: pytest.MonkeyPatch, compose: str | None, embedded: str | None
    ) -> None:
        def told(cause: str | None) -> Problem | None:
            return Problem(cause, INSTALL) if cause else None

        monkeypatch.setattr(matrix, "compose_problem", lambda: told(compose))
        monkeypatch.setattr(matrix, "embedded_problem", lambda: told(embedded))

    def _run(self, kind: str, folder: Path, arguments: Sequence[str]) -> int:
        _, self.lanes[kind], *self.asked[kind] = arguments
        if kind in self.found:
            (folder / "run").mkdir(parents=True, exist_ok=True)
            results.write(self.found[kind], folder / "run")
            write_figures(Figures(selected=self.selected), folder / "run")
        return self.codes.get(kind, 0)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path)


BOTH = ("compose", "embedded")


def test_both_green_with_the_same_scenarios(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.found = {kind: [scenario(1), scenario(2)] for kind in BOTH}
    assert matrix.run_everywhere(BOTH, ()) == 0
    assert capsys.readouterr().out.splitlines() == [
        "acceptance-compose: 2 passed, 0 failed, 0 not judged",
        "acceptance-embedded: 2 passed, 0 failed, 0 not judged",
    ]


def test_what_deviates_as_recorded_has_passed_and_is_told(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.found = {"embedded": [scenario(1), scenario(2, "deviates")]}
    machine.found["compose"] = [scenario(1), scenario(2)]
    assert matrix.run_everywhere((), ()) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "acceptance-embedded: 2 passed, 0 failed, 0 not judged",
        "of these, 1 deviates as recorded in deviations/",
    ]


def test_a_scenario_that_one_did_not_run_fails(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.found = {
        "compose": [scenario(1), scenario(2)],
        "embedded": [scenario(1), scenario(2, "skipped")],
    }
    assert matrix.run_everywhere(BOTH, (), everywhere=True) == 1
    assert "not run on embedded: features/f.feature:2" in capsys.readouterr().out


def test_the_second_sandbox_runs_the_quick_scenarios(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.found = {"compose": [scenario(1), scenario(2)], "embedded": [scenario(2)]}
    assert matrix.run_everywhere(BOTH, ("-D", "noetl=2.8.5")) == 0
    assert machine.asked["compose"] == ["-D", "noetl=2.8.5"]
    assert machine.asked["embedded"] == ["--tags=@quick", "-D", "noetl=2.8.5"]
    machine.found["compose"] = [scenario(1)]
    assert matrix.run_everywhere(BOTH, ()) == 1
    assert "not run on compose: features/f.feature:2" in capsys.readouterr().out


@pytest.mark.parametrize("verdict", exit_codes.FAILED)
def test_any_failure_fails(machine: Machine, verdict: str) -> None:
    machine.found = {kind: [scenario(1)] for kind in BOTH}
    machine.found["compose"].append(scenario(2, verdict))
    assert matrix.run_everywhere((), ()) == 1


def test_what_failed_is_named_where_the_last_lines_are_read(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = ScenarioResult("F", "S2", "features/f.feature:2", (), "product", "but:\nrow 7 is lost")
    machine.found = {"compose": [scenario(1), failed], "embedded": [scenario(1, "deviates")]}
    assert matrix.run_everywhere((), ()) == 1
    assert capsys.readouterr().out.splitlines()[:3] == [
        "acceptance-compose: 1 passed, 1 failed, 0 not judged",
        "failed by the product:",
        "  features/f.feature:2 S2: row 7 is lost",
    ]


def test_a_run_without_results_or_with_a_bad_code_fails(machine: Machine) -> None:
    machine.found = {"embedded": [scenario(1)]}
    assert matrix.run_everywhere((), ()) == 1
    machine.found["compose"] = [scenario(1)]
    machine.codes = {"compose": 1}
    assert matrix.run_everywhere((), ()) == 1


def test_shards_of_two_sandboxes_are_not_compared(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.selected = [scenario(line).location for line in (1, 2, 3)]
    machine.found = {"compose": [scenario(1)], "embedded": [scenario(2)]}
    assert matrix.run_everywhere((), (), everywhere=True) == 0
    assert matrix.run_everywhere((), ()) == 0
    told = capsys.readouterr().out
    assert "not run on" not in told
    assert told.count("the sandboxes are not compared: a shard holds") == 2
    assert matrix.run_everywhere(("embedded",), ()) == 0
    assert "compared" not in capsys.readouterr().out


def test_of_an_empty_shard_the_exit_code_decides(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.selected = [scenario(1).location]
    machine.found = {"embedded": []}
    assert matrix.run_everywhere(("embedded",), ()) == 0
    machine.codes = {"embedded": 3}
    assert matrix.run_everywhere(("embedded",), ()) == 1
    assert "no scenario ran, exit code 3\n" in capsys.readouterr().out


def test_a_failure_that_no_result_tells_has_a_reason(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert matrix.run_everywhere(("embedded",), ("--dry-run",)) == 1
    assert "no scenario ran, exit code 0\n" in capsys.readouterr().out
    machine.found = {"embedded": [scenario(1)]}
    machine.codes = {"embedded": -9}
    assert matrix.run_everywhere(("embedded",), ()) == 1
    assert "0 not judged\nexit code -9\n" in capsys.readouterr().out


def test_wrong_arguments_of_behaves_are_told_once_and_as_wrong_usage(machine: Machine) -> None:
    machine.codes = dict.fromkeys(BOTH, 2)
    assert matrix.run_everywhere((), ("--nosuch",)) == 2
    assert list(machine.asked) == ["compose"]


def test_wrong_usage_does_not_hide_a_failure(machine: Machine) -> None:
    machine.found = {kind: [scenario(1)] for kind in BOTH}
    machine.codes = {"embedded": 2}
    assert matrix.run_everywhere((), ()) == 2
    machine.codes = {"compose": 1, "embedded": 2}
    assert matrix.run_everywhere((), ()) == 1


def forked(command: Sequence[str], cwd: Path) -> SimpleNamespace:
    """Stands in for ``start``: the command has ended when this returns."""
    _python, _m, module, *arguments = command
    done = warm.run(module, *arguments, folder=cwd)
    sys.stderr.write(done.stderr)
    return SimpleNamespace(returncode=done.code)


@pytest.mark.parametrize(
    "argument", ["--nosuch", "--tags=a and", "-Dnosuch=1", "features/none.feature"]
)
def test_what_behave_refuses_is_wrong_usage(
    argument: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(matrix, "start", forked)
    monkeypatch.setattr(matrix, "embedded_problem", lambda: None)
    assert matrix.run_everywhere(["embedded"], [argument, "-D", f"runs={tmp_path}"]) == 2
    told = capsys.readouterr().err
    assert "error: " in told
    assert "Traceback" not in told
    assert not list(tmp_path.iterdir())


def test_what_cannot_run_here_is_left_out_or_refused(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.found = {"embedded": [scenario(1)]}
    machine.problems(monkeypatch, "there is no docker command", None)
    assert matrix.run_everywhere((), ()) == 0
    assert "sandbox compose left out: there is no docker command" in capsys.readouterr().out
    with pytest.raises(UsageError, match="make engine"):
        matrix.run_everywhere(("compose",), ())
    machine.problems(monkeypatch, "there is no docker command", "no Python")
    with pytest.raises(UsageError, match="no sandbox can run here"):
        matrix.run_everywhere((), ())


def test_only_the_sandboxes_that_are_named_run(machine: Machine) -> None:
    machine.found = {kind: [scenario(1)] for kind in BOTH}
    assert matrix.run_everywhere(("embedded",), ()) == 0
    assert machine.asked == {"embedded": []}


def test_so_many_lanes_are_taken_as_are_asked_for_or_as_fit(machine: Machine) -> None:
    machine.found = {kind: [scenario(1)] for kind in BOTH}
    assert matrix.run_everywhere((), (), lanes=2) == 0
    assert machine.lanes == dict.fromkeys(BOTH, "lanes=2")
    assert matrix.run_everywhere((), ()) == 0
    assert machine.lanes == dict.fromkeys(BOTH, "lanes=auto")


def test_each_run_is_recorded_where_that_is_asked_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.found = {kind: [scenario(1)] for kind in BOTH}
    monkeypatch.setattr(matrix, "record_run", lambda run: run.parent.name[-8:])
    assert matrix.run_everywhere((), (), record=True) == 0
    assert machine.asked == {"compose": [], "embedded": []}
    assert capsys.readouterr().out.count("recorded: ") == 2


def test_a_run_that_cannot_be_recorded_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_run: Path) -> Path:
        raise UsageError("not in it: tea")

    machine.found = {kind: [scenario(1)] for kind in BOTH}
    monkeypatch.setattr(matrix, "record_run", refuse)
    assert matrix.run_everywhere((), ()) == 0
    assert matrix.run_everywhere((), (), record=True) == 1
    assert "not recorded: not in it: tea" in capsys.readouterr().out


def test_behave_is_waited_for() -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    assert end_with(process) == 3
