"""Lanes: runs side by side that leave one run, with a stand-in for behave."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.conformance.scenarios import default_tags
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.orchestration import lanes
from noetl_acceptance.orchestration.lanes import (
    BESIDE_OTHERS,
    beside_others,
    run_in_lanes,
)
from noetl_acceptance.orchestration.shards import Selected
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.polling import told_starved
from noetl_acceptance.verdict import exit_codes
from tests.test_merge import MISSED, scenario

STAND_IN = """
import json, os, pathlib, signal, sys
plan, *given = sys.argv[1:]
runs = next(each.removeprefix("runs=") for each in given if each.startswith("runs="))
shard = next((each.removeprefix("shard=") for each in given if each.startswith("shard=")), "alone")
pathlib.Path(plan + "." + shard.replace("/", "-")).write_text(json.dumps(given))
told = json.loads(pathlib.Path(plan).read_text())[shard]
if "signal" in told:
    os.kill(os.getpid(), told["signal"])
if "folder" in told:
    folder = pathlib.Path(runs) / "the-run"
    (folder / "logs").mkdir(parents=True)
    for name, text in told["folder"].items():
        (folder / name).write_text(text)
print("sandbox of tea, NoETL 2.8.9; evidence in", runs)
print("  Scenario: of", shard)
if "error" in told:
    print("error:", told["error"])
sys.exit(told["code"])
"""
"""Leaves what a plan says for its shard, and what it was given."""


def run(*found: ScenarioResult, code: int | None = None, shard: str = "") -> dict[str, Any]:
    figures = Figures(noetl="2.8.9", options={"shard": shard} if shard else {})
    scenarios = [asdict(each) for each in found]
    return {
        "code": exit_codes.exit_code(each.verdict for each in found) if code is None else code,
        "folder": {
            "figures.json": figures.model_dump_json(),
            "results.json": json.dumps({"schema": 3, "scenarios": scenarios}),
            "ended.jsonl": "".join(f"{json.dumps(_ended(each))}\n" for each in found),
        },
    }


def _ended(result: ScenarioResult) -> tuple[str, str, str, str, float]:
    return result.location, result.scenario, result.verdict, result.reason, result.seconds


def selected(number: int, *, alone: bool = False) -> Selected:
    return Selected(f"features/f.feature:{number}", "f", f"S{number}", (), alone)


class Machine:
    """Where the stand-in runs; ``told`` is what the console says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
        self.place = place
        self.stream = io.StringIO()
        self.plan = place / "plan.json"
        self.folder = place / "runs" / "one"
        self.found: list[ScenarioResult] = []
        self.selected = [selected(number) for number in range(1, 9)]
        script = place / "stand_in.py"
        script.write_text(STAND_IN)

        def command(*arguments: str) -> list[str]:
            return [sys.executable, str(script), str(self.plan), *arguments]

        monkeypatch.setattr(lanes, "run_command", command)

    def run(self, count: int, plan: dict[str, dict[str, Any]], *arguments: str) -> int:
        self.plan.write_text(json.dumps(plan))
        console = Console(self.stream)
        self.found = run_in_lanes(arguments, count, self.folder, self.selected, console)
        return exit_codes.exit_code(each.verdict for each in self.found)

    @property
    def told(self) -> str:
        return self.stream.getvalue()

    def given(self, shard: str) -> list[str]:
        arguments: list[str] = json.loads(Path(f"{self.plan}.{shard}").read_text())
        *given, _, lanes, _, runs, reports = arguments
        assert (lanes, reports) == ("lanes=1", "--no-junit")
        assert runs.startswith(f"runs={self.place / 'runs' / 'one-lanes'}/")
        return given

    def merged(self) -> list[ScenarioResult]:
        (folder,) = (each.parent for each in (self.place / "runs").glob("*/figures.json"))
        return results.read(folder)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path)


def test_lanes_leave_one_run_with_the_code_of_all(machine: Machine) -> None:
    plan = {
        "1/2": run(scenario(2), shard="1/2"),
        "2/2": run(scenario(1, "product", reason="lost"), shard="2/2"),
    }
    assert machine.run(2, plan, "features/x.feature", "--tags=@quick") == 1
    assert machine.given("1-2") == [
        *("features/x.feature", "--tags=@quick", BESIDE_OTHERS, "-D", "shard=1/2")
    ]  # fmt: skip
    assert [each.verdict for each in machine.merged()] == ["product", "passed"]
    assert machine.found == machine.merged()
    assert machine.told.splitlines() == [
        "sandbox of tea, NoETL 2.8.9; in 2 lanes, each on one of its own",
        "  failed by the product (0.0 s): features/f.feature:1 S1",
        "    lost",
        "  passed (0.0 s): features/f.feature:2 S2",
        "the steps of each scenario: runs/one-lanes/*.log",
    ]


def test_what_is_seen_of_a_scenario_after_its_end_is_told(machine: Machine) -> None:
    late = run(scenario(1, "product", reason="a call after the end"), shard="1/2")
    late["folder"]["ended.jsonl"] = f"{json.dumps(_ended(scenario(1)))}\n"
    assert machine.run(2, {"1/2": late, "2/2": run(scenario(2), shard="2/2")}) == 1
    assert "  passed (0.0 s): features/f.feature:1 S1" in machine.told
    assert machine.told.splitlines()[-1] == "seen after its end: features/f.feature:1 S1: product"


def test_lanes_run_no_more_than_is_selected_without_tags() -> None:
    plain = [*(f"--tags={each}" for each in default_tags()), BESIDE_OTHERS]
    assert beside_others(["features/x.feature", "-D", "workers=3"]) == plain
    for tags in (["-t", "@quick"], ["-t@quick"], ["--tags", "@quick"], ["--tags=@quick"]):
        assert beside_others(tags) == [BESIDE_OTHERS]


def test_who_missed_a_deadline_beside_others_is_run_again_alone(machine: Machine) -> None:
    missed = scenario(1, "product", reason=MISSED)
    plan = {
        "1/2": run(missed, scenario(4, "product", reason="lost"), shard="1/2"),
        "2/2": run(scenario(2), scenario(3, "sandbox", reason=f"starved\n{MISSED}"), shard="2/2"),
        "alone": run(scenario(1), scenario(3)),
    }
    assert machine.run(2, plan, "features", "-D", "noetl=2.8.5", "--tags=@quick", "-Dkeep=no") == 1
    assert machine.given("alone") == [
        *("-D", "noetl=2.8.5", "--tags=@quick", "-Dkeep=no"),
        *("features/f.feature:1", "features/f.feature:3"),
    ]
    assert [each.verdict for each in machine.merged()] == ["passed", "passed", "passed", "product"]
    assert "late beside other lanes: 2 scenarios once more, alone" in machine.told
    assert "run again alone: features/f.feature:1 S1: passed" in machine.told


@pytest.mark.parametrize(
    ("reason", "again"),
    [
        ("expected: calls overlap\nbut: not-parallel: at least 2 wanted, 1 seen", True),
        ("expected: reuse\nbut:\n  connections: 2 expected, 4 used", True),
        ("expected: stored\nbut: row-missing: 1 row missing (travelers 5)", False),
        (f"{told_starved(4.0)}\nexpected: stored\nbut: row-missing: 1 row missing", True),
    ],
)
def test_what_a_delay_may_cause_is_run_again_and_nothing_else(
    reason: str, again: bool, machine: Machine
) -> None:
    failed = scenario(1, "product", reason=reason)
    plan = {
        "1/2": run(failed, shard="1/2"),
        "2/2": run(scenario(2), shard="2/2"),
        "alone": run(scenario(1)),
    }
    assert machine.run(2, plan) == (0 if again else 1)


def test_who_misses_it_alone_as_well_is_blamed(machine: Machine) -> None:
    missed = scenario(1, "product", reason=MISSED)
    plan = {
        "1/2": run(missed, shard="1/2"),
        "2/2": run(scenario(2), shard="2/2"),
        "alone": run(missed),
    }
    assert machine.run(2, plan) == 1
    assert [each.earlier for each in machine.merged()] == [MISSED, ""]


def test_nothing_is_run_again_after_a_signal(machine: Machine) -> None:
    ended = ScenarioResult("the run", "the run", "", (), "interrupted", "a signal ended the run")
    missed = scenario(1, "product", reason=MISSED)
    plan = {"1/2": run(missed, shard="1/2"), "2/2": run(ended, shard="2/2")}
    assert machine.run(2, plan) == 130
    assert not Path(f"{machine.plan}.alone").exists()


@pytest.mark.parametrize(
    ("lost", "how"),
    [({"signal": 9}, "signal 9"), ({"code": 4}, "exit code 4")],
    ids=["killed", "crashed"],
)
def test_a_lane_that_leaves_no_results_fails_the_run_and_the_others_count(
    lost: dict[str, int], how: str, machine: Machine
) -> None:
    assert machine.run(2, {"1/2": run(scenario(1), shard="1/2"), "2/2": lost}) == 3
    one, other = machine.merged()
    assert (one.verdict, other.verdict, other.scenario) == ("passed", "sandbox", "lane-2")
    assert f"the lane ended by {how} and left no results" in other.reason


def test_who_wants_the_machine_to_itself_has_it_after_the_lanes(machine: Machine) -> None:
    machine.selected += [selected(11, alone=True), selected(12, alone=True)]
    plan = {
        "1/2": run(scenario(1), shard="1/2"),
        "2/2": run(scenario(2, "product", reason=MISSED), shard="2/2"),
        "alone": run(scenario(11), scenario(12), scenario(2)),
    }
    assert machine.run(2, plan, "features", "-D", "noetl=2.8.5") == 0
    assert machine.given("alone") == [
        *("-D", "noetl=2.8.5"),
        *(f"features/f.feature:{line}" for line in (11, 12, 2)),
    ]
    assert [each.earlier for each in machine.merged()] == ["", MISSED, "", ""]


def test_what_was_to_run_alone_and_is_lost_fails_the_run(machine: Machine) -> None:
    machine.selected += [selected(11, alone=True)]
    told = {"1/2": run(scenario(1), shard="1/2"), "2/2": run(scenario(2), shard="2/2")}
    assert machine.run(2, {**told, "alone": {"signal": 9}}) == 3
    assert "alone: the lane ended by signal 9" in machine.merged()[-1].reason


def test_where_every_lane_is_lost_the_run_is(machine: Machine) -> None:
    assert machine.run(2, {"1/2": {"code": 4}, "2/2": {"code": 4}}) == 3


def test_wrong_usage_is_that_of_the_lanes(machine: Machine) -> None:
    refused = {"code": 2, "error": "-D nosuch=1 is no option"}
    with pytest.raises(UsageError, match="-D nosuch=1 is no option"):
        machine.run(2, {"1/2": refused, "2/2": refused})
