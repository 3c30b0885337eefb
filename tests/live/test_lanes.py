"""Lanes and shards on real sandboxes: one run is the result, however one of them ends."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.orchestration.behave_processes import on_sandbox, run_command
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.sandbox.remains import processes_of
from noetl_acceptance.support.polling import eventually
from tests.live.test_lifecycle import KINDS
from tests.mutants.defects import named
from tests.mutants.making import make_pair

SINGLE = "The execution stores a single traveler"
ONCE = "The execution requests every traveler exactly once"
"""Two scenarios that share no execution: each is a lane's, and a shard's."""

UP = "workers; evidence in"


class Suite:
    """One run in a process group of its own, as a terminal would start it."""

    def __init__(self, runs: Path, options: Sequence[str]) -> None:
        self.runs = runs
        self._log = runs.with_suffix(".log")
        names = (word for name in (SINGLE, ONCE) for word in ("--name", f"^{name}$"))
        with self._log.open("w") as output:
            self.process = subprocess.Popen(
                run_command("features/smoke.feature", *names, *options),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def told(self) -> str:
        return self._log.read_text()

    def lanes_up(self) -> list[str]:
        """Wait until both lanes have their sandbox; return the ids of their runs."""

        def up() -> bool:
            logs = list(self.runs.glob("*-lanes/lane-*.log"))
            return len(logs) == 2 and all(UP in log.read_text() for log in logs)

        eventually(
            lambda: up() or self.process.poll() is not None, bool, seconds=200, what="two lanes"
        )
        assert up(), self.told()
        return self.lane_ids()

    def steps(self) -> str:
        """Return what the lanes have printed: the steps of each scenario, and what broke."""
        logs = sorted(self.runs.glob("*-lanes/lane-*.log"))
        return "\n".join(each.read_text() for each in logs)

    def lane_ids(self) -> list[str]:
        return [each.name for each in sorted(self.runs.glob("*-lanes/lane-*/*")) if each.is_dir()]

    def end(self) -> int:
        return self.process.wait(300)  # it hangs then

    def results(self) -> list[ScenarioResult]:
        (file,) = self.runs.glob(f"*/{results.RESULTS_FILE}")
        return results.read(file.parent)

    def verdicts(self) -> dict[str, str]:
        return {each.scenario: each.verdict for each in self.results()}


Start = Callable[..., Suite]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Suite] = []

    def starter(kind: str, *options: str) -> Suite:
        runs = tmp_path / str(len(started))
        started.append(Suite(runs, [*on_sandbox(kind, runs), *options]))
        return started[-1]

    yield starter
    for suite in started:
        if suite.process.poll() is None:
            suite.process.terminate()
            suite.end()


@pytest.mark.parametrize("kind", KINDS)
def test_two_lanes_leave_one_run_beside_another_suite(kind: str, start: Start) -> None:
    lanes, other = start(kind, "-D", "lanes=2"), start("embedded")
    for suite in (lanes, other):
        assert suite.end() == 0, suite.told()
        assert suite.verdicts() == {SINGLE: "passed", ONCE: "passed"}
        assert "verdict: 2 passed" in suite.told()
    ids = lanes.lane_ids()
    assert len(ids) == 2
    assert [left for each in ids for left in left_by(each)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_ends_all_lanes_and_leaves_nothing(kind: str, start: Start) -> None:
    suite = start(kind, "-D", "lanes=2")
    ids = suite.lanes_up()
    suite.process.send_signal(signal.SIGTERM)  # to the run alone: its lanes hear it from there
    assert suite.end() == 130, suite.told()
    assert "verdict: interrupted" in suite.told()
    assert "interrupted" in suite.verdicts().values()
    assert [left for each in ids for left in left_by(each)] == []


def test_lanes_whose_run_is_killed_end_by_themselves_and_leave_nothing(start: Start) -> None:
    suite = start("embedded", "-D", "lanes=2")
    ids = suite.lanes_up()
    suite.process.kill()
    suite.process.wait()
    logs = list(suite.runs.glob("*-lanes/lane-*.log"))
    eventually(
        lambda: ["verdict: interrupted" in log.read_text() for log in logs],
        lambda told: told == [True, True],
        seconds=60,
        what="the verdict of both lanes",
    )
    assert [left for each in ids for left in left_by(each)] == []


def test_a_lane_that_is_killed_is_told_and_the_other_counts(start: Start) -> None:
    suite = start("embedded", "-D", "lanes=2")
    _, killed = suite.lanes_up()
    lanes = psutil.Process(suite.process.pid).children()
    next(lane for lane in lanes if "shard=2/2" in lane.cmdline()).kill()
    assert suite.end() == 3, suite.told()
    assert sorted(suite.verdicts().values()) == ["passed", "sandbox", "skipped"]
    assert "lane-2: the lane ended by signal 9 and left no results" in suite.told()
    following = start("embedded")  # or any other suite of this machine sweeps what was left
    assert following.end() == 0, following.told()
    assert left_by(killed) == []


def test_a_service_that_is_killed_in_one_lane_is_of_no_matter_to_the_other(start: Start) -> None:
    suite = start("embedded", "-D", "lanes=2")
    _, hit = suite.lanes_up()
    server = next(each for each in processes_of(hit) if "noetl.server" in each.cmdline())
    server.kill()
    suite.end()
    verdicts = suite.verdicts()
    assert sorted(verdicts.values()) in (["passed", "skipped"], ["passed", "passed"]), suite.told()
    assert re.search(r"server .*SIGKILL", suite.steps())


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path], None]]:
    """Put a disk of its own under a folder, with room for a sandbox and for little else."""
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        command = ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(folder)]
        if subprocess.run(command, check=False).returncode != 0:
            pytest.skip("only root can mount a file system")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Write until nothing fits any more."""
    with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"\0" * 65536):
            pass


def test_a_full_disk_in_one_lane_is_of_no_matter_to_the_other(
    start: Start, small_disk: Callable[[Path], None]
) -> None:
    suite = start("embedded", "-D", "lanes=2")
    found = eventually(
        lambda: list(suite.runs.glob("*-lanes/lane-2")), bool, seconds=30, what="a lane", every=0.01
    )
    small_disk(found[0])
    ids = suite.lanes_up()
    fill(found[0])
    assert suite.end() == 3, suite.told()
    left = sorted(suite.verdicts().values())  # there may be no room for a lane's results
    assert left in (["passed", "sandbox"], ["passed", "sandbox", "skipped"])
    assert "No space left on device" in suite.told()
    assert [left for each in ids for left in left_by(each)] == []


def done(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_shards_are_one_run_with_the_failure_of_one_and_a_missing_one_is_named(
    start: Start, tmp_path: Path
) -> None:
    (defect,) = named(["requests-everyone-twice"])
    pair = ("-D", f"playbooks={make_pair(defect, tmp_path)}")
    codes = [start("embedded", "-D", f"shard={n}/2", *pair) for n in (1, 2)]
    assert sorted(each.end() for each in codes) == [0, 1]
    shards = [str(each.parent) for each in sorted(tmp_path.glob(f"*/*/{results.RESULTS_FILE}"))]
    merge = [*run_command()[:-1], "merge", "--into", str(tmp_path / "whole")]
    missing = done([*merge, shards[0]])
    assert missing.returncode == 2
    assert re.search(r"the run of shard \d/2 is missing", missing.stderr)
    whole = done([*merge, *shards])
    assert whole.returncode == 1, whole.stderr
    assert "verdict: 1 passed, 1 failed by the product" in whole.stdout
    told = {each.scenario: each.verdict for each in results.read(tmp_path / "whole")}
    assert told == {SINGLE: "passed", ONCE: "product"}
    assert (tmp_path / "whole" / "report.html").is_file()
