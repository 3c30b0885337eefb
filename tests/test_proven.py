"""The line that says which rows of the contract a run has proven."""

from __future__ import annotations

import pytest

from noetl_acceptance.conformance.proven import group_rows, line_of, row_ranges
from noetl_acceptance.conformance.scenarios import Scenario
from noetl_acceptance.evidence.results import ScenarioResult

ROWS = ("C01", "C02", "C03", "C05", "P1")
PART = "not wholly proven (some scenarios were not selected)"
SCENARIOS = [
    Scenario("one", "plain", ("plain",), ("plain",), ("C01", "C02", "C03")),
    Scenario("one", "for …", ("for a", "for b"), ("for a", "for b"), ("C05",)),
    Scenario("two", "big", ("big",), (), ("C01",)),  # outside of the default set
]
RULES = {"a deviation": ("C02",)}


def result(name: str, *rows: str, verdict: str = "passed", reason: str = "") -> ScenarioResult:
    deviations = ("a deviation",) if verdict == "deviates" else ()
    return ScenarioResult("F", name, "features/one.feature:3", rows, verdict, reason, deviations)


def line(*results: ScenarioResult) -> str:
    told = group_rows(results, SCENARIOS, ROWS, RULES)
    return "; ".join(f"{words}: {rows}" for words, rows in told.items())


PLAIN = ("plain", "C01", "C02", "C03")


def test_a_row_is_proven_by_all_of_its_scenarios() -> None:
    assert line(result(*PLAIN)) == "proven: C01–C03; not selected: C05, P1"
    cases = [result(f"for {case} -- @1.{n} ", "C05") for n, case in enumerate("ab", 1)]
    assert line(*cases) == "proven: C05; not selected: C01–C03, P1"
    assert line(cases[0]) == f"{PART}: C05; not selected: C01–C03, P1"


@pytest.mark.parametrize(
    ("verdict", "reason", "words"),
    [
        ("product", "", "failed by the product"),
        ("sandbox", "", "failed by the sandbox"),
        ("suite", "", "failed by the suite"),
        ("skipped", "not judged, because", "not judged"),
        ("skipped", "interrupted", "not run"),
        ("skipped", "not run", "not run"),
    ],
)
def test_one_scenario_that_has_not_passed_decides(verdict: str, reason: str, words: str) -> None:
    other = result("big", "C01", verdict=verdict, reason=reason)
    told = line(result(*PLAIN), other)
    assert told == f"proven: C02, C03; {words}: C01; not selected: C05, P1"


def test_a_deviation_is_told_of_its_own_rows_only() -> None:
    told = line(result(*PLAIN, verdict="deviates"))
    assert told == "proven: C01, C03; deviates as recorded: C02; not selected: C05, P1"


def test_each_row_stands_behind_what_is_said_of_it() -> None:
    assert line_of([]) == ""
    told = line_of([ScenarioResult("F", "S", "features/smoke.feature:1", ("C25",), "product")])
    assert told.startswith("contract: failed by the product: C25; not selected: C01–C24, ")


def test_nothing_is_said_where_no_row_was_tried() -> None:
    assert line() == ""
    assert line(result("other")) == ""
    assert line(result("other", "C99")) == ""


def test_rows_are_told_in_ranges() -> None:
    assert row_ranges(["C01", "C02", "C03", "C05", "C06", "P1"]) == "C01–C03, C05, C06, P1"
    assert row_ranges(["C43", "P1", "P2", "P3"]) == "C43, P1–P3"
