"""Whole sweeps over fake sandboxes: what is tried, kept, gone on with and told."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.bdd.session import Session
from noetl_acceptance.checks import faulty
from noetl_acceptance.cli.main import main
from noetl_acceptance.conformance.faults.sweep_results import Trial, append, begin, read_sweep
from noetl_acceptance.crash_points import lanes, sweeping, trials
from noetl_acceptance.crash_points.sweeping import Lane, carry_out, rest, subject_of, tasks_of, told
from noetl_acceptance.crash_points.trials import Laboratory
from noetl_acceptance.errors import SandboxError, SuiteError, UsageError
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.request import Workload
from noetl_acceptance.options import load_settings
from noetl_acceptance.support.console import Console
from tests.fakes.noetl import Fate
from tests.fakes.world import World
from tests.test_sweep_results import CLAIMED, ENTERED, HEAD, ISSUED, trial

KILLED = Fate(seconds=20, writes=(4, "worker-2"))
WHOLE = Fate()


@pytest.fixture(autouse=True)
def _no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ``auto`` mean the embedded sandbox, whatever this machine has; and bring none up."""
    monkeypatch.setattr(sweeping, "found_positions", lambda *_: pytest.fail("brought up"))
    kinds = {"auto": "embedded"}
    monkeypatch.setattr(sweeping, "chosen_kind", lambda s: kinds.get(s.sandbox, s.sandbox))


@pytest.fixture
def laboratory(world: World, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    """Return one whose executions are judged by what the test says: fakes write no whole log."""
    found: list[Finding] = []
    monkeypatch.setattr(trials, "findings_of", lambda *_: found)
    return Laboratory(world.session())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a sweep's file that has begun."""
    file = tmp_path / "sweep.jsonl"
    begin(HEAD.model_copy(update={"subject": subject_of(load_settings({}))}), file)
    return file


# Trials


def test_a_trial_tells_whom_it_killed_and_what_came_of_it(
    world: World, laboratory: Laboratory
) -> None:
    world.fates[:] = [KILLED, WHOLE]
    ended = laboratory.try_at(ISSUED, 2, "worker")
    assert world.sandbox.control.given == [("kill", "worker-2"), ("start", "worker-2")]
    assert (ended.trial.position, ended.trial.number) == (ISSUED, 2)
    assert ended.trial.outcome == ("kept",)
    assert (ended.trial.killed, ended.trial.held) == ("worker-2", ("fetch",))
    assert ended.trial.execution
    assert not ended.broken
    assert len(world.sandbox.noetl.asked) == 2  # the new execution is the second


def test_the_same_trial_is_carried_out_anew_each_time(world: World, laboratory: Laboratory) -> None:
    world.fates[:] = [KILLED, WHOLE, KILLED, WHOLE]
    for number in (1, 2):
        laboratory.try_at(ISSUED, number, "server")
    assert len(world.sandbox.noetl.asked) == 4
    assert len(world.sandboxes) == 1  # what is well again is used again


def test_a_kill_that_was_not_made_is_not_judged(world: World) -> None:
    laboratory = Laboratory(world.session())
    world.fates[:] = [Fate(seconds=5), WHOLE]
    ended = laboratory.try_at(ISSUED, 1, "worker")
    assert ended.trial.outcome == ()
    assert "its moment did not come" in ended.trial.why
    assert not ended.broken


def test_a_request_that_is_refused_before_the_kill_is_not_judged(
    world: World, laboratory: Laboratory
) -> None:
    world.fates[:] = [Fate(refused=True)]
    ended = laboratory.try_at(ISSUED, 1, "worker")
    assert ended.trial.outcome == ()
    assert "no response from stream" in ended.trial.why


def test_another_service_that_ends_by_itself_is_the_products_failure(
    world: World, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashed(*told: Any) -> list[Finding]:
        return faulty.new_execution_whole([], "", told[-1])

    monkeypatch.setattr(trials, "findings_of", crashed)
    world.fates[:] = [KILLED, WHOLE]
    world.clock.plan(9, lambda: world.sandbox.becomes("worker-4", running=False, exit_code=1))
    ended = laboratory.try_at(ISSUED, 1, "worker")
    assert ended.trial.outcome == ("service gone",)
    assert "worker-4 exited with code 1, and nothing starts it again" in ended.trial.why


def test_a_sandbox_that_breaks_is_told_and_not_judged(world: World, laboratory: Laboratory) -> None:
    world.fates[:] = [KILLED, WHOLE]
    world.sandbox.control.without_effect = frozenset({"kill"})
    ended = laboratory.try_at(ISSUED, 1, "server")
    assert ended.trial.outcome == ()
    assert "server was to be killed" in ended.trial.why
    assert ended.broken


def test_without_a_whole_execution_there_are_no_positions(world: World) -> None:
    laboratory = Laboratory(world.session())
    world.fates[:] = [Fate(stored=2)]
    with pytest.raises(UsageError, match=r"nothing disturbs is not whole: .*missing"):
        laboratory.undisturbed()
    world.fates[:] = [Fate(seconds=None)]
    with pytest.raises(UsageError, match="nothing disturbs is not whole"):
        laboratory.undisturbed()


# Sweeps


def test_each_position_gets_its_first_trial_before_any_gets_its_second(file: Path) -> None:
    sweep = read_sweep(file)
    names = [ISSUED, CLAIMED, ENTERED]
    assert tasks_of(sweep, 2) == [(name, number) for number in (1, 2) for name in names]
    assert tasks_of(sweep, 3, [CLAIMED]) == [(CLAIMED, 1), (CLAIMED, 2), (CLAIMED, 3)]
    with pytest.raises(UsageError, match="tea is not a position of this sweep"):
        tasks_of(sweep, 1, ["tea"])


def test_a_sweep_goes_on_with_what_is_missing_and_what_was_not_judged(file: Path) -> None:
    append(trial(ISSUED, 1, "hangs"), file)
    append(trial(CLAIMED, 1, why="no kill"), file)
    assert tasks_of(read_sweep(file), 1) == [(CLAIMED, 1), (ENTERED, 1)]


def test_lanes_share_all_trials_whenever_they_start(file: Path) -> None:
    first = tasks_of(read_sweep(file), 3, lane=Lane(1, 2))
    for name, number in first[:2]:
        append(trial(name, number, "kept"), file)
    second = tasks_of(read_sweep(file), 3, lane=Lane(2, 2))
    assert sorted([*first, *second]) == sorted(
        (name, number) for number in (1, 2, 3) for name in (ISSUED, CLAIMED, ENTERED)
    )


class Sweeping:
    """A sweep whose trials end as the test says."""

    def __init__(self, world: World, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file, self.ended = file, list[trials.Ended]()
        self.settings = load_settings(world.options)
        self.stream = io.StringIO()
        monkeypatch.setattr(sweeping, "Laboratory", lambda _: self)

    def try_at(self, position: str, number: int, _service: str) -> trials.Ended:
        if not self.ended:
            raise KeyboardInterrupt
        ended = self.ended.pop(0)
        update = {"position": position, "number": number, "seconds": 60.0}
        return trials.Ended(ended.trial.model_copy(update=update), ended.broken)

    def run(self, times: int = 1) -> None:
        tasks = tasks_of(read_sweep(self.file), times)
        carry_out(self.settings, "worker", tasks, self.file, Console(self.stream))


@pytest.fixture
def swept(world: World, file: Path, monkeypatch: pytest.MonkeyPatch) -> Sweeping:
    """Return a sweep over fakes."""
    return Sweeping(world, file, monkeypatch)


KEPT = trials.Ended(trial(ISSUED, 1, "kept"))
BROKEN = trials.Ended(trial(why="Postgres cannot be reached"), broken=True)


def test_a_sweep_keeps_each_trial_and_tells_how_long_the_rest_takes(
    swept: Sweeping, world: World
) -> None:
    swept.ended = [KEPT, KEPT, KEPT]
    swept.run()
    assert [each.position for each in read_sweep(swept.file).trials] == [ISSUED, CLAIMED, ENTERED]
    assert f"1/3 {ISSUED} #1: kept; about 2 min to go" in swept.stream.getvalue()
    assert all(each.closed for each in world.sandboxes)


def test_what_is_interrupted_has_kept_what_it_found_and_leaves_no_sandbox(
    swept: Sweeping, world: World
) -> None:
    swept.ended = [KEPT]
    with pytest.raises(KeyboardInterrupt):
        swept.run()
    assert tasks_of(read_sweep(swept.file), 1) == [(CLAIMED, 1), (ENTERED, 1)]
    assert all(each.closed for each in world.sandboxes)


def test_a_sandbox_that_breaks_again_and_again_ends_the_sweep(swept: Sweeping) -> None:
    swept.ended = [BROKEN, BROKEN, KEPT, BROKEN, BROKEN, BROKEN, KEPT]
    with pytest.raises(SandboxError, match="broke in 3 trials in a row: Postgres cannot"):
        swept.run(times=3)
    assert read_sweep(swept.file).ended == 6


def test_another_noetl_does_not_go_on_in_a_file(swept: Sweeping) -> None:
    begin(HEAD.model_copy(update={"release": "2.8.5"}), swept.file)
    with pytest.raises(UsageError, match=r"the file is of NoETL 2.8.5, embedded, 5 workers, and"):
        swept.run()


def test_a_sweep_takes_the_positions_of_the_other_services(file: Path, world: World) -> None:
    server = file.with_name("server.jsonl")
    settings = load_settings(world.options)
    begun = sweeping.open_file(settings, "server", server, file)
    assert (begun.head.service, begun.head.positions) == ("server", HEAD.positions)
    assert begun.head.when != HEAD.when or begun.head.commit != HEAD.commit
    assert world.sandboxes == []
    assert sweeping.open_file(settings, "server", server, file) == begun


def test_a_file_of_another_pair_or_of_other_options_is_not_gone_on_with(
    file: Path, world: World
) -> None:
    settings = load_settings({**world.options, "workers": "3"})
    with pytest.raises(UsageError, match=r"is a sweep of NoETL 2\.8\.9, .*, not of .*workers=3"):
        sweeping.open_file(settings, "worker", file, file.with_name("none"))


def test_a_file_of_other_sizes_is_not_gone_on_with(
    file: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(world.options)
    sizes = Workload(seed_rows=3, batch_size=1, max_batches=3)
    monkeypatch.setattr(sweeping, "SIZES", sizes)
    with pytest.raises(UsageError, match=f"is a sweep of {HEAD.workload}, not of {sizes}"):
        sweeping.open_file(settings, "worker", file, file.with_name("none"))
    told = {"workload": str(sizes), "service": "server", "subject": subject_of(settings)}
    begun = HEAD.model_copy(update=told)
    monkeypatch.setattr(sweeping, "found_positions", lambda *_: begun)
    other = file.with_name("server.jsonl")
    assert sweeping.open_file(settings, "server", other, file).head == begun  # not HEAD's


def test_a_file_of_another_kind_of_sandbox_is_not_gone_on_with(
    file: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings({**world.options, "sandbox": "compose"})
    with pytest.raises(UsageError, match="is a sweep on embedded, not on compose - give another"):
        sweeping.open_file(settings, "worker", file, file.with_name("none"))
    monkeypatch.setattr(sweeping, "found_positions", lambda *_: HEAD)
    with pytest.raises(UsageError, match="is a sweep of the worker"):  # of HEAD, not of the other
        sweeping.open_file(settings, "server", file.with_name("server.jsonl"), file)


def test_what_cannot_be_written_is_told_before_a_sandbox_is_brought_up(
    file: Path, world: World
) -> None:
    settings = load_settings(world.options)
    with pytest.raises(UsageError, match=f"{file} cannot be written: .* - give another --into"):
        sweeping.open_file(settings, "worker", file / "x.jsonl", file.with_name("none"))
    with pytest.raises(UsageError, match="cannot be read: Is a directory - give another --into"):
        sweeping.open_file(settings, "worker", file.parent, file.with_name("none"))


def test_a_sandbox_that_does_not_come_up_judges_nothing(world: World) -> None:
    world.bring_ups = [SandboxError("Postgres cannot start")] * 3
    ended = Laboratory(world.session()).try_at(ISSUED, 1, "worker")
    assert (ended.broken, ended.trial.outcome) == (True, ())
    assert ended.trial.why.startswith("Postgres cannot start")


# Words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute to go"),
        (100, "about 2 min to go"),
        (7200, "about 2.0 h to go"),
    ],
)
def test_the_rest_is_told_in_words(seconds: float, words: str) -> None:
    assert rest(seconds) == words


def test_a_trial_is_told_in_a_line() -> None:
    lost = {"lost": "2 of 12 rows missing", "why": "summary: 12 rows"}
    hit = trial(
        ISSUED, 2, "told wrongly", killed="worker-3", late=0.0124, meanwhile=(CLAIMED,), **lost
    )
    assert told(hit) == (
        f"{ISSUED} #2: told wrongly (worker-3 killed after 12 ms, 1 event later): "
        "2 of 12 rows missing; summary: 12 rows"
    )
    assert told(trial(why="no kill")) == f"{ISSUED} #1: not judged: no kill"
    assert lanes.progress(0, 9, 60) == "0/9"
    assert lanes.progress(3, 9, 60) == "3/9, about 2 min to go"


# The command


def test_the_command_lists_what_is_there_and_kills_nothing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append(trial(CLAIMED, 1, "hangs"), file)
    assert main(["sweep", "--service", "worker", "--into", str(file), "--positions"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["3 positions of NoETL 2.8.9", ISSUED, f"{CLAIMED}: hangs"]
    words = ["sweep", "--service", "worker", "--into", str(file), "--positions", "--only", CLAIMED]
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [f"{CLAIMED}: hangs"]


def test_a_file_is_looked_for_in_the_working_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert main(["sweep", "--service", "worker", "--into", file.name, "--positions"]) == 0


def test_a_variable_that_means_nothing_to_a_sweep_makes_no_other_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOETL_ACCEPTANCE_SEED", "4")
    assert main(["sweep", "--service", "worker", "--into", str(file), "--positions"]) == 0
    monkeypatch.setenv("NOETL_ACCEPTANCE_WORKERS", "3")
    assert main(["sweep", "--service", "worker", "--into", str(file), "--positions"]) == 2


@pytest.mark.parametrize(
    ("error", "code"), [(SandboxError("Postgres broke"), 3), (SuiteError("a fault"), 4)]
)
def test_the_exit_code_says_whose_failure_it_is(
    error: Exception,
    code: int,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: Any) -> None:
        raise error

    monkeypatch.setattr(sweeping, "carry_out", broken)
    assert main(["sweep", "--service", "worker", "--into", str(file)]) == code
    assert f"error: {error}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--service", "server"], "is a sweep of the worker, not of the server"),
        (["--service", "worker", "--only", "tea"], "tea is not a position"),
        (["--service", "worker", "--only", "tea", "--positions"], "tea is not a position"),
        (["--service", "worker", "-D", "shard=1/2"], "-D shard means nothing to a sweep"),
        (["--service", "worker", "-D", "lanes=4"], "to a sweep - give --lanes"),
        (["--service", "worker", "-D", "keep=always"], "-D keep means nothing to a sweep"),
        (["--service", "worker", "-D", "sandbox=attach"], "kills services of its own sandbox"),
        (["--service", "worker", "--lane", "3/2"], "K/N, not '3/2'"),
        (["--service", "kettle"], "kettle"),
        ([], "--service"),
    ],
)
def test_what_cannot_be_swept_is_told_in_a_line(
    words: list[str],
    told: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sweeping, "carry_out", lambda *_: pytest.fail("brought up"))
    assert main(["sweep", "--into", str(file), *words]) == 2
    assert told in capsys.readouterr().err


def test_where_all_is_judged_nothing_is_brought_up(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(Session, "open", refuse)
    for position in HEAD.positions:
        append(Trial(position=position.name, number=1, outcome=("kept",)), file)
    words = ["sweep", "--service", "worker", "--into", str(file), "--times", "1"]
    assert main(words) == 0


def test_what_is_left_unjudged_makes_the_exit_code_5(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "carry_out", lambda *_: None)
    assert main(["sweep", "--service", "worker", "--into", str(file)]) == 5


STAND_IN = """
import json, sys
file = sys.argv[sys.argv.index("--into") + 1]
number, count = map(int, sys.argv[sys.argv.index("--lane") + 1].split("/"))
names = json.loads(open(file).readline())["positions"]
for each in names[number - 1 :: count]:
    line = json.dumps({"position": each["name"], "number": 1, "outcome": ["kept"]})
    with open(file, "ab", 0) as lines:
        lines.write(f"{line}\\n".encode())
print("lane", number, *sys.argv[1:4])
sys.exit(0 if number == 1 else int(sys.argv[-1] == "fail"))
"""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what puts a stand-in in the place of the command that a lane runs."""

    def put(last: str) -> None:
        monkeypatch.setattr(
            lanes,
            "suite_command",
            lambda *arguments: [sys.executable, "-c", STAND_IN, *arguments, last],
        )

    return put


@pytest.mark.parametrize(("last", "code"), [("go", 0), ("fail", 1)])
def test_lanes_fill_one_file_and_one_that_fails_is_told(
    last: str,
    code: int,
    file: Path,
    stand_in: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in(last)
    stream = io.StringIO()
    monkeypatch.setattr("sys.__stderr__", stream)
    words = ["sweep", "--service", "worker", "--into", str(file), "--times", "1", "--lanes", "2"]
    assert main(words) == code
    assert sorted(each.position for each in read_sweep(file).trials) == sorted(
        each.name for each in HEAD.positions
    )
    assert "lane 1 sweep --service worker" in lanes.log_of(file, 1).read_text()
    assert ("lane 2 ended with 1: lane 2 sweep" in stream.getvalue()) is bool(code)
