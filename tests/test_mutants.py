"""The seeded defects as data, and when one counts as caught."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.conformance.scenarios import scenarios_of
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict.claims import load_contract
from tests.mutants import page
from tests.mutants.defects import (
    Change,
    Defect,
    load_defects,
    named,
    quick_groups,
    selection,
    together,
)
from tests.mutants.making import fits, make_pair
from tests.mutants.running import Caught, judged

DEFECTS = load_defects()
SCENARIOS = scenarios_of(read_features(), [])
DROPS = Defect(
    name="drops",
    worker=(Change(find="a", replace="b"),),
    caught={"C24": "1 missing", "C27": "is 1"},
)


def result(name: str, row: str, verdict: str, reason: str = "") -> ScenarioResult:
    return ScenarioResult("Smoke", name, f"{name}.feature:1", (row,), verdict, reason)


def test_there_are_as_many_as_promised() -> None:
    assert len(DEFECTS) >= 40
    assert sum(bool(defect.parent or defect.worker) for defect in DEFECTS) >= 25


def test_every_row_of_the_contract_has_one() -> None:
    caught = {row for defect in DEFECTS for row in defect.caught}
    assert caught == set(load_contract().rows)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_it_can_be_made_and_selects_scenarios_of_its_rows(defect: Defect, tmp_path: Path) -> None:
    if defect.parent or defect.worker:
        for file in make_pair(defect, tmp_path).glob("*.yaml"):
            yaml.safe_load(file.read_text())
    for edit in defect.suite:
        copy = tmp_path / Path(edit.file).name
        copy.write_text((ROOT / edit.file).read_text())
        edit.apply(copy)
    known = [each for each in SCENARIOS if each.feature in defect.features]
    cases = {case: each.rows for each in known for case in each.cases}
    assert set(defect.scenarios) <= set(cases)
    selected = [cases[name] for name in defect.scenarios] or cases.values()
    assert set(defect.caught) <= {row for rows in selected for row in rows}
    assert all(defect.caught.values())  # no words would be found in any message
    assert defect.changed


@pytest.mark.parametrize("group", quick_groups().values(), ids=quick_groups())
def test_a_group_goes_together(group: list[Defect], tmp_path: Path) -> None:
    made = together(group)
    if made.parent or made.worker:
        for file in make_pair(made, tmp_path).glob("*.yaml"):
            yaml.safe_load(file.read_text())
    if len(group) > 1:
        assert all(defect.scenarios for defect in group)  # else tags and names would be mixed
        assert made.name not in {defect.name for defect in DEFECTS}


def test_defects_together_have_all_changes_and_all_scenarios() -> None:
    first = Defect(name="a", quick="both", options={"workers": "2"}, scenarios=("A",))
    change = Change(find="a", replace="b")
    second = Defect(name="b", quick="both", worker=(change,), scenarios=("B",), features=("cli",))
    both = together([first, second])
    assert (both.name, both.worker, both.options) == ("both", (change,), {"workers": "2"})
    assert both.own_sandbox
    assert selection([first, second]) == [
        "features/smoke.feature",
        "features/cli.feature",
        "--tags=@scale or not @scale",
        "--name=^A( -- @.*)?$",
        "--name=^B( -- @.*)?$",
    ]
    other = Defect(name="c", quick="both", options={"workers": "3"})
    with pytest.raises(UsageError, match="c has other options"):
        together([first, other])


def test_a_defect_is_caught_by_its_own_scenarios_only() -> None:
    drops = DROPS.model_copy(update={"scenarios": ("stores all", "summary")})
    found = [
        result("stores all -- @1.1 ", "C24", "product", "1 missing"),
        result("another", "C27", "product", "is 1"),
    ]
    assert judged(drops, found, 3.0).problem == "not caught by C27, which passed"


def test_names_that_there_are_not_are_refused() -> None:
    with pytest.raises(UsageError, match="no seeded defect nonsense"):
        named(["drops-one-row", "nonsense"])


def test_a_change_whose_text_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="up to date"):
        make_pair(Defect(name="gone", parent=(Change(find="no such", replace=""),)), tmp_path)


def test_a_change_that_is_no_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1")
    with pytest.raises(UsageError, match="no Python"):
        Change(find="1", replace="(").apply(tmp_path / "a.py")


def test_caught_by_every_row_that_must_catch_it() -> None:
    found = [
        result("stores all", "C24", "product", "Expected: x\n but: 1 missing from it\n y"),
        result("summary", "C27", "product", "data.missing_rows is 1, not 0"),
        result("order", "C09", "passed"),
    ]
    caught = judged(DROPS, found, 3.0)
    assert (caught.problem, caught.scenarios) == ("", ("stores all", "summary"))
    assert caught.message == "1 missing from it"


def test_its_words_may_go_over_two_lines() -> None:
    over = DROPS.model_copy(update={"caught": {"C24": "of 50) 1 missing"}})
    reason = "Expected: x\n     but: 4 batches of 50)\n          1 missing\n          more"
    caught = judged(over, [result("stores all", "C24", "product", reason)], 3.0)
    assert (caught.problem, caught.message) == ("", "4 batches of 50) 1 missing")


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ([result("a", "C24", "passed")], "not caught by C24, which passed"),
        ([result("a", "C24", "product", "else")], "not caught by C24, a: else"),
        ([result("a", "P1", "product", "1 missing is 1")], "not caught by C24"),
        ([result("a", "C24", "sandbox", "1 missing is 1")], "failed by the sandbox: a"),
        ([result("a", "C24", "suite", "1 missing is 1")], "failed by the suite: a"),
    ],
)
def test_what_does_not_count_as_caught(found: list[ScenarioResult], problem: str) -> None:
    assert problem in judged(DROPS, found, 3.0).problem


def test_a_defect_of_the_suites_means_is_caught_by_the_sandbox_alone() -> None:
    means = DROPS.model_copy(update={"caught": {"P9": "it runs"}, "told_as": "sandbox"})
    found = [result("killed", "P9", "sandbox", "worker-1 was to be killed, and it runs")]
    assert judged(means, found, 3.0).problem == ""
    blamed = [result("killed", "P9", "product", "worker-1 was to be killed, and it runs")]
    assert "not caught by P9" in judged(means, blamed, 3.0).problem


def test_the_page_keeps_the_lines_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PAGE", tmp_path / "mutants.md")
    first, second = load_defects()[0], load_defects()[1]
    page.renew(Caught(second, ("All | rows",), "1 missing", 12.4, ""))
    page.renew(Caught(first, (), "", 60.0, "not caught by C24"))
    page.renew(Caught(first, ("Smoke",), "2 missing", 61.0, ""))
    text = page.PAGE.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[0] for row in rows] == [f"| {first.name}", f"| {second.name}"]
    assert "2 missing" in rows[0]
    assert "All \\| rows" in rows[1]
    assert "2 of them run, 0 not caught; 1 minutes" in text


def test_only_what_an_edition_can_carry_is_put_into_it() -> None:
    on_rust = [defect for defect in DEFECTS if fits(defect, "rust")]
    assert len(on_rust) >= 40
    assert not any(defect.noetl for defect in on_rust)
    assert all(fits(defect, "") for defect in DEFECTS)
