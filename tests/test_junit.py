"""JUnit reports, and the words of a verdict, without behave."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.evidence import junit, results
from noetl_acceptance.evidence.results import ScenarioResult, StepResult
from noetl_acceptance.evidence.run_verdict import summary, why_of
from noetl_acceptance.verdict import exit_codes


def read_xml(folder: Path) -> list[ET.Element]:
    files = sorted(folder.glob("TESTS-*.xml"))
    return [ET.parse(file).getroot() for file in files]  # noqa: S314 - ours


def in_xml(suites: list[ET.Element]) -> list[tuple[str, str, str]]:
    """What each test case of the reports says: its name, its verdict, why."""
    found = []
    for suite in suites:
        for case in suite.iter("testcase"):
            told = [each for each in case if each.tag in ("failure", "error", "skipped")]
            kinds = [each.get("type", each.tag) for each in told]
            why = [each.get("message", "") for each in told]
            assert len(told) <= 1
            found.append((case.get("name", ""), "".join(kinds) or "passed", "".join(why)))
    return sorted(found)


# --- without behave


def result(kind: str, reason: str = "") -> ScenarioResult:
    return ScenarioResult("F", "S", "features/f.feature:1", (), kind, reason)


def test_reports_of_a_run_before_do_not_stay(tmp_path: Path) -> None:
    fault = results.of_the_run("the take-down", SandboxError("a container stays"))
    junit.write([result("passed"), fault], tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {"TESTS-features.f.xml", "TESTS-run.xml"}
    junit.write([result("passed")], tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {"TESTS-features.f.xml"}


def test_what_an_attempt_beside_others_came_to_is_told(tmp_path: Path) -> None:
    junit.write([replace(result("passed"), earlier="after 9 s: no end")], tmp_path)
    (told,) = read_xml(tmp_path)[0].iter("system-out")
    assert told.text == "at first, beside others:\nafter 9 s: no end"


@pytest.mark.parametrize("kind", ["passed", "product", "deviates", "skipped"])
def test_each_row_of_the_contract_is_a_property_of_the_case(kind: str, tmp_path: Path) -> None:
    named = ("a row too few",) if kind == "deviates" else ()
    about = replace(result(kind, "why"), rows=("C12", "P1"), deviations=named)
    junit.write([about, result("passed")], tmp_path)
    case, other = read_xml(tmp_path)[0].iter("testcase")
    assert case[0].tag == "properties"
    told = [(each.get("name"), each.get("value")) for each in case[0]]
    rows = [("contract", "C12"), ("contract", "P1")]
    assert told == [*rows, *(("deviates as recorded", each) for each in named)]
    assert other.find("properties") is None


def test_what_a_recorded_deviation_did_not_show_is_a_property(tmp_path: Path) -> None:
    junit.write([replace(result("passed"), differs=("a row too few did not show",))], tmp_path)
    (case,) = read_xml(tmp_path)[0].iter("testcase")
    (told,) = case[0]
    assert told.attrib == {
        "name": "differs from the record",
        "value": "a row too few did not show",
    }


@given(st.text())
def test_no_text_breaks_the_xml(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        junit.write([result("product", reason=text)], Path(folder))
        assert [kind for _, kind, _ in in_xml(read_xml(Path(folder)))] == ["product"]


@pytest.mark.parametrize("character", ["x", "\N{EURO SIGN}", "&", '"', "\n", "\0"])
def test_a_long_failure_is_cut_and_says_where_the_rest_is(character: str, tmp_path: Path) -> None:
    steps = tuple(StepResult(character * 50_000, "failed", 1.0) for _ in range(4))
    case = replace(result("product", f"why{character * 300_000}"), steps=steps)
    junit.write([case, result("product", "short")], tmp_path, Path("runs/R"))
    long, short = read_xml(tmp_path)[0].iter("testcase")
    assert 10_000 < len(ET.tostring(long, encoding="utf-8")) < junit.MOST_BYTES
    for text in (long[0].get("message"), long[0].text, long[1].text):
        assert str(text).endswith(" … cut here, runs/R/results.json has the rest") or text == "why"
    assert short[0].text == "short"


def test_what_was_cut_of_a_run_without_a_folder_is_said(tmp_path: Path) -> None:
    junit.write([result("usage", "x" * 100_000)], tmp_path)
    assert str(read_xml(tmp_path)[0][0][0].text).endswith(" … cut here, the rest is left out")


def test_every_verdict_has_words_a_code_and_a_meaning() -> None:
    assert set(exit_codes.CODES.values()) | {0} == set(exit_codes.MEANINGS)
    assert set(exit_codes.FAILED) <= set(exit_codes.CODES)


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        (("passed", "deviates"), 0),
        (("passed", "skipped"), 5),
        (("skipped", "sandbox"), 3),
        (("sandbox", "suite"), 4),
        (("suite", "product", "sandbox"), 1),
        (("product", "interrupted"), 130),
    ],
)
def test_the_code_of_several_kinds(kinds: tuple[str, ...], code: int) -> None:
    assert exit_codes.exit_code(kinds) == code


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("\nExpected: Nobody is missing.\n     but: run 1\n          missing: 3\n", "missing: 3"),
        ("\nExpected: a\n     but: was b\n", "Expected: a"),
        ("after 5 s: the end did not happen\n  seen: 1", "after 5 s: the end did not happen"),
        ("", ""),
    ],
)
def test_why_is_one_line(reason: str, why: str) -> None:
    assert why_of(result("product", reason=reason)) == why


def test_why_nothing_was_judged_is_one_line_and_whole() -> None:
    reason = "not judged, because the logs\n  are out of sight"
    assert why_of(result("skipped", reason)) == "not judged, because the logs are out of sight"
    assert why_of(result("skipped", "Expected: a\n  but:\n  b: c\n d")) == "b: c"


def test_what_was_not_run_is_one_line() -> None:
    lines = summary([result("skipped", reason="interrupted")] * 3)
    assert lines == ["not judged:", "  3 scenarios: interrupted"]
