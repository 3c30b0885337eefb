"""Running again what did not pass in an earlier run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.bdd import entry
from noetl_acceptance.cli.main import main
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import Figures, write_figures
from noetl_acceptance.evidence.last_failed import last_run, not_passed
from noetl_acceptance.evidence.results import THE_RUN, ScenarioResult
from noetl_acceptance.options import load_settings
from noetl_acceptance.orchestration import matrix
from noetl_acceptance.orchestration.merge import merge
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict import exit_codes
from tests.test_merge import Shards, scenario
from tests.test_run_verdict import BROKEN, run_broken

CLOCK = iter(range(1, 1000))


def run_folder(
    folder: Path,
    *found: ScenarioResult,
    sandbox: str = "embedded",
    asked: str = "",
    **options: str,
) -> Path:
    """Leave a run that ended after all that this has made before."""
    folder.mkdir(parents=True)
    if asked:
        options["sandbox"] = asked
    write_figures(Figures(noetl="2.8.9", sandbox=sandbox, options=options), folder)
    results.write(found, folder)
    at = next(CLOCK)
    os.utime(folder / results.RESULTS_FILE, (at, at))
    return folder


# --- what is run again


@pytest.mark.parametrize(
    ("verdict", "again"),
    [(each, each not in ("passed", "deviates")) for each in ("passed", "deviates", "skipped")]
    + [(each, True) for each in exit_codes.FAILED],
)
def test_what_failed_or_was_not_judged_is_run_again(
    verdict: str, again: bool, tmp_path: Path
) -> None:
    run = run_folder(tmp_path / "run", scenario(1, verdict))
    assert not_passed(run).keys == ({("F", "S1")} if again else set())


def test_what_went_wrong_outside_of_scenarios_is_none_to_run_again(tmp_path: Path) -> None:
    fault = ScenarioResult(THE_RUN, "the take-down", "", (), "sandbox")
    left = not_passed(run_folder(tmp_path / "run", scenario(1), fault))
    assert left.keys == set()
    assert left.code == 3


def test_what_a_merged_run_lacks_to_pass_is_run_again(tmp_path: Path) -> None:
    shards = Shards(tmp_path)
    parts = [shards.add("1/2", scenario(1, "suite")), shards.add("2/2", scenario(2), scenario(3))]
    merge(parts, tmp_path / "merged")
    assert not_passed(tmp_path / "merged").keys == {("F", "S1")}


# --- which run is the last


def test_the_last_run_is_the_one_that_ended_last(tmp_path: Path) -> None:
    assert last_run(tmp_path) is None
    run_folder(tmp_path / "20260103-000000-a")
    last = run_folder(tmp_path / "20260102-000000-b")
    (tmp_path / "20260104-000000-c").mkdir()  # killed
    assert last_run(tmp_path) == last
    assert last_run(tmp_path / "none") is None


def test_what_acceptance_has_merged_is_a_run_and_its_lanes_are_none(tmp_path: Path) -> None:
    merged = run_folder(tmp_path / "acceptance-1-compose" / "r", sandbox="compose")
    run_folder(tmp_path / "acceptance-1-compose" / "lane-1" / "r", sandbox="compose")
    assert last_run(tmp_path) == merged
    own = run_folder(tmp_path / "r")
    assert last_run(tmp_path) == own
    assert last_run(tmp_path, "compose") == merged
    assert last_run(tmp_path, "attach") is None


def test_a_run_counts_for_the_sandbox_that_was_asked_for(tmp_path: Path) -> None:
    broken = run_folder(tmp_path / "a", sandbox="", asked="embedded")
    attached = run_folder(tmp_path / "b", sandbox="embedded", asked="attach")
    run_folder(tmp_path / "c", sandbox="")
    assert last_run(tmp_path, "embedded") == broken
    assert last_run(tmp_path, "attach") == attached


# --- run


SMOKE = "features/smoke.feature"
NAME = "The summary counts the batches and rows of the smoke test"
DRY = ("--dry-run", "--format=null")


def smoke(verdict: str, name: str = NAME) -> ScenarioResult:
    feature = "Smoke test of the traveler batch enrichment"
    text = (ROOT / SMOKE).read_text()
    assert f"Feature: {feature}\n" in text
    return ScenarioResult(feature, name, f"{SMOKE}:1", (), verdict)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_run_selects_what_failed_last_from_any_folder_though_lines_have_moved(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = elsewhere / "runs"
    last = run_folder(runs / "r", smoke("product"), smoke("passed", "Other"))
    assert main(["run", "-D", f"runs={runs}", "--last-failed", *DRY]) == 0
    told = capsys.readouterr().out
    assert f"again: 1 of 1 scenario that did not pass in {last}\n" in told
    assert "dry run: 1 scenario with " in told


@pytest.mark.parametrize("given", [("--last-failed", "r"), ("--last-failed=r",)])
def test_run_takes_the_folder_of_a_run(
    given: tuple[str, ...], elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_folder(elsewhere / "r", smoke("skipped"), smoke("suite", "Gone"))
    assert main(["run", *given, *DRY, SMOKE]) == 0
    told = capsys.readouterr().out
    assert "again: 1 of 2 scenarios that did not pass in " in told
    assert "dry run: 1 scenario with " in told


def test_nothing_that_failed_is_one_line_and_no_run(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_folder(elsewhere / "r", smoke("passed"), smoke("deviates", "Other"))
    assert main(["run", "--last-failed", "r"]) == 0
    line = f"nothing to run again: every scenario of {run} passed\n"
    assert capsys.readouterr().out == line


def test_a_run_that_failed_outside_of_its_scenarios_has_not_passed(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = ScenarioResult(THE_RUN, "lane-2", "", (), "sandbox", "the lane ended by signal 9")
    run = run_folder(elsewhere / "r", smoke("passed"), lost)
    assert main(["run", "--last-failed", "r"]) == 3
    why = "lane-2: the lane ended by signal 9"
    line = f"nothing to run again: no scenario of {run} failed, but the run did: {why}\n"
    assert capsys.readouterr().out == line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "-D", "runs=HERE", "--last-failed"], "no run has ended in HERE - run the "),
        (["run", "--last-failed", SMOKE], f"{SMOKE} is not a folder - a run's folder foll"),
        (
            ["run", "--last-failed", "features"],
            f"{ROOT}/features is not a folder of a run - a run's ",
        ),
        (["run", "--last-failed="], "a path is empty - a run's folder foll"),
        (["run", "--last-failed", "HERE"], "HERE is not a folder of a run - a run's fol"),
        (["run", "--last-failed", "HERE/r", "features/cli.feature"], "none is selected of the 1 "),
        (["acceptance", "--record", "--last-failed"], "--last-failed is for a part, --record"),
        (["acceptance", "--last-failed", "HERE/r"], "HERE/r does not tell one of the suite's"),
    ],
)
def test_what_cannot_be_run_again_is_one_line(
    arguments: list[str], told: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not told.startswith("no run"):
        run_folder(elsewhere / "r", smoke("product"), sandbox="attach")
    here = str(elsewhere)
    assert main([each.replace("HERE", here) for each in arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {told.replace('HERE', here)}")
    assert error.count("\n") == 1


def test_what_follows_two_dashes_is_behaves(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--", *DRY, SMOKE]) == 0
    assert "again" not in capsys.readouterr().out
    assert main(["run", "--", "--last-failed"]) == 2
    assert "unrecognized arguments: --last-failed - " in capsys.readouterr().err


def test_a_run_of_behave_is_run_again_until_nothing_is_left(tmp_path: Path) -> None:
    folders = (f"{BROKEN}/product", f"{BROKEN}/not_judged", f"{BROKEN}/green")
    first = run_broken(tmp_path, *folders)
    (run,) = (tmp_path / "runs").iterdir()
    left = {each.key for each in first.found if each.verdict in ("product", "skipped")}
    assert len(left) == 10
    again = run_broken(tmp_path / "again", "--last-failed", str(run), *folders)
    assert {each.key for each in again.found} == left
    assert again.code == 1


# --- with which options


def test_a_run_again_has_the_options_of_the_last_and_says_so(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = run_folder(
        elsewhere / "runs" / "r",
        smoke("product"),
        asked="embedded",
        noetl="2.8.5",
        runs="runs",
        shard="1/2",
        lanes="auto",
    )
    assert main(["run", "-D", f"runs={elsewhere}/runs", "--last-failed", *DRY]) == 0
    told = capsys.readouterr().out.splitlines()
    assert f"as in {last}: -D sandbox=embedded -D noetl=2.8.5" in told
    assert not any(line.startswith("other than in ") for line in told)


def test_behave_gets_the_options_of_the_last_run_and_so_do_lanes(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_folder(elsewhere / "r", smoke("product"), noetl="2.8.5", workers="3")
    configs: list[Any] = []
    monkeypatch.setattr(entry, "run_behave", configs.append)
    assert main(["run", "--last-failed", "r", "-D", "workers=4"]) == 0
    (config,) = configs
    settings = load_settings(config.userdata, {})
    assert (settings.sandbox, settings.noetl, settings.workers) == ("embedded", "2.8.5", 4)
    taken = ["-D", "sandbox=embedded", "-D", "noetl=2.8.5"]
    assert config.words == [f"--last-failed={run}", *taken, "-D", "workers=4"]


def test_an_option_that_is_given_wins_and_the_difference_is_told(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOETL_ACCEPTANCE_WORKERS", "3")
    run = run_folder(elsewhere / "r", smoke("product"), noetl="2.8.5", seed="7")
    given = ["-D", "noetl=2.8.9", "-D", "sandbox=embedded", "-D", "playbooks=a b", "-D", "seed=07"]
    assert main(["run", "--last-failed", "r", *given, *DRY]) == 0
    told = capsys.readouterr().out
    differences = (
        "-D noetl=2.8.9 (there 2.8.5), -D workers=3 (there 5), -D 'playbooks=a b' (there auto)"
    )
    assert f"other than in {run}: {differences}\n" in told
    assert "as in " not in told


def test_the_address_of_an_attached_sandbox_goes_with_it(tmp_path: Path) -> None:
    earlier = not_passed(run_folder(tmp_path / "r", asked="attach", attach="x.yaml"))
    assert earlier.options_taken({}) == {"sandbox": "attach", "attach": "x.yaml"}
    assert earlier.options_taken({"sandbox": "attach"}) == {"attach": "x.yaml"}
    assert earlier.options_taken({"sandbox": "embedded"}) == {}


def test_the_workers_image_goes_with_the_servers(tmp_path: Path) -> None:
    pair = {"noetl": "image:a", "noetl_worker": "image:b"}
    earlier = not_passed(run_folder(tmp_path / "r", sandbox="compose", **pair))
    assert earlier.options_taken({}) == {"sandbox": "compose", **pair}
    assert earlier.options_taken({"noetl": "2.8.5"}) == {"sandbox": "compose"}


# --- acceptance


class Acceptance:
    """What acceptance would run, with a code for each sandbox."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.ran: list[tuple[list[str], list[str], dict[str, Any]]] = []

    def run(self, only: Sequence[str], behave: Sequence[str], **more: Any) -> int:
        self.ran.append((list(only), list(behave), more))
        return self.codes.get(only[0], 0)


@pytest.fixture
def acceptance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Acceptance:
    told = Acceptance()
    monkeypatch.setattr(matrix, "run_everywhere", told.run)
    monkeypatch.setattr("noetl_acceptance.cli.running.BASE", tmp_path)
    return told


def test_acceptance_runs_on_each_sandbox_what_failed_last_on_it(
    acceptance: Acceptance, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    compose = run_folder(
        runs / "acceptance-1-compose" / "r", scenario(1, "suite"), sandbox="compose"
    )
    embedded = run_folder(runs / "acceptance-1-embedded" / "r", scenario(2, "product"))
    acceptance.codes = {"compose": 2, "embedded": 1}
    assert main(["acceptance", "--lanes", "1", "--last-failed", "--", "--tags=@quick"]) == 1
    assert acceptance.ran == [
        (["compose"], ["--last-failed", str(compose), "--tags=@quick"], {"lanes": 1}),
        (["embedded"], ["--last-failed", str(embedded), "--tags=@quick"], {"lanes": 1}),
    ]


def test_acceptance_runs_nothing_where_nothing_failed(
    acceptance: Acceptance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["acceptance", "--last-failed"]) == 2
    assert "no run on compose or embedded has ended in " in capsys.readouterr().err
    run = run_folder(tmp_path / "runs" / "r", scenario(1))
    assert main(["acceptance", "--last-failed"]) == 0
    told = f"acceptance-embedded: nothing to run again: every scenario of {run} passed\n"
    assert capsys.readouterr().out == told
    fault = ScenarioResult(THE_RUN, "the take-down", "", (), "sandbox", "it stays")
    failed = run_folder(tmp_path / "runs" / "s", scenario(1), fault)
    assert main(["acceptance", "--last-failed"]) == 1
    assert f"no scenario of {failed} failed, but the run did: the " in capsys.readouterr().out
    assert main(["acceptance", "--sandbox", "embedded,compose", "--last-failed"]) == 2
    assert "no run on compose has ended in " in capsys.readouterr().err
    assert acceptance.ran == []


def test_acceptance_takes_a_run_with_its_sandbox_or_another(
    acceptance: Acceptance, tmp_path: Path
) -> None:
    run = str(run_folder(tmp_path / "r", scenario(1, "sandbox")))
    assert main(["acceptance", "--last-failed", run]) == 0
    assert main(["acceptance", "--last-failed", run, "--sandbox", "compose"]) == 0
    again = ["--last-failed", run]
    assert [each[:2] for each in acceptance.ran] == [(["embedded"], again), (["compose"], again)]
