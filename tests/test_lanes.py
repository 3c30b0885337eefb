"""Lanes: runs side by side that leave one run, with a stand-in for behave."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.ended import Ended
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.last_failed import last_run, not_passed
from noetl_acceptance.evidence.late import runs_again
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.orchestration import lanes
from noetl_acceptance.orchestration.lanes import ALONE, Work, run_in_lanes
from noetl_acceptance.orchestration.shards import Selected
from noetl_acceptance.places import ROOT
from noetl_acceptance.support import signals
from noetl_acceptance.support.clocks import step_words
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.polling import told_starved
from noetl_acceptance.verdict import exit_codes
from tests.test_merge import MISSED, scenario

STAND_IN = """
import json, os, pathlib, signal, sys
plan, *given = sys.argv[1:]
runs = next(each.removeprefix("runs=") for each in given if each.startswith("runs="))
shard = next((each.removeprefix("shard=") for each in given if each.startswith("shard=")), "alone")
left = plan + "." + shard.replace("/", "-")
pathlib.Path(left).write_text(json.dumps(given))
pathlib.Path(left + ".cwd").write_text(os.getcwd())
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


def run(
    *found: ScenarioResult, code: int | None = None, shard: str = "", pair: str = ""
) -> dict[str, Any]:
    figures = Figures(noetl="2.8.9", options={"shard": shard} if shard else {}, pair=pair)
    scenarios = [asdict(each) for each in found]
    return {
        "code": exit_codes.exit_code(each.verdict for each in found) if code is None else code,
        "folder": {
            "figures.json": figures.model_dump_json(),
            "results.json": json.dumps({"schema": 3, "scenarios": scenarios}),
            "ended.jsonl": "".join(f"{json.dumps(_ended(each))}\n" for each in found),
        },
    }


def _ended(result: ScenarioResult) -> Ended:
    return Ended(
        result.location, result.scenario, result.verdict, "", result.seconds, runs_again(result)
    )


TORN = '{"schema": 3, "scen'
"""What is left of results where the disk was full."""

OPTIONS = ("-D", "noetl=2.8.5", "--tags=@quick")


def selected(number: int, *, alone: bool = False) -> Selected:
    return Selected(f"features/f.feature:{number}", "f", f"S{number}", (), alone)


class Machine:
    """Where the stand-in runs; ``told`` is what the console says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
        self.place = place
        self.stream = io.StringIO()
        self.plan = place / "plan.json"
        self.folder = place / "runs" / "one"
        self.caller = place / "caller"
        self.caller.mkdir()
        self.found: list[ScenarioResult] = []
        self.further: list[Selected] = []
        """What is selected besides what the lanes of a plan have run."""
        script = place / "stand_in.py"
        script.write_text(STAND_IN)

        def command(*arguments: str) -> list[str]:
            return [sys.executable, str(script), str(self.plan), *arguments]

        monkeypatch.setattr(lanes, "run_command", command)

    def run(self, count: int, plan: dict[str, dict[str, Any]], *arguments: str) -> int:
        self.plan.write_text(json.dumps(plan))
        scenarios = [*self._ran(plan), *self.further]
        work = Work(
            arguments=arguments,
            options=OPTIONS,
            caller=self.caller,
            scenarios=scenarios,
            not_run=[
                ScenarioResult("F", each.name, each.location, ("C01",), "skipped", "not run")
                for each in scenarios
            ],
            figures=Figures(pair="0123", options={"noetl": "2.8.5"}),
        )
        self.found = run_in_lanes(work, count, self.folder, Console(self.stream))
        return exit_codes.exit_code(each.verdict for each in self.found)

    @staticmethod
    def _ran(plan: dict[str, dict[str, Any]]) -> list[Selected]:
        files = [told.get("folder", {}) for shard, told in plan.items() if shard != "alone"]
        whole = (each["results.json"] for each in files if each and each["results.json"] != TORN)
        read = (json.loads(each)["scenarios"] for each in whole)
        locations = sorted(one["location"] for each in read for one in each if one["location"])
        return [selected(int(each.rpartition(":")[2])) for each in locations]

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

    def verdicts(self) -> dict[str, str]:
        assert self.merged() == self.found
        return {each.scenario: each.verdict for each in self.found}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path)


def test_lanes_leave_one_run_with_the_code_of_all(machine: Machine) -> None:
    plan = {
        "1/2": run(scenario(2), shard="1/2"),
        "2/2": run(scenario(1, "product", reason="lost"), shard="2/2"),
    }
    assert machine.run(2, plan, "features/x.feature", "--tags=@quick") == 1
    assert machine.given("1-2") == ["features/x.feature", "--tags=@quick", "-D", "shard=1/2"]
    assert [each.verdict for each in machine.merged()] == ["product", "passed"]
    assert machine.found == machine.merged()
    assert machine.told.splitlines() == [
        "sandbox of tea, NoETL 2.8.9; in 2 lanes, each on one of its own",
        "  failed by the product (0.0 s): features/f.feature:1 S1",
        "  passed (0.0 s): features/f.feature:2 S2",
        "the steps of each scenario: runs/one-lanes/*.log",
    ]


def test_what_is_seen_of_a_scenario_after_its_end_is_told(machine: Machine) -> None:
    late = run(scenario(1, "product", reason="a call after the end"), shard="1/2")
    late["folder"]["ended.jsonl"] = f"{json.dumps(_ended(scenario(1)))}\n"
    assert machine.run(2, {"1/2": late, "2/2": run(scenario(2), shard="2/2")}) == 1
    assert "  passed (0.0 s): features/f.feature:1 S1" in machine.told
    assert machine.told.splitlines()[-1] == "seen after its end: features/f.feature:1 S1: product"


def test_who_missed_a_deadline_beside_others_is_run_again_alone(machine: Machine) -> None:
    missed = scenario(1, "product", reason=MISSED)
    plan = {
        "1/2": run(missed, scenario(4, "product", reason="lost"), shard="1/2"),
        "2/2": run(scenario(2), scenario(3, "sandbox", reason=f"starved\n{MISSED}"), shard="2/2"),
        "alone": run(scenario(1), scenario(3)),
    }
    assert machine.run(2, plan, "features") == 1
    assert machine.given("alone") == [*OPTIONS, *(f"{ROOT}/features/f.feature:{n}" for n in (1, 3))]
    assert [each.verdict for each in machine.merged()] == ["passed", "passed", "passed", "product"]
    assert "late beside other lanes: 2 scenarios once more, alone" in machine.told
    assert "run again alone: features/f.feature:1 S1: passed" in machine.told


SPEED = "not-parallel: at least 2 wanted, 1 seen"
REUSE = "connections: 2 expected, 4 used"
MISSING = "row-missing: 1 row missing (travelers 5)"


def failure(*findings: str) -> str:
    lines = ["Expected: so it is", "     but: execution 7 (4 travelers)", *findings]
    return "\n" + "\n          ".join(lines)


@pytest.mark.parametrize(
    ("reason", "again"),
    [
        (failure(SPEED), True),
        (failure(REUSE, SPEED), True),
        (failure(MISSING), False),
        (failure(SPEED, MISSING), False),
        (failure("protocol: connections are plain", REUSE), False),
        (failure(), False),
        (f"{told_starved(4.0)}{failure(SPEED, MISSING)}", True),
        (MISSED, True),
        (f"server exited 139 (SEGV); so it came to this: {MISSED}", False),
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


def late_in_one(**alone: Any) -> dict[str, dict[str, Any]]:
    return {
        "1/2": run(scenario(1, "product", reason=MISSED), shard="1/2"),
        "2/2": run(scenario(2), shard="2/2"),
        **alone,
    }


INTERRUPTED = ScenarioResult("the run", "the run", "", (), "interrupted", "a signal ended the run")


def test_nothing_is_run_again_after_a_signal_and_nobody_is_blamed(machine: Machine) -> None:
    plan = {**late_in_one(), "2/2": run(scenario(2), INTERRUPTED, shard="2/2")}
    assert machine.run(2, plan) == 130
    assert not Path(f"{machine.plan}.alone").exists()
    (late,) = [each for each in machine.merged() if each.scenario == "S1"]
    assert (late.verdict, late.reason, late.earlier) == ("skipped", "interrupted", MISSED)


def test_nothing_more_is_begun_after_a_signal_of_which_no_lane_tells(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "received", lambda: True)
    machine.further = [selected(11, alone=True)]
    assert machine.run(2, late_in_one()) == 130
    assert not Path(f"{machine.plan}.alone").exists()
    assert machine.verdicts() == {
        "S1": "skipped",
        "S2": "passed",
        "S11": "skipped",
        "the run": "interrupted",
    }


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ({"signal": 9}, "its second attempt, alone, is lost"),
        (run(scenario(1, "skipped", reason="not judged, because of tea")), "because of tea"),
    ],
    ids=["lost", "not judged"],
)
def test_nobody_is_blamed_for_what_was_late_and_is_not_judged_alone(
    second: dict[str, Any], why: str, machine: Machine
) -> None:
    assert machine.run(2, late_in_one(alone=second)) == 3
    late = machine.merged()[0]
    assert (late.verdict, late.earlier) == ("sandbox", MISSED)
    assert late.reason.startswith("it was late beside other lanes, and was not judged alone: ")
    assert late.reason.endswith(why)


def test_what_runs_again_is_not_blamed_on_anybody_before(machine: Machine) -> None:
    assert machine.run(2, late_in_one(alone=run(scenario(1, "product", reason=MISSED)))) == 1
    told = [line for line in machine.told.splitlines() if "f.feature:1 S1" in line]
    assert told == [
        "  late, runs again alone (0.0 s): features/f.feature:1 S1",
        "  failed by the product (0.0 s): features/f.feature:1 S1",
        "run again alone: features/f.feature:1 S1: product",
    ]


SET = f"not judged, because {step_words(30.1, ' during execution 7')}"


@pytest.mark.parametrize(
    ("alone", "verdict", "earlier"),
    [
        (run(scenario(1)), "passed", SET),
        (run(scenario(1, "product", reason="a row is missing")), "product", SET),
        (run(scenario(1, "skipped", reason=SET)), "skipped", SET),
        ({"signal": 9}, "skipped", ""),
    ],
    ids=["passed", "failed", "set again", "lost"],
)
def test_what_is_not_judged_because_the_clock_was_set_runs_again_alone(
    alone: dict[str, Any], verdict: str, earlier: str, machine: Machine
) -> None:
    plan = {
        "1/2": run(scenario(1, "skipped", reason=SET), shard="1/2"),
        "2/2": run(scenario(2), shard="2/2"),
        "alone": alone,
    }
    machine.run(2, plan)
    first = machine.merged()[0]
    assert (first.verdict, first.earlier) == (verdict, earlier)
    assert "the clock was set meanwhile: 1 scenario once more, alone" in machine.told
    assert "not judged, runs again alone (0.0 s): features/f.feature:1 S1" in machine.told


def test_a_lane_whose_results_are_torn_loses_none_of_another(machine: Machine) -> None:
    torn = run(scenario(2), code=3)
    torn["folder"]["results.json"] = TORN
    machine.further = [selected(2)]
    assert machine.run(2, {"1/2": run(scenario(1, "product"), shard="1/2"), "2/2": torn}) == 1
    verdicts = machine.verdicts()
    assert (verdicts["S1"], verdicts["S2"]) == ("product", "skipped")
    assert verdicts["lane-2"] == "sandbox"


@pytest.mark.parametrize(
    ("lost", "code", "why"),
    [
        ({"signal": 9}, 3, "lane-2: the lane ended by signal 9 and left no results"),
        ({"code": 4}, 4, "lane-2: the lane ended by exit code 4 and left no results"),
        ({"code": 2, "error": "no room - make some"}, 2, "no room - make some - see "),
    ],
    ids=["killed", "crashed", "refused"],
)
def test_a_lane_that_leaves_no_results_fails_the_run_and_the_others_count(
    lost: dict[str, Any], code: int, why: str, machine: Machine
) -> None:
    machine.further = [selected(7)]
    assert machine.run(2, {"1/2": run(scenario(1), shard="1/2"), "2/2": lost}) == code
    one, gone, lane = machine.merged()
    assert (one.verdict, lane.scenario) == ("passed", "lane-2")
    assert lane.reason.startswith(why)
    assert (gone.scenario, gone.verdict, gone.reason) == ("S7", "skipped", "not run")


def test_what_a_lane_fails_by_after_its_results_fails_the_run(machine: Machine) -> None:
    plan = {
        "1/2": run(scenario(1), shard="1/2", code=3),
        "2/2": run(scenario(2), shard="2/2", code=0),
    }
    assert machine.run(2, plan) == 3
    told = machine.merged()[-1].reason
    assert told.startswith("lane-1: the lane ended by exit code 3 and left results that do not say")


def test_what_ends_while_a_signal_comes_is_not_run_and_says_so(machine: Machine) -> None:
    machine.further = [selected(7), selected(11, alone=True)]
    assert machine.run(2, {"1/2": run(scenario(1), shard="1/2"), "2/2": {"signal": 15}}) == 130
    verdicts = {each.scenario: (each.verdict, each.reason) for each in machine.merged()}
    assert verdicts["S7"] == verdicts["S11"] == ("skipped", "interrupted")


def test_a_scenario_that_comes_back_from_no_lane_fails_the_run(machine: Machine) -> None:
    machine.further = [selected(7)]
    plan = {"1/2": run(scenario(1), shard="1/2"), "2/2": run(scenario(2), shard="2/2")}
    assert machine.run(2, plan) == 4
    assert "1 scenario came back from none" in machine.merged()[-1].reason


def test_lanes_that_have_judged_another_pair_than_the_run_began_with_are_told(
    machine: Machine,
) -> None:
    plan = {
        shard: run(scenario(number), shard=shard, pair="4567")
        for number, shard in enumerate(("1/2", "2/2"), start=1)
    }
    assert machine.run(2, plan) == 2
    assert "lane-1: the playbooks have changed since the run began" in machine.merged()[-2].reason


def test_lanes_start_where_their_arguments_were_given(machine: Machine) -> None:
    machine.further = [selected(11, alone=True)]
    plan = {
        "1/2": run(scenario(1), shard="1/2"),
        "2/2": run(scenario(2), shard="2/2"),
        "alone": run(scenario(11)),
    }
    assert machine.run(2, plan, "f.feature") == 0
    places = {Path(f"{machine.plan}.{shard}.cwd").read_text() for shard in ("1-2", "2-2", "alone")}
    assert places == {str(machine.caller)}


def test_what_is_given_after_two_dashes_stays_a_path(machine: Machine) -> None:
    plan = {"1/2": run(scenario(1), shard="1/2"), "2/2": run(scenario(2), shard="2/2")}
    assert machine.run(2, plan, "--tags=@quick", "--", "f.feature") == 0
    given = json.loads(Path(f"{machine.plan}.1-2").read_text())
    assert given[-2:] == ["--", "f.feature"]
    assert "shard=1/2" in given[:-2]


def test_a_scenario_that_cannot_run_ends_no_lane(machine: Machine) -> None:
    refused = scenario(1, "usage", reason="no release 9.9.9")
    plan = {"1/2": run(refused, shard="1/2"), "2/2": run(scenario(2), shard="2/2")}
    assert machine.run(2, plan) == 2
    assert "  could not run (0.0 s): features/f.feature:1 S1" in machine.told
    assert machine.verdicts() == {"S1": "usage", "S2": "passed"}


def test_results_count_where_each_lane_ends_by_wrong_usage(machine: Machine) -> None:
    plan = {
        "1/2": run(scenario(1, "usage", reason="no release"), shard="1/2"),
        "2/2": run(scenario(2), scenario(3, "usage", reason="no release"), shard="2/2"),
    }
    assert machine.run(2, plan) == 2
    assert machine.verdicts() == {"S1": "usage", "S2": "passed", "S3": "usage"}


def test_who_wants_the_machine_to_itself_has_it_after_the_lanes(machine: Machine) -> None:
    machine.further += [selected(11, alone=True), selected(12, alone=True)]
    plan = {
        "1/2": run(scenario(1), shard="1/2"),
        "2/2": run(scenario(2, "product", reason=MISSED), shard="2/2"),
        "alone": run(scenario(11), scenario(12), scenario(2)),
    }
    assert machine.run(2, plan, "features") == 0
    assert machine.given("alone") == [
        *OPTIONS,
        *(f"{ROOT}/features/f.feature:{line}" for line in (11, 12, 2)),
    ]
    assert [each.earlier for each in machine.merged()] == ["", MISSED, "", ""]


def test_what_was_to_run_alone_and_is_lost_fails_the_run(machine: Machine) -> None:
    machine.further = [selected(11, alone=True)]
    told = {"1/2": run(scenario(1), shard="1/2"), "2/2": run(scenario(2), shard="2/2")}
    assert machine.run(2, {**told, "alone": {"signal": 9}}) == 3
    assert machine.verdicts() == {
        "S1": "passed",
        "S2": "passed",
        "S11": "skipped",
        ALONE: "sandbox",
    }
    assert "alone: the lane ended by signal 9" in machine.merged()[-1].reason


def test_where_every_lane_is_lost_what_ran_alone_counts(machine: Machine) -> None:
    machine.further = [selected(7), selected(11, alone=True)]
    plan = {"1/2": {"signal": 9}, "2/2": {"signal": 9}, "alone": run(scenario(11))}
    assert machine.run(2, plan) == 3
    lost = {"lane-1": "sandbox", "lane-2": "sandbox"}
    assert machine.verdicts() == {"S7": "skipped", "S11": "passed", **lost}


def test_where_every_lane_is_lost_the_run_is_and_is_the_last_one(machine: Machine) -> None:
    machine.further = [selected(7)]
    assert machine.run(2, {"1/2": {"code": 4}, "2/2": {"code": 4}}) == 4
    assert machine.verdicts() == {"S7": "skipped", "lane-1": "suite", "lane-2": "suite"}
    left = not_passed(machine.folder)
    assert last_run(machine.folder.parent) == machine.folder
    assert left.keys == {("F", "S7")}
    assert left.options == {"noetl": "2.8.5"}


def test_wrong_usage_is_that_of_the_lanes(machine: Machine) -> None:
    refused = {"code": 2, "error": "-D nosuch=1 is no option"}
    with pytest.raises(UsageError, match="-D nosuch=1 is no option"):
        machine.run(2, {"1/2": refused, "2/2": refused})
