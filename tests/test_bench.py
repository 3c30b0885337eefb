"""The figures of docs/performance.md: how they are reckoned, and how they get into the page."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from noetl_acceptance.cli.main import main
from noetl_acceptance.cli.upkeep import FIGURES
from noetl_acceptance.conformance.seconds import read_seconds, seconds_table
from noetl_acceptance.errors import SuiteError, UsageError
from noetl_acceptance.evidence.figures import ExecutionFigures, Figures
from noetl_acceptance.measure import behave_run, bench, bench_table
from noetl_acceptance.measure.bench import checks_rows, full_scale_rows
from noetl_acceptance.measure.bench_table import PAGE as OWN_PAGE
from noetl_acceptance.measure.bench_table import Row, machine, with_rows
from noetl_acceptance.measure.releases import ReleaseRow, keep, release_rows
from noetl_acceptance.measure.time_spent import time_spent_rows
from noetl_acceptance.support.console import Console

MACHINE = "2 cores (x86_64), 24 GiB, NoETL 2.8.9."
PAGE = f"""# Performance

<!-- measured -->
{MACHINE}

| figure | target | min | median | max | runs | when |
|---|---|---|---|---|---|---|
| compose, warm: from start to ready | – | 6.9 s | 7.0 s | 7.0 s | 3 | 2026-11-24 |
| embedded: smoke feature, wall | – | 91.2 s | 92.0 s | 94.6 s | 3 | 2026-11-24 |
<!-- /measured -->

The end.
"""


def row(figure: str, *values: float) -> Row:
    return Row(figure, "–", values, when="2026-11-25")


def changed(page: str) -> list[str]:
    """The lines of a page that the first one has not."""
    return [line for line in page.splitlines() if line not in PAGE.splitlines()]


def test_a_row_takes_the_place_of_its_own_figure_and_of_no_other() -> None:
    page = with_rows(PAGE, MACHINE, [row("embedded: smoke feature, wall", 80.0, 90.0, 70.0)])
    assert changed(page) == [
        "| embedded: smoke feature, wall | – | 70.0 s | 80.0 s | 90.0 s | 3 | 2026-11-25 |"
    ]
    assert len(page.splitlines()) == len(PAGE.splitlines())


def test_a_new_row_stands_with_those_of_its_sandbox() -> None:
    page = with_rows(PAGE, MACHINE, [row("compose: smoke feature, wall", 80.0)])
    figures = re.findall(r"^\| (\w+[,:] [^|]*) \|", page, re.MULTILINE)
    assert figures == [
        "compose, warm: from start to ready",
        "compose: smoke feature, wall",
        "embedded: smoke feature, wall",
    ]
    assert page.endswith("<!-- /measured -->\n\nThe end.\n")


def test_rows_of_another_machine_or_release_go() -> None:
    machine = MACHINE.replace("2.8.9", "2.8.5")
    page = with_rows(PAGE, machine, [row("embedded: smoke feature, wall", 80.0)])
    assert machine in page
    assert MACHINE not in page
    assert page.count("2026-11-24") == 0


def test_a_page_without_the_table_is_refused() -> None:
    with pytest.raises(SuiteError, match="no table"):
        with_rows("# Performance\n", MACHINE, [])


def test_full_scale_is_reckoned_without_the_bring_up() -> None:
    execution = ExecutionFigures(execution_id="1", workload="", duration=100.0, verdict=0.25)
    run = Figures(wall=120.0, ready=8.0, evidence=3.0, size=7_500_000, executions=[execution])
    assert [str(each).split("|")[1:5] for each in full_scale_rows("embedded", [run])] == [
        [
            " embedded: full scale, the execution's own duration ",
            " 130 s ",
            " 100.0 s ",
            " 100.0 s ",
        ],
        [
            " embedded: full scale, wall without bring-up / that duration ",
            " 1.1 ",
            " 1.12 ",
            " 1.12 ",
        ],
        [
            " embedded: full scale, from the terminal event to the verdict ",
            " 0.5 s ",
            " 0.25 s ",
            " 0.25 s ",
        ],
        [
            " embedded: full scale, time spent on evidence / wall ",
            " 3 % ",
            " 2.5 % ",
            " 2.5 % ",
        ],
        [" embedded: full scale, the run's folder ", " 10 MB ", " 7.5 MB ", " 7.5 MB "],
    ]


def test_the_page_as_it_is_takes_rows() -> None:
    text = OWN_PAGE.read_text()
    new = row("embedded: tea", 1.0)
    machine = text.partition("<!-- measured -->\n")[2].splitlines()[0]
    assert with_rows(text, machine, [new]).replace(f"{new}\n", "") == text


def test_what_was_measured_is_printed_where_a_later_part_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> list[Row]:
        raise SuiteError("not green")

    parts = {"smoke": lambda *_: [row("embedded: tea", 1.0)], "attach": fails}
    monkeypatch.setattr(bench, "PARTS", parts)
    with pytest.raises(SuiteError, match="not green"):
        bench.bench(["embedded"], 1, Console(quiet=True), only=list(parts), write=False)
    assert "| embedded: tea | – | 1.0 s |" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["PAGE", "FILE"])
def test_whether_the_figures_can_be_written_is_asked_first(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench, "PARTS", {"smoke": lambda *_: pytest.fail("measured")})
    monkeypatch.setattr(bench_table, name, tmp_path)
    with pytest.raises(UsageError, match=f"{tmp_path} cannot be written: Is a directory"):
        bench.bench(["embedded"], 1, Console(quiet=True), only=["smoke"], write=True)


def test_no_option_of_the_callers_environment_changes_what_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = "import os, sys; sys.exit(sum(n.startswith('NOETL_ACC') for n in os.environ))"
    monkeypatch.setenv("NOETL_ACCEPTANCE_NOETL", "2.8.5")
    monkeypatch.setattr(behave_run, "ROOT", tmp_path)
    monkeypatch.setattr(behave_run, "behave_command", lambda *_: [sys.executable, "-c", asked])
    with pytest.raises(StopIteration):  # it was green, and has left no figures
        behave_run.behave_run("embedded")
    assert machine().endswith(", NoETL 2.8.9.")


def test_each_part_can_be_asked_for_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(bench.PARTS) == FIGURES
    assert main(["bench", "--only", "smoke,full_scale"]) == 2
    assert f"one or more of {', '.join(FIGURES)}" in capsys.readouterr().err


def test_the_checks_of_a_large_record_are_told_in_seconds_and_megabytes() -> None:
    rows = checks_rows({"checks": 12.34, "evidence": 5.0, "peak_bytes": 1.5e9})
    assert [str(each).split(" | ")[1:3] for each in rows] == [
        ["60 s", "12.3 s"],
        ["–", "5.0 s"],
        ["–", "1500 MB"],
    ]


def timed(*seconds: tuple[str, float]) -> Figures:
    executions = [
        ExecutionFigures(execution_id=str(number), workload=workload, duration=duration)
        for number, (workload, duration) in enumerate(seconds)
    ]
    return Figures(noetl="rust 1.2.3", executions=executions)


def test_the_seconds_of_a_release_are_those_of_its_last_execution_of_each_size() -> None:
    stalled = timed(
        ("200 travelers, 4 batches of 50", 90.0),
        ("2000 travelers, 20 batches of 100", 61.0),
        ("200 travelers, 4 batches of 50", 12.0),
    )
    rows = release_rows("embedded", "rust 1.2.3", [stalled])
    assert [(each.travelers, list(each.values)) for each in rows] == [(200, [12.0]), (2000, [61.0])]


def test_the_page_of_the_contract_compares_each_release_with_the_first(tmp_path: Path) -> None:
    rows = [
        ReleaseRow("a", "–", [10.0, 14.0, 12.0], noetl="2.8.9", travelers=200),
        ReleaseRow("b", "–", [80.0, 90.0, 70.0], noetl="2.8.9", travelers=2000),
        ReleaseRow("c", "–", [6.0, 3.0, 9.0], noetl="rust 1.2.3", travelers=200),
        ReleaseRow("d", "–", [60.0, 90.0, 20.0], noetl="rust 1.2.3", travelers=2000),
    ]
    file = tmp_path / "seconds.json"
    keep("embedded", MACHINE, rows, file)
    seconds = read_seconds(file)
    assert seconds is not None
    assert seconds_table(seconds).splitlines()[-2:] == [
        "| 2.8.9 | 12.0 s (1.00) | 80.0 s (1.00) | 3 |",
        "| rust 1.2.3 | 6.0 s (0.50) | 60.0 s (0.75) | 3 |",
    ]


def test_without_figures_by_release_none_are_kept(tmp_path: Path) -> None:
    keep("embedded", MACHINE, [], tmp_path / "seconds.json")
    assert read_seconds(tmp_path / "seconds.json") is None


def test_a_file_that_has_no_figures_by_release_is_named(tmp_path: Path) -> None:
    file = tmp_path / "seconds.json"
    file.write_text("{")
    with pytest.raises(UsageError, match=f"^{file} has no seconds of releases: .* - restore it"):
        read_seconds(file)


def test_the_time_of_a_run_is_told_by_what_it_went_into() -> None:
    long, short = (
        ExecutionFigures(execution_id=str(number), workload="", duration=seconds)
        for number, seconds in enumerate((40.0, 10.0))
    )
    run = Figures(wall=60.0, cpu=5.0, bring_ups=[6.0, 9.0], executions=[long, short])
    in_lanes = run.model_copy(update={"lanes": [60.0, 40.0]})
    rows = time_spent_rows("embedded: tea", [run])
    assert [str(each).split(" | ")[3] for each in rows] == [
        *("25 %", "83 %", "8 %", "0 %"),
        *("40.0 s", "1.5"),
    ]
    shares = [str(each).split(" | ")[3] for each in time_spent_rows("embedded: tea", [in_lanes])]
    assert shares[:4] == ["15 %", "50 %", "5 %", "30 %"]
