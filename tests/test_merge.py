"""Runs of shards that become one run."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noetl_acceptance.checks.ledger import nothing_missing
from noetl_acceptance.cli.main import main
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results, store, writable_places
from noetl_acceptance.evidence.ended import ENDED_FILE
from noetl_acceptance.evidence.figures import (
    FIGURES_FILE,
    ExecutionFigures,
    Figures,
    read_figures,
    write_figures,
)
from noetl_acceptance.evidence.judgements import judgement_of, read_judgements, write_judgements
from noetl_acceptance.evidence.last_failed import last_run
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.orchestration.merge import merge
from tests.test_recorded import recorded

MISSED = "after 90 s: the end of execution 7 (4 travelers) did not happen"


def scenario(line: int, verdict: str = "passed", **fields: Any) -> ScenarioResult:
    return ScenarioResult(
        "F", f"S{line}", f"features/f.feature:{line}", ("C01",), verdict, **fields
    )


class Shards:
    """Makes the folders of shards, alike but for what a test says."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def add(self, shard: str, *found: ScenarioResult, execution: str = "", **figures: Any) -> Path:
        folder = self.place / (shard.replace("/", "-of-") or "whole")
        while folder.exists():
            folder = folder.with_name(f"{folder.name}-again")
        options = {"runs": str(self.place / shard), **({"shard": shard} if shard else {})}
        told: dict[str, Any] = {
            "noetl": "2.8.9",
            "sandbox": "embedded",
            "commit": "abc1234",
            "pair": "0123",
            "cli": "5.3.1",
            "options": options | figures.pop("options", {}),
        }
        (folder / "logs").mkdir(parents=True)
        (folder / "logs" / "server.log").write_text(f"of {shard}")
        if execution:
            record = recorded("healthy").model_copy(update={"execution_id": execution})
            store.write_record(record, folder / store.EXECUTIONS)
        write_figures(Figures(**{**told, **figures}), folder)
        results.write(found, folder)
        return folder


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    return Shards(tmp_path)


def test_two_executions_to_which_two_noetls_gave_one_id_are_told_apart(
    shards: Shards, tmp_path: Path
) -> None:
    parts = []
    for number in (1, 2):
        found = scenario(number, executions=("7",))
        timed = ExecutionFigures(execution_id="7", workload="", duration=number, verdict=0.0)
        part = shards.add(f"{number}/2", found, execution="7", executions=(timed,))
        judged = judgement_of(nothing_missing, store.read_executions(part)["7"], [])
        write_judgements({found.location: [judged]}, part, ())
        (part / "commands").mkdir()
        (part / "commands" / "7.txt.gz").write_bytes(b"")
        parts.append(part)
    merged = tmp_path / "merged"
    told = merge(parts, merged)
    assert [each.executions for each in told] == [("7",), ("7-2",)]
    assert set(store.read_executions(merged)) == {"7", "7-2"}
    assert [each.execution_id for each in read_figures(merged).executions] == ["7", "7-2"]
    judgements = read_judgements(merged)
    assert [judgements[each.location][0].about for each in told] == [("7",), ("7-2",)]
    assert {file.name for file in (merged / "commands").iterdir()} == {"7.txt.gz", "7-2.txt.gz"}
    assert list(store.read_executions(parts[1])) == ["7"], "a run stays as it is"


def test_a_disk_without_room_for_a_copy_is_of_no_matter_where_all_ids_differ(
    shards: Shards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [shards.add(f"{n}/2", scenario(n), execution=str(n)) for n in (1, 2)]

    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryDirectory", full)
    assert len(merge(parts, tmp_path / "merged", strict=False)) == len(parts)


def test_shards_become_one_run_in_the_order_of_the_features(shards: Shards, tmp_path: Path) -> None:
    one = shards.add("1/2", scenario(9), scenario(30), execution="1", wall=9, cpu=2)
    two = shards.add("2/2", scenario(10, "product", reason="lost"), execution="2", wall=5, cpu=1)
    judged = judgement_of(nothing_missing, recorded("healthy"), [])
    write_judgements({"features/f.feature:10": [judged]}, two, ())
    merged = tmp_path / "merged"
    told = merge([two, one], merged)
    assert [each.location.rpartition(":")[2] for each in told] == ["9", "10", "30"]
    assert results.read(merged) == told
    assert set(store.read_executions(merged)) == {"1", "2"}
    assert list(read_judgements(merged)) == ["features/f.feature:10"]
    assert (merged / "shard-2" / "logs" / "server.log").read_text() == "of 2/2"
    figures = read_figures(merged)
    assert (figures.wall, figures.cpu, figures.options) == (9, 3, {})
    assert (merged / "report.html").exists()
    summary = (merged / "summary.md").read_text()
    assert "## verdict: 2 passed, 1 failed by the product in 9 s\n" in summary
    assert "| failed by the product | C01 |" in summary


@given(st.data())
@settings(max_examples=25)
def test_the_shards_of_a_run_are_that_run_again(data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=8))
    verdicts = st.sampled_from(["passed", "product", "sandbox", "suite", "skipped"])
    single = [scenario(line, data.draw(verdicts), reason="so") for line in lines]
    part_of = {line: data.draw(st.integers(1, 3)) for line in lines}
    with TemporaryDirectory() as place:
        shards = Shards(Path(place))
        places = [each.location for each in single]
        parts = [
            shards.add(
                f"{number}/3",
                *(
                    each
                    for each, line in zip(single, lines, strict=True)
                    if part_of[line] == number
                ),
                selected=places,
            )
            for number in (1, 2, 3)
        ]
        assert merge(data.draw(st.permutations(parts)), Path(place) / "merged") == single


def test_a_run_in_lanes_has_the_order_that_it_was_asked_for(shards: Shards, tmp_path: Path) -> None:
    lanes = [shards.add("1/2", scenario(9), scenario(2)), shards.add("2/2", scenario(5))]
    again = shards.add("", scenario(7))
    order = [scenario(line).location for line in (9, 7, 5, 2)]
    told = merge(lanes, tmp_path / "merged", again=again, order=order, strict=False)
    assert [each.location for each in told] == order


def test_a_further_result_stands_in_place_of_the_runs_own(shards: Shards, tmp_path: Path) -> None:
    run = shards.add("", scenario(1, "product", reason=MISSED), scenario(2))
    instead = scenario(1, "sandbox", reason="late, and not judged alone", earlier=MISSED)
    told = merge([run], tmp_path / "merged", further=[instead, scenario(3)], strict=False)
    assert told == [instead, scenario(2), scenario(3)]


def test_merged_runs_become_one_run_with_the_logs_of_all(shards: Shards, tmp_path: Path) -> None:
    for name in ("one", "two"):
        line = len(name) + len(list(tmp_path.iterdir()))
        parts = [shards.add(f"{n}/2", scenario(10 * line + n), wall=n) for n in (1, 2)]
        merge(parts, tmp_path / name)
    merged = tmp_path / "merged"
    merge([tmp_path / "one", tmp_path / "two"], merged)
    assert sorted(str(each.parent.relative_to(merged)) for each in merged.rglob("*.log")) == [
        f"run-{run}/shard-{shard}/logs" for run in (1, 2) for shard in (1, 2)
    ]
    assert read_figures(merged).lanes == [1, 2, 1, 2]


def test_the_figures_of_executions_are_all_kept(shards: Shards, tmp_path: Path) -> None:
    def told(name: str) -> list[ExecutionFigures]:
        return [ExecutionFigures(execution_id=name, workload="w", duration=1.0)]

    one = shards.add("1/2", scenario(1), executions=told("1"), wall=9, bring_ups=[6.0, 7.0])
    two = shards.add("2/2", scenario(2), executions=told("2"), wall=4, bring_ups=[8.0])
    merge([one, two], tmp_path / "merged")
    figures = read_figures(tmp_path / "merged")
    assert [each.execution_id for each in figures.executions] == ["1", "2"]
    assert figures.bring_ups == [6.0, 7.0, 8.0]
    assert figures.lane_seconds == 13


def test_a_shard_that_held_nothing_fits_any_other(shards: Shards, tmp_path: Path) -> None:
    empty = shards.add("1/2", noetl="", sandbox="")
    full = shards.add("2/2", scenario(1))
    assert len(merge([empty, full], tmp_path / "merged")) == 1
    assert read_figures(tmp_path / "merged").noetl == "2.8.9"


def one_of_three(shards: Shards) -> Sequence[Path]:
    return [shards.add("1/3", scenario(1)), shards.add("3/3", scenario(3))]


def one_twice(shards: Shards) -> Sequence[Path]:
    return [shards.add("1/2", scenario(1)), *(shards.add("2/2", scenario(n)) for n in (2, 3))]


def of_two_cuts(shards: Shards) -> Sequence[Path]:
    return [shards.add("1/2", scenario(1)), shards.add("2/3", scenario(2))]


def no_shard(shards: Shards) -> Sequence[Path]:
    return [shards.add("1/2", scenario(1)), shards.add("", scenario(2))]


def not_ended(shards: Shards) -> Sequence[Path]:
    folder = shards.add("2/2", scenario(2))
    (folder / results.RESULTS_FILE).unlink()
    return [shards.add("1/2", scenario(1)), folder]


def killed(shards: Shards) -> Sequence[Path]:
    """Of a run that was killed there is what it writes on the way."""
    folder = shards.add("2/3", scenario(2))
    for file in (results.RESULTS_FILE, FIGURES_FILE):
        (folder / file).unlink()
    (folder / ENDED_FILE).touch()
    return [shards.add("1/3", scenario(1)), folder, shards.add("3/3", scenario(3))]


def killed_while_it_came_up(shards: Shards) -> Sequence[Path]:
    folder = shards.place / "killed"
    (folder / "data-2").mkdir(parents=True)
    return [folder]


def one_folder_twice(shards: Shards) -> Sequence[Path]:
    run = shards.add("", scenario(1, executions=("7",)), execution="7")
    return [run, run]


def one_folder_by_two_names(shards: Shards) -> Sequence[Path]:
    run = shards.add("", scenario(1))
    (shards.place / "link").symlink_to(run)
    return [run, shards.place / "link"]


def a_run_and_its_copy(shards: Shards) -> Sequence[Path]:
    run = shards.add("", scenario(1, executions=("7",)), execution="7")
    return [run, Path(shutil.copytree(run, shards.place / "copy"))]


def one_with_settings(shards: Shards) -> Sequence[Path]:
    own = {"noetl_settings": "/home/a/own.env"}
    return [
        shards.add("1/2", scenario(1)),
        shards.add("2/2", scenario(2), options=own, settings={"LOG_LEVEL": "INFO"}),
    ]


def two_checkouts(shards: Shards) -> Sequence[Path]:
    return [
        shards.add(
            f"{n}/2", scenario(n), origin=f"checkout /home/{user}/noetl, {digest}", noetl="2.9.0"
        )
        for n, user, digest in ((1, "a", "1a2b"), (2, "b", "3c4d"))
    ]


def the_same_scenario(shards: Shards) -> Sequence[Path]:
    return [shards.add("1/2", scenario(1)), shards.add("2/2", scenario(1))]


def nothing_ran(shards: Shards) -> Sequence[Path]:
    return [shards.add("1/2"), shards.add("2/2")]


def of_no_shard(shards: Shards) -> Sequence[Path]:
    return [shards.add("bad", scenario(1))]


def two_settings(shards: Shards) -> Sequence[Path]:
    """The file of settings was changed in between."""
    return [
        shards.add(f"{n}/2", scenario(n), settings={"LOG_LEVEL": level})
        for n, level in ((1, "INFO"), (2, "WARNING"))
    ]


def two_selections(shards: Shards) -> Sequence[Path]:
    places = [scenario(line).location for line in (1, 2, 3)]
    return [
        shards.add("1/2", scenario(1), selected=places[:2]),
        shards.add("2/2", scenario(2), selected=places[1:]),
    ]


def in_none(shards: Shards) -> Sequence[Path]:
    """The shards were cut by other durations."""
    places = [scenario(line).location for line in (1, 2, 3, 4)]
    return [shards.add(f"{n}/2", scenario(n), selected=places) for n in (1, 2)]


def other(**figures: Any) -> Callable[[Shards], Sequence[Path]]:
    return lambda shards: [
        shards.add("1/2", scenario(1)),
        shards.add("2/2", scenario(2), **figures),
    ]


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        (one_of_three, "the run of shard 2/3 is missing"),
        (one_twice, "shard 2/2 was given more than once"),
        (of_two_cuts, "shards of different cuts: 1/2, 2/3"),
        (no_shard, "whole is not a shard, but the others are"),
        (not_ended, "has no results.json: its run has not ended; the others lack shard 2/2 - "),
        (killed, "2-of-3 has no figures.json: its run has not ended; the others lack shard 2/3 - "),
        (killed_while_it_came_up, "killed has no figures.json: its run has not ended - "),
        (one_folder_twice, "whole was given twice - "),
        (one_folder_by_two_names, r"link is \S+whole once more - "),
        (a_run_and_its_copy, r"is in both \S+/whole and (?!\S+/noetl-acceptance-)\S+/copy - "),
        (one_with_settings, "settings: .* has none, .* has LOG_LEVEL=INFO"),
        (two_checkouts, "NoETL: .* has 2.9.0 checkout 1a2b, .* has 2.9.0 checkout 3c4d"),
        (the_same_scenario, r"features/f.feature:1 is in both \S+1-of-2 and \S+2-of-2"),
        (nothing_ran, "no scenario ran in"),
        (of_no_shard, r"figures.json: shard=bad is not usable - it takes K/N"),
        (other(noetl="2.8.5"), r"NoETL: \S+1-of-2 has 2.8.9, \S+2-of-2 has 2.8.5"),
        (other(cli="5.3.2"), r"command line: \S+1-of-2 has 5.3.1, \S+2-of-2 has 5.3.2"),
        (two_selections, r"selection: .* part of 2 scenarios .*, .* part of 2 scenarios "),
        (in_none, "in none of the shards: features/f.feature:3 and 1 more"),
        (other(sandbox="compose"), "sandbox: .* has embedded, .* has compose"),
        (other(commit="fff"), "commit: .* has abc1234, .* has fff"),
        (other(pair="4567"), "pair: .* has 0123, .* has 4567"),
        (two_settings, "settings: .* has LOG_LEVEL=INFO, .* has LOG_LEVEL=WARNING"),
        (other(options={"workers": "3"}), "options: .* has no options, .* has -D workers=3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_run_is_named(
    runs: Callable[[Shards], Sequence[Path]], told: str, shards: Shards, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=told):
        merge(runs(shards), tmp_path / "merged")
    assert not (tmp_path / "merged").exists(), "the mended command can be given again"


def test_shards_fit_each_other_wherever_a_machine_keeps_what_is_tested(
    shards: Shards, tmp_path: Path
) -> None:
    parts = [
        shards.add(
            f"{number}/2",
            scenario(number),
            options={
                "playbooks": f"/home/{user}/pair",
                "noetl": f"/home/{user}/noetl",
                "noetl_settings": f"/home/{user}/own.env",
            },
            origin=f"checkout /home/{user}/noetl, 1a2b3c4d",
            settings={"LOG_LEVEL": "INFO"},
        )
        for number, user in ((1, "a"), (2, "b"))
    ]
    assert len(merge(parts, tmp_path / "merged")) == len(parts)


LOG = "no answer - see logs/server.log in the run's folder"


def test_a_remedy_names_the_log_where_the_merged_run_has_it(shards: Shards, tmp_path: Path) -> None:
    for name in ("one", "two"):
        lines = (1, 2) if name == "one" else (3, 4)
        parts = [
            shards.add(f"{n}/2", scenario(line, "sandbox", reason=LOG, earlier=LOG))
            for n, line in zip((1, 2), lines, strict=True)
        ]
        merge(parts, tmp_path / name)
    merged = tmp_path / "merged"
    told = merge([tmp_path / "one", tmp_path / "two"], merged)
    for each, run, shard in zip(told, (1, 1, 2, 2), (1, 2, 1, 2), strict=True):
        log = f"run-{run}/shard-{shard}/logs/server.log"
        assert each.reason == each.earlier == f"no answer - see {log} in the run's folder"
        assert (merged / log).is_file()


def test_lanes_name_their_own_logs_too(shards: Shards, tmp_path: Path) -> None:
    lanes = [
        shards.add("1/2", scenario(1, "product", reason=MISSED)),
        shards.add("2/2", scenario(2, "sandbox", reason=LOG)),
    ]
    again = shards.add("", scenario(1, "sandbox", reason=LOG))
    told = merge(lanes, tmp_path / "merged", again=again, strict=False)
    assert ["see run-3/logs/server.log" in told[0].reason, told[0].earlier] == [True, MISSED]
    assert "see shard-2/logs/server.log" in told[1].reason


def test_no_place_of_a_shards_machine_stands_in_what_is_sent_to_others(
    shards: Shards, tmp_path: Path
) -> None:
    def away(number: int) -> ScenarioResult:
        reason = f"/srv/of-{number}/x.log and /data/pair-{number}/parent.yaml and {tmp_path}/y"
        return scenario(number, "sandbox", reason=reason)

    parts = [
        shards.add(
            f"{n}/2",
            away(n),
            options={"runs": f"/srv/of-{n}", "playbooks": f"/data/pair-{n}"},
        )
        for n in (1, 2)
    ]
    told = merge(parts, tmp_path / "merged")
    assert told[1].reason == f"RUNS/x.log and PAIR/parent.yaml and {tmp_path}/y"
    summary = (tmp_path / "merged" / "summary.md").read_text()
    assert not [place for place in ("/srv/", "/data/", str(tmp_path)) if place in summary]


def test_what_images_bring_is_not_known_of_a_part_that_never_came_up(
    shards: Shards, tmp_path: Path
) -> None:
    own, brought = {"LOG_LEVEL": "INFO"}, {"NOETL_A": "1", "LOG_LEVEL": "INFO"}
    runs = [
        shards.add("1/2", scenario(1), settings=own, sandbox="", noetl="", cli=""),
        shards.add("2/2", scenario(2), settings=brought),
    ]
    merge(runs, tmp_path / "merged")
    assert read_figures(tmp_path / "merged").settings == brought


def judgements_broken(run: Path, _: pytest.MonkeyPatch) -> None:
    (run / "judgements.json.gz").write_bytes(b"no gzip")


def executions_broken(run: Path, _: pytest.MonkeyPatch) -> None:
    (run / "executions").mkdir()
    (run / "executions" / "1.json.gz").mkdir()


def interrupted(_: Path, patch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    patch.setattr("shutil.copytree", asked)


@pytest.mark.parametrize(
    ("damage", "code"), [(judgements_broken, 2), (executions_broken, 2), (interrupted, 130)]
)
def test_a_merge_that_fails_leaves_no_run(
    damage: Callable[[Path, pytest.MonkeyPatch], None],
    code: int,
    shards: Shards,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, merged = shards.add("", scenario(1)), tmp_path / "merged"
    damage(run, monkeypatch)
    assert main(["merge", "--into", str(merged), str(run)]) == code
    assert not merged.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--into", "HERE/whole/sub"], "--into=HERE/whole/sub is inside HERE/whole - "),
        (["--into="], "a path is empty - "),
        (["--into=~nouser/m"], "~nouser/m is below the home of a user that this machine"),
        (["--junit-directory="], "a path is empty - "),
        (["--into=HERE/m", "--junit-directory=HERE/file"], "HERE/file cannot be written: File ex"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_place_is_told_before_anything_is_merged(
    words: list[str],
    told: str,
    shards: Shards,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    run, here = shards.add("", scenario(1)), str(tmp_path)
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    assert main(["merge", *(word.replace("HERE", here) for word in words), str(run)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {told}".replace("HERE", here))
    assert sorted(tmp_path.rglob("*")) == before


def test_the_home_may_be_named_as_a_shell_leaves_it(
    shards: Shards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert main(["merge", "--into=~/m", str(shards.add("", scenario(1)))]) == 0
    assert (tmp_path / "home" / "m" / results.RESULTS_FILE).is_file()


def test_a_merged_run_goes_where_runs_go(
    shards: Shards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOETL_ACCEPTANCE_RUNS", str(tmp_path / "mine"))
    assert main(["merge", str(shards.add("", scenario(1)))]) == 0
    assert last_run(tmp_path / "mine") is not None


def test_a_package_has_git_ignore_the_runs_that_it_merges(
    shards: Shards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writable_places, "INSTALLED", True)
    monkeypatch.setattr(writable_places, "BASE", tmp_path)
    monkeypatch.setenv("NOETL_ACCEPTANCE_RUNS", str(tmp_path / "runs"))
    assert main(["merge", str(shards.add("", scenario(1)))]) == 0
    assert (tmp_path / "runs" / ".gitignore").read_text() == "*\n"


def test_a_second_attempt_stands_in_place_of_the_first_and_tells_of_it(
    shards: Shards, tmp_path: Path
) -> None:
    one = shards.add("1/2", scenario(1, "product", reason=MISSED), scenario(2), wall=60)
    two = shards.add("2/2", scenario(3, "product", reason=MISSED), wall=50)
    again = shards.add("", scenario(1), scenario(3, "product", reason="after 91 s: again"), wall=7)
    told = merge([one, two], tmp_path / "merged", again=again)
    assert [(each.verdict, each.earlier) for each in told] == [
        ("passed", MISSED),
        ("passed", ""),
        ("product", MISSED),
    ]
    assert read_figures(tmp_path / "merged").wall == 67, "side by side, and then alone"


def test_a_scenario_that_ran_twice_is_told_twice(shards: Shards, tmp_path: Path) -> None:
    one = shards.add("1/2", scenario(1, "product", reason="lost"), scenario(2), scenario(1))
    told = merge([one, shards.add("2/2", scenario(3))], tmp_path / "merged")
    assert [(each.location[-1], each.verdict) for each in told] == [
        ("1", "product"),
        ("1", "passed"),
        ("2", "passed"),
        ("3", "passed"),
    ]


def test_a_second_attempt_takes_no_place_but_that_of_the_one_failure(
    shards: Shards, tmp_path: Path
) -> None:
    late, lost = [scenario(2, "product", reason=reason) for reason in (MISSED, "lost")]
    one = shards.add("", scenario(1), scenario(1, "product", reason=MISSED), late, lost)
    again = shards.add("", scenario(1), scenario(2))
    told = merge([one], tmp_path / "merged", again=again)
    assert [(each.location[-1], each.verdict, each.earlier) for each in told] == [
        ("1", "passed", ""),
        ("1", "passed", MISSED),
        ("2", "product", ""),
        ("2", "product", ""),
        ("2", "passed", ""),
    ], "which of two failures the attempt is meant for is not known: both stay"


def test_what_is_told_of_one_place_of_a_run_is_all_kept(shards: Shards, tmp_path: Path) -> None:
    asked = KeyboardInterrupt()
    both = [results.of_the_run("the run", asked), results.of_the_run("the run", ValueError("x"))]
    run = shards.add("", scenario(1), *both)
    assert [each.verdict for each in merge([run], tmp_path / "merged")] == [
        "passed",
        "interrupted",
        "suite",
    ]


def test_a_second_attempt_on_another_noetl_takes_no_place(shards: Shards, tmp_path: Path) -> None:
    late = scenario(1, "product", reason=MISSED)
    lanes = [shards.add("1/2", late), shards.add("2/2", scenario(2))]
    again = shards.add("", scenario(1), scenario(3), noetl="2.8.5")
    told = merge(lanes, tmp_path / "merged", again=again, strict=False)
    assert [(each.location[-1:], each.verdict, each.earlier) for each in told] == [
        ("1", "product", ""),
        ("1", "passed", ""),
        ("2", "passed", ""),
        ("3", "passed", ""),
        ("", "suite", ""),
    ]
    assert "NoETL: " in told[-1].reason
    assert "whole has 2.8.5" in told[-1].reason


def figures_gone(run: Path, _: pytest.MonkeyPatch) -> None:
    (run / "figures.json").unlink()


def figures_torn(run: Path, _: pytest.MonkeyPatch) -> None:
    (run / "figures.json").write_text('{"schema":')


def disk_full(_: Path, patch: pytest.MonkeyPatch) -> None:
    def full(source: object, target: object, **_: object) -> None:
        Path(str(target)).mkdir(parents=True, exist_ok=True)
        raise shutil.Error([(source, target, "[Errno 28] No space left on device")])

    patch.setattr("shutil.copytree", full)


def execution_half_copied(_: Path, patch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        (target / source.name).write_bytes(source.read_bytes()[:10])
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    patch.setattr("shutil.copy2", full)


def no_folder(_: Path, patch: pytest.MonkeyPatch) -> None:
    def full(folder: Path, **_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    patch.setattr(Path, "mkdir", full)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (judgements_broken, "judgements.json.gz cannot be read: Not a gzipped file"),
        (figures_gone, "has no figures.json: its run has not ended"),
        (figures_torn, "figures.json cannot be read: Invalid JSON"),
        (disk_full, "merged: [Errno 28] No space left on device"),
        (execution_half_copied, "merged: No space left on device"),
        (no_folder, "merged: No space left on device"),
    ],
)
def test_a_full_disk_costs_no_verdict_of_lanes(
    damage: Callable[[Path, pytest.MonkeyPatch], None],
    told: str,
    shards: Shards,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = scenario(1, "product", reason="lost", executions=("1",))
    lanes = [shards.add("1/2", lost, execution="1"), shards.add("2/2", scenario(2))]
    damage(lanes[0], monkeypatch)
    found = merge(lanes, tmp_path / "merged", strict=False)
    assert [each.verdict for each in found[:3]] == ["product", "passed", "sandbox"]
    assert told in found[2].reason
    assert {each.verdict for each in found[2:]} == {"sandbox"}
    if damage is not no_folder:
        assert results.read(tmp_path / "merged") == found
        assert (tmp_path / "merged" / "report.html").exists()


def test_the_command_has_the_exit_code_of_the_merged_run(
    shards: Shards, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [shards.add("1/2", scenario(1)), shards.add("2/2", scenario(2, "product", reason="x"))]
    into, reports = str(tmp_path / "merged"), str(tmp_path / "merged" / "junit")
    words = ["merge", "--into", into, "--junit-directory", reports, *map(str, runs)]
    assert main(words) == 1
    assert "verdict: 1 passed, 1 failed by the product" in capsys.readouterr().out
    assert list((tmp_path / "merged" / "junit").glob("*.xml"))
    assert main(words) == 2
    assert f"{into} cannot be made: File exists" in capsys.readouterr().err
