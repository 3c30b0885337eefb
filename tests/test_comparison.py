"""Two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.cli.main import main
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.comparison import compare, lines_of
from noetl_acceptance.evidence.figures import Figures, write_figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.verdict.exit_codes import FAILED

VERDICTS = st.sampled_from(["passed", "deviates", "product", "sandbox", "suite", "skipped"])


def scenario(name: str, verdict: str = "passed", line: int = 1, **fields: Any) -> ScenarioResult:
    return ScenarioResult("F", name, f"features/f.feature:{line}", (), verdict, **fields)


def told(before: list[ScenarioResult], after: list[ScenarioResult]) -> str:
    return "\n".join(lines_of(compare(before, after)))


def test_each_failure_is_new_still_there_mended_or_not_judged() -> None:
    before = [scenario("a", "product"), scenario("b", "product"), scenario("c", "suite")]
    after = [
        scenario("a", "product", reason="row-missing: 1", line=9),
        scenario("b"),
        scenario("c", "skipped"),
        scenario("d", "sandbox", reason="worker-1 exited"),
    ]
    found = told(before, after)
    assert "new failures:\n  features/f.feature:1 d: failed by the sandbox: worker-1" in found
    assert "still do:\n  features/f.feature:9 a: failed by the product: row-missing: 1" in found
    assert "mended:\n  features/f.feature:1 b" in found
    assert "not judged now:\n  features/f.feature:1 c" in found
    assert found.endswith("1 new, 1 still failing, 1 mended")


def test_a_failure_by_another_partys_fault_is_new() -> None:
    found = compare([scenario("a", "sandbox")], [scenario("a", "product", reason="lost")])
    assert [each.verdict for each in found.new] == ["product"]
    assert (found.still, found.mended, found.gone) == ((), (), ())


def test_no_failure_hides_behind_another_result_of_the_same_name() -> None:
    run = [
        results.of_the_run("the run", SandboxError("the disk is full", "make room")),
        results.of_the_run("the run", ValueError("x")),
    ]
    twice = [scenario("a", "product", reason="lost"), scenario("a")]
    found = compare([scenario("a")], [*twice, *run])
    assert [each.verdict for each in found.new] == ["product", "sandbox", "suite"]
    assert compare([*twice, *run], [scenario("a")]).mended == (twice[0],)
    assert compare(twice, twice).mended == ()


def test_what_passed_and_was_not_judged_again_is_told() -> None:
    before = [scenario("a"), scenario("b", "deviates"), scenario("c"), scenario("d", "skipped")]
    after = [scenario("a", "skipped", reason="not run"), scenario("d", "skipped")]
    found = told(before, after)
    assert "passed before, and were not judged now:\n  features/f.feature:1 a: not ju" in found
    assert "passed before, and not in the later run: 2 scenarios\n" in found


@pytest.mark.parametrize("error", [KeyboardInterrupt(), UsageError("no such release")])
def test_a_run_that_did_not_come_to_its_end_is_not_green(
    error: BaseException, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = run(tmp_path / "1", scenario("a"), scenario("b"))
    halfway = [scenario("a"), scenario("b", "skipped", reason=results.INTERRUPTED)]
    after = run(tmp_path / "2", *halfway, results.of_the_run("the run", error))
    assert main(["compare", before, after]) == 1
    assert "\nthe later run did not come to its end\n" in capsys.readouterr().out
    assert main(["compare", after, before]) == 0


def test_a_run_that_was_stopped_at_a_known_failure_did_not_come_to_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = run(tmp_path / "1", scenario("a", "product"), scenario("b"))
    left_out = scenario("b", "skipped", reason=results.NOT_RUN[0])
    after = run(tmp_path / "2", scenario("a", "product"), left_out)
    assert main(["compare", before, after]) == 1
    assert "\nthe later run did not come to its end\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("before_feature features/x.feature:12", "before_feature features/x.feature:13"),
        ("lane-2", "lane-1"),
    ],
)
def test_what_fails_a_run_in_the_same_place_is_not_new(before: str, after: str) -> None:
    error = SandboxError("the disk is full", "make room")
    earlier, later = (results.of_the_run(place, error) for place in (before, after))
    found = compare([scenario("a"), earlier], [scenario("a"), later])
    assert (found.new, found.still, found.mended) == ((), (later,), ())


def test_each_lane_that_fails_a_run_is_told() -> None:
    lanes = [results.of_the_run(f"lane-{n}", SandboxError("killed")) for n in (1, 2)]
    assert list(compare([scenario("a")], lanes).new) == lanes


def test_deviations_of_scenarios_that_one_run_did_not_judge_neither_came_nor_went() -> None:
    before = [
        scenario("a", "deviates", deviations=("kept",)),
        scenario("b", "deviates", deviations=("of b",)),
        scenario("c", "deviates", deviations=("of c",)),
    ]
    after = [before[0], scenario("c", "skipped", reason="not judged")]
    found = compare(before, after)
    assert (found.came, found.left) == ((), ())
    assert compare(after, before).came == ()


def test_deviations_that_came_or_went_are_named() -> None:
    before = [scenario("a", "deviates", deviations=("old", "kept"))]
    after = [scenario("a", "deviates", deviations=("kept", "fresh"))]
    found = told(before, after)
    assert "deviations that came: fresh" in found
    assert "deviations that went: old" in found


def test_durations_that_moved_are_told_the_largest_first() -> None:
    before = [scenario("a", seconds=10.0), scenario("b", seconds=10.0), scenario("c", seconds=1.0)]
    after = [scenario("a", seconds=20.0), scenario("b", seconds=40.0), scenario("c", seconds=3.0)]
    found = told(before, after)
    assert (
        "moved:\n  b: 10 s → 40 s\n  a: 10 s → 20 s\nscenarios of both runs: 21 s → 63 s" in found
    )


@given(st.dictionaries(st.text("abc", min_size=1), st.tuples(VERDICTS, VERDICTS)))
def test_every_failure_of_either_run_is_told_once(verdicts: dict[str, tuple[str, str]]) -> None:
    before = [scenario(name, one) for name, (one, _) in verdicts.items()]
    after = [scenario(name, other) for name, (_, other) in verdicts.items()]
    found = compare(before, after)
    names = [each.scenario for each in (*found.new, *found.still, *found.mended, *found.gone)]
    failed = [name for name, both in verdicts.items() if set(both) & set(FAILED)]
    assert sorted(names) == sorted(failed)
    assert compare(after, after).new == ()


def run(folder: Path, *found: ScenarioResult) -> str:
    folder.mkdir()
    results.write(found, folder)
    write_figures(Figures(noetl="2.8.9"), folder)
    return str(folder)


@pytest.mark.parametrize(("verdict", "code"), [("product", 0), ("passed", 1)])
def test_only_a_new_failure_fails(
    verdict: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = run(tmp_path / "1", scenario("a", verdict))
    after = run(tmp_path / "2", scenario("a", "product", reason="lost"))
    assert main(["compare", before, after]) == code
    assert capsys.readouterr().out.endswith("mended\n")


def test_settings_that_differ_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = run(tmp_path / "1", scenario("a", "passed")), tmp_path / "2"
    run(after, scenario("a", "passed"))
    assert main(["compare", before, str(after)]) == 0
    assert "settings" not in capsys.readouterr().out
    write_figures(Figures(noetl="2.8.9", settings={"LOG_LEVEL": "WARNING"}), after)
    assert main(["compare", before, str(after)]) == 0
    assert "settings of your own: none → LOG_LEVEL=WARNING\n" in capsys.readouterr().out


def test_what_two_runs_were_made_with_is_told_where_it_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = run(tmp_path / "1", scenario("a")), run(tmp_path / "2", scenario("a"))
    one = Figures(noetl="2.8.9", sandbox="compose", pair="0123", cli="5.3.1", commit="abc1234")
    more = {"noetl": "4.26.0", "origin": "checkout /home/me/noetl, 1a2b3c4d"}
    other = one.model_copy(update={**more, "sandbox": "embedded", "pair": "4567"})
    for folder, figures in ((before, one), (after, other)):
        write_figures(figures, Path(folder))
    assert main(["compare", before, after]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "NoETL: 2.8.9 → 4.26.0 checkout 1a2b3c4d",
        "sandbox: compose → embedded",
        "pair: 0123 → 4567",
    ]
    write_figures(Figures(commit="abc1234"), Path(after))  # its sandbox did not come up
    assert main(["compare", before, after]) == 0
    assert "→" not in capsys.readouterr().out.partition("scenarios of both")[0]


def test_a_folder_without_results_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "1").mkdir()
    assert main(["compare", str(tmp_path / "1"), str(tmp_path / "1")]) == 2
    assert "/1 is not a folder of a run - " in capsys.readouterr().err
    write_figures(Figures(), tmp_path / "1")
    for words in (["compare", str(tmp_path / "1")], ["annotate"]):
        assert main([*words, str(tmp_path / "1")]) == 2
        assert "/1 has no results.json: its run has not ended - " in capsys.readouterr().err


@pytest.mark.parametrize("others", [["b"], []], ids=["other", "none"])
def test_runs_without_a_scenario_in_common_are_not_compared(
    others: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = run(tmp_path / "1", scenario("a"))
    after = run(tmp_path / "2", *map(scenario, others))
    assert main(["compare", before, after]) == 2
    assert f"{before} and {after} share no scenario - " in capsys.readouterr().err


def test_a_run_without_a_scenario_has_nothing_to_annotate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(tmp_path / "1")
    assert main(["annotate", folder]) == 2
    assert f"no scenario ran in {folder} - " in capsys.readouterr().err
    write_figures(Figures(options={"shard": "9/9"}), tmp_path / "1")
    assert main(["annotate", folder]) == 0
