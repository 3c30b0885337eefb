"""The generated pages: which scenario proves which row, and what the records say of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from behave import register_type
from behave.parser import parse_feature as parsed_by_behave
from behave.step_registry import StepRegistry
from parse_type import TypeBuilder
from pydantic import ValidationError

from noetl_acceptance.bdd import steps_page
from noetl_acceptance.conformance import pages
from noetl_acceptance.conformance.contract_page import anchor, contract_page
from noetl_acceptance.conformance.feature_files import parse_feature, read_features
from noetl_acceptance.conformance.markdown import cell
from noetl_acceptance.conformance.release_results import (
    Record,
    RecordedScenario,
)
from noetl_acceptance.conformance.row_verdicts import record_faults, row_verdict, rules_of
from noetl_acceptance.conformance.scenarios import (
    Scenario,
    default_tags,
    deviation_faults,
    rows_without_scenario,
    scenarios_of,
    tag_faults,
)
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.verdict.claims import Contract, load_contract
from noetl_acceptance.verdict.known_deviations import Deviation, load_deviations

FEATURE = """
@C01
Feature: Tea
  Rule: Water MUST boil
    @C02 @P1
    Scenario: It boils
      When 3 cups are filled
      Then every cup is hot

    @P1
    Scenario Outline: It boils in <kettle>
      When <cups> cups are filled
      Examples:
        | kettle | cups |
        | copper | 1    |
        | steel  | 2    |

    @scale @P2
    Scenario: It boils for all
      When 999 cups are filled
"""
CONTRACT = Contract.model_validate(
    {
        "documents": [{"name": "D1", "title": "tea", "about": "how", "sha256": "a" * 64}],
        "rows": {
            name: {"documents": ["D1"] if name[0] == "C" else [], "claim": f"Claim {name}."}
            for name in ("C01", "C02", "P1", "P2")
        },
    }
)


def scenarios(text: str = FEATURE) -> list[Scenario]:
    return scenarios_of(parse_feature(text, Path("tea.feature")), ["not @scale"])


def record(*scenarios: RecordedScenario, sandbox: str = "embedded") -> Record:
    return Record(
        release="2.8.9",
        sandbox=sandbox,
        when="then",
        commit="abc",
        cli="5.3.2",
        scenarios=scenarios,
    )


def ended(name: str, verdict: str = "passed", *deviations: str) -> RecordedScenario:
    return RecordedScenario(feature="tea", scenario=name, verdict=verdict, deviations=deviations)


BOILS, COPPER, STEEL = ended("It boils"), ended("It boils in copper"), ended("It boils in steel")
FULL = record(BOILS, COPPER, STEEL)


# The project's own contract, features and pages


def test_every_row_has_a_scenario() -> None:
    assert rows_without_scenario(load_contract(), _own_scenarios()) == []


def test_tags_are_rows_and_no_scenario_has_too_many() -> None:
    assert tag_faults(load_contract(), _own_scenarios()) == []


def test_each_deviation_is_about_a_row_of_its_scenarios() -> None:
    assert deviation_faults(load_deviations(), _own_scenarios()) == []


def test_the_vocabulary_is_small() -> None:
    assert steps_page.faults() == []


def _own_scenarios() -> list[Scenario]:
    return scenarios_of(read_features(), default_tags())


def test_the_contract_is_all_rows_in_order() -> None:
    wanted = [*(f"C{n:02}" for n in range(1, 44)), *(f"P{n}" for n in range(1, 16))]
    contract = load_contract()
    assert list(contract.rows) == wanted
    named = {document.name for document in contract.documents}
    for name, row in contract.rows.items():
        assert set(row.documents) <= named
        assert bool(row.documents) == name.startswith("C")


# Features


def test_scenarios_take_tags_from_above_and_an_outline_is_one() -> None:
    found = {each.name: each for each in scenarios()}
    assert list(found) == ["It boils", "It boils in …", "It boils for all"]
    assert found["It boils"].rows == ("C01", "C02", "P1")
    assert found["It boils in …"].cases == ("It boils in copper", "It boils in steel")
    assert found["It boils in …"].default_cases == found["It boils in …"].cases
    assert found["It boils for all"].default_cases == ()


def test_a_row_without_scenario_is_named() -> None:
    assert rows_without_scenario(CONTRACT, scenarios()) == []
    assert rows_without_scenario(CONTRACT, scenarios(FEATURE.replace("@P2", ""))) == ["P2"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("@P2", "@P3", "tea: It boils for all: @P3 names no row"),
        ("@P2", "@c1", "tea: It boils for all: @c1 names no row"),
        ("@C02 @P1", "@C02 @P1 @P2", "tea: It boils: 4 rows, at most 3 are allowed"),
        ("boils for all", "boils", "tea: 2 scenarios 'It boils'"),
    ],
)
def test_a_wrong_tag_or_name_is_told(old: str, new: str, fault: str) -> None:
    assert tag_faults(CONTRACT, scenarios()) == []
    assert tag_faults(CONTRACT, scenarios(FEATURE.replace(old, new))) == [fault]


# Anchors


def test_an_anchor_is_what_markdown_makes_of_a_heading() -> None:
    assert anchor("A table of a query's answer is empty") == "a-table-of-a-querys-answer-is-empty"


# Verdicts


def deviation(name: str, rule: str, *shown_by: str) -> Deviation:
    return Deviation(
        name=name,
        rules=(rule,),
        releases="==2.8.9",
        scenarios=shown_by or ("It boils",),
        findings=(),
        users="Little.",
        why="The kettle leaks.",
        reproduction="kettle.yaml leaks.",
    )


DEVIATIONS = [deviation("cold", "P1"), deviation("spilt", "C02")]
RULES = rules_of(DEVIATIONS)


@pytest.mark.parametrize(
    ("row", "changed", "word"),
    [
        ("P1", BOILS, "holds"),
        ("P1", ended("It boils", "product"), "fails"),
        ("P1", ended("It boils", "sandbox"), "fails"),
        ("P1", ended("It boils", "suite"), "fails"),
        ("P1", ended("It boils", "skipped"), "not judged"),
        ("P1", ended("It boils", "deviates", "cold"), "deviates (recorded)"),
        ("C02", ended("It boils", "deviates", "cold"), "holds"),
        ("C02", ended("It boils", "deviates", "cold", "spilt"), "deviates (recorded)"),
        ("P1", ended("Another name"), "–"),
        ("P2", BOILS, "–"),
    ],
)
def test_a_row_is_what_its_worst_scenario_says(
    row: str, changed: RecordedScenario, word: str
) -> None:
    assert row_verdict(row, scenarios(), record(changed, COPPER, STEEL), RULES).word == word


def test_one_failing_case_fails_the_row() -> None:
    bad = record(BOILS, COPPER, ended("It boils in steel", "product"))
    assert row_verdict("P1", scenarios(), bad, {}).word == "fails"
    assert row_verdict("C02", scenarios(), bad, {}).word == "holds"


def test_what_is_outside_the_default_set_counts_where_it_ran() -> None:
    ran = record(BOILS, COPPER, STEEL, ended("It boils for all", "product"))
    assert row_verdict("P2", scenarios(), ran, {}).word == "fails"
    assert row_verdict("C01", scenarios(), FULL, {}).word == "holds"


def test_a_deviation_that_is_not_recorded_is_told() -> None:
    odd = record(ended("It boils", "deviates", "gone"))
    assert record_faults([odd], DEVIATIONS) == [
        "2.8.9-embedded: no deviation 'gone' is recorded; run again and record it"
    ]
    assert record_faults([FULL], DEVIATIONS) == []


@pytest.mark.parametrize(
    ("recorded", "fault"),
    [
        ([deviation("a", "P1", "It boils in copper")], None),
        ([deviation("a", "P1", "It burns")], "deviation a: there is no scenario 'It burns'"),
        ([deviation("a", "P2")], "deviation a: 'It boils' does not prove P2"),
        ([deviation("a", "P1"), deviation("a", "C02")], "2 deviations are called a"),
    ],
)
def test_a_deviation_that_no_row_would_show_is_told(
    recorded: list[Deviation], fault: str | None
) -> None:
    assert deviation_faults(recorded, scenarios()) == ([fault] if fault else [])


# Pages


def line(page: str, start: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(start))


def test_the_contract_page_has_documents_rows_scenarios_and_verdicts() -> None:
    deviating = record(ended("It boils", "deviates", "cold"), COPPER, STEEL, sandbox="compose")
    page = contract_page(CONTRACT, scenarios(), [deviating, FULL], DEVIATIONS)
    assert "a" * 64 in line(page, "| D1 |")
    assert (
        line(page, "| row |") == "| row | in | claim | 2.8.9 compose | 2.8.9 embedded | scenarios |"
    )
    assert line(page, "| C02 |") == (
        "| C02 | D1 | Claim C02. | holds | holds | [tea](../features/tea.feature): It boils |"
    )
    p1 = line(page, "| P1 |")
    assert p1.startswith("| P1 | – | Claim P1. | deviates (recorded): [cold](#cold) | holds |")
    assert "### cold\n\nP1, `noetl` `==2.8.9`.\nThe kettle leaks.\n" in page
    assert "Shown by: It boils.\n\nWithout the traveler playbooks: kettle.yaml leaks.\n" in page
    assert p1.endswith("It boils in … (2 cases) |")
    assert line(page, "| 2.8.9 | compose |").endswith("then | `abc` | 5.3.2 | 2 | 1 | 0 | 0 |")


def test_the_contract_page_tells_which_scenarios_are_of_later_runs() -> None:
    later = BOILS.model_copy(update={"when": "2026-11-30", "commit": "def"})
    page = contract_page(CONTRACT, scenarios(), [record(later, COPPER, STEEL)], [])
    assert (
        "\nThe numbers of 2.8.9 on embedded include later runs: 1 scenario of 2026-11-30 (`def`).\n"
        in page
    )
    assert "later runs" not in contract_page(CONTRACT, scenarios(), [FULL], [])


def test_the_contract_page_says_why_something_was_not_judged() -> None:
    why = RecordedScenario(
        feature="tea", scenario="It boils", verdict="skipped", reason="no kettle"
    )
    page = contract_page(CONTRACT, scenarios(), [record(why, COPPER, STEEL)], [])
    assert "- 2.8.9 embedded, tea: It boils: no kettle" in page
    assert "## Not judged" not in contract_page(CONTRACT, scenarios(), [FULL], [])


def test_the_steps_page_lists_each_sentence_and_who_uses_it() -> None:
    registry = StepRegistry()
    register_type(Tea=TypeBuilder.make_enum({"green": 1, "black": 2}))
    sentences = {
        "when": "{count:d} cups are filled",
        "then": "a <cup> is cold",
        "step": "the tea is {kind:Tea}",
    }
    for kind, text in sentences.items():
        registry.make_decorator(kind)(text)(lambda _context: None)
    feature = parsed_by_behave(FEATURE, filename="features/tea.feature")
    page = steps_page.steps_page(registry, [feature])
    assert "There are 3, at most 130" in page
    assert "## test_contract.py" in page
    assert "| When {count} cups are filled | [tea](../features/tea.feature) |" in page
    assert "| Then a &lt;cup> is cold | – |" in page
    assert "| Any the tea is {kind} | – |" in page
    assert "| {kind} | green<br>black |" in page


def test_text_in_a_cell_stays_in_it() -> None:
    assert cell("a | b\n  <c> & d") == "a \\| b &lt;c> &amp; d"


def test_check_names_the_page_that_differs(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    assert pages.differing({page: "new"}) == [page]
    pages.write({page: "new"})
    assert pages.differing({page: "new"}) == []
    assert pages.differing({page: "newer"}) == [page]


def test_a_contract_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text("documents: []\nrows: {C01: {}}\n")
    with pytest.raises(SuiteError, match=r"contract.yaml cannot be used: rows.C01.\w+: Field req"):
        load_contract(file)


def test_a_contract_with_something_unknown_is_refused() -> None:
    with pytest.raises(ValidationError, match="sha256"):
        Contract.model_validate(
            {"documents": [{"name": "D", "title": "", "about": "", "sha256": "x"}], "rows": {}}
        )
