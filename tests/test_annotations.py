"""What did not pass as annotations for GitHub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.cli.main import main
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.annotations import LEVELS, MOST, lines_of
from noetl_acceptance.evidence.figures import Figures, write_figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict import exit_codes
from tests.test_run_verdict import BROKEN, run_broken


def scenario(line: int, verdict: str, reason: str = "", **fields: Any) -> ScenarioResult:
    told = {"location": f"features/f.feature:{line}", **fields}
    return ScenarioResult("F", f"S{line}", rows=(), verdict=verdict, reason=reason, **told)


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as GitHub's runner does."""
    found = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert found is not None
    pairs = (each.split("=", 1) for each in found[2].split(","))
    return found[1], {key: unescaped(value) for key, value in pairs}, unescaped(found[3])


def unescaped(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_a_failure_stands_at_its_line_and_says_whose_it_is() -> None:
    (line,) = lines_of([scenario(7, "product", "Expected: 100 %\n  but: 99 %, or: none")], {})
    assert line == (
        "::error file=features/f.feature,line=7,title=failed by the product%3A S7::"
        "Expected: 100 %25%0A  but: 99 %25, or: none"
    )


def test_each_verdict_but_passed_has_a_level_and_failures_come_first() -> None:
    found = [scenario(n, each, "why") for n, each in enumerate(["passed", *reversed(LEVELS)])]
    levels = [read(line)[0] for line in lines_of(found, {})]
    assert levels == ["error"] * 5 + ["warning", "notice"]
    assert {*exit_codes.CODES, "deviates"} == set(LEVELS)


def test_a_deviation_is_named_and_what_was_not_run_has_none() -> None:
    found = [scenario(1, "deviates", deviations=("a", "b")), scenario(2, "skipped", "not run")]
    (line,) = lines_of(found, {})
    _, properties, message = read(line)
    assert properties["title"] == "deviates as recorded: S1"
    assert message == "a, b"


@pytest.mark.parametrize("location", ["", "/srv/x.feature:3", "../x.feature:3"])
def test_what_is_no_file_of_the_checkout_has_no_place(location: str) -> None:
    (line,) = lines_of([scenario(1, "suite", "x", location=location)], {})
    assert read(line) == ("error", {"title": "failed by the suite: S1"}, "x")


def test_there_are_ten_at_most_and_the_rest_is_counted() -> None:
    found = [scenario(n, "skipped" if n < 3 else "product", "x") for n in range(14)]
    *lines, last = lines_of(found, {})
    assert len(lines) == MOST
    assert {read(line)[0] for line in lines} == {"error"}
    assert last == "4 annotations more left out: see summary.md"
    assert len(lines_of(found[:MOST], {})) == MOST


@given(name=st.text(max_size=200), reason=st.text())
def test_no_text_ends_a_command_or_begins_another(name: str, reason: str) -> None:
    told = ScenarioResult("F", name, "features/f.feature:1", (), "suite", f"{reason}\n::error::x")
    (line,) = lines_of([told], {})
    assert not {"\r", "\n"} & set(line)
    level, properties, message = read(line)
    assert (level, properties["file"], properties["line"]) == ("error", "features/f.feature", "1")
    assert properties["title"] == f"failed by the suite: {name}"
    assert message.endswith(("::error::x", "more"))


def test_the_command_prints_them_without_folders_of_the_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_figures(Figures(), tmp_path)
    results.write([scenario(1, "suite", f"see {ROOT}/x and {tmp_path}/y")], tmp_path)
    assert main(["annotate", str(tmp_path)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("::see CHECKOUT/x and RUN/y")


def test_a_run_prints_none_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert "::error" not in run_broken(tmp_path, f"{BROKEN}/product").console
