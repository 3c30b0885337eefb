"""Repeating runs, and what is recorded of them."""

from __future__ import annotations

import json

import psutil
import pytest

from noetl_acceptance.measure.reliability import PAGE, Line, read_record, summary, told
from noetl_acceptance.measure.repeat import busy, scenario_locations, together


def line(**fields: object) -> Line:
    told = {
        "when": "2026-11-24T00:00:00Z",
        "commit": "abc",
        "sandbox": "embedded",
        "noetl": "2.8.9",
        "features": "features/smoke.feature",
        "seed": "off",
        "at_once": 1,
        "cores": 2,
        "load": 0,
        "seconds": "80",
        "verdict": "33 passed",
        "disagreed": "-",
        "left_behind": "-",
    }
    return Line.model_validate({**told, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "32 passed, 1 failed by the product"},
        {"verdict": "32 passed, 1 not judged"},
        {"verdict": "33 passed, yet exit 1"},
        {"left_behind": "process 7"},
    ],
)
def test_only_a_green_and_clean_run_agrees(fields: dict[str, object]) -> None:
    assert line().agrees
    assert line(verdict="30 passed, 3 deviate as recorded").agrees
    assert not line(**fields).agrees


def test_the_record_is_counted_by_what_was_repeated() -> None:
    record = [
        line(),
        line(seconds="90"),
        line(verdict="1 failed by the product"),
        line(at_once=2),
        line(seed="7", load=1),
        line(seed="8", load=1),
        line(seed="9", cores=1, load=1),
    ]
    rows = summary(record).splitlines()[2:]
    assert [row.split(" | ")[3:10] for row in rows] == [
        ["of the files", "1", "2", "0", "3", "1", "80–90"],
        ["of the files", "2", "2", "0", "1", "0", "80–80"],
        ["random", "1", "1", "1", "1", "0", "80–80"],
        ["random", "1", "2", "1", "2", "0", "80–80"],
    ]


def test_what_disagreed_is_told_with_its_seed_and_its_scenarios() -> None:
    red = line(seed="8", verdict="32 passed, 1 failed by the product", disagreed="All are stored")
    assert told([line(), red]).splitlines() == [
        "2 runs, 1 disagreed",
        "  seed 8: 32 passed, 1 failed by the product; All are stored; left behind: -",
    ]


def test_processors_are_kept_busy_only_meanwhile() -> None:
    before = set(psutil.Process().children())

    def started() -> set[psutil.Process]:
        return set(psutil.Process().children()) - before

    with busy(2):
        assert len(started()) == 2
    assert not started()


def test_the_record_has_every_run_that_was_committed() -> None:
    lines = read_record()
    assert lines
    assert f"{summary(lines)}\n" in PAGE.read_text()


def test_runs_of_one_scenario_each_are_one_line() -> None:
    alone = [
        line(verdict="1 passed"),
        line(verdict="1 deviates as recorded"),
        line(verdict="1 passed"),
    ]
    told = together(alone, ["--tags=@quick"])
    assert (told.features, told.verdict) == (
        "each alone: --tags=@quick",
        "2 passed, 1 deviates as recorded",
    )
    assert told.seconds == "240"
    assert told.agrees
    assert not together([*alone, line(verdict="1 failed by the product")], []).agrees
    assert not together([*alone, line(left_behind="process 7")], []).agrees


def test_scenarios_to_run_alone_are_those_that_behave_tells() -> None:
    scenario = {"type": "scenario", "location": "features/a.feature:3"}
    background = {"type": "background", "location": "features/a.feature:1"}
    told = f"USING RUNNER: x:Y\n{json.dumps([{'elements': [background, scenario]}])}\n"
    assert scenario_locations(told) == ["features/a.feature:3"]
