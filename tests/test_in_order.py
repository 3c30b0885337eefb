"""Scenarios of several lanes are told in the order of the features, as soon as that can be."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from noetl_acceptance.evidence.ended import ENDED_FILE, append_ended, read_ended
from noetl_acceptance.orchestration.in_order import InOrder
from noetl_acceptance.support.console import Console
from tests.test_merge import MISSED, scenario


class Lanes:
    """Two lanes, and what is told of them."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.stream = io.StringIO()
        self.order = InOrder(
            [scenario(number).location for number in (1, 2, 3)],
            [place / "lane-1", place / "lane-2"],
            Console(self.stream),
        )

    def ends(self, lane: int, number: int, verdict: str = "passed", reason: str = "") -> None:
        folder = self.place / f"lane-{lane}" / "the-run"
        folder.mkdir(parents=True, exist_ok=True)
        append_ended(scenario(number, verdict, reason=reason), folder, ["hunter2"])

    @property
    def told(self) -> list[str]:
        self.order.look()
        return [line.rpartition(" ")[2] for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def lanes(tmp_path: Path) -> Lanes:
    return Lanes(tmp_path)


def test_one_is_told_when_those_before_it_have_ended(lanes: Lanes) -> None:
    assert lanes.told == []
    lanes.ends(2, 2)
    assert lanes.told == []
    assert lanes.order.progress() == "1 of 3 scenarios"
    lanes.ends(1, 1)
    assert lanes.told == ["S1", "S2"]
    lanes.ends(1, 3)
    assert lanes.told == ["S1", "S2", "S3"]


def test_in_the_end_the_rest_is_told_without_what_did_not_end(lanes: Lanes) -> None:
    lanes.ends(1, 3)
    lanes.order.end()
    assert lanes.told == ["S3"]


def test_why_one_did_not_pass_is_told_in_a_line_without_secrets(lanes: Lanes) -> None:
    lanes.ends(1, 1, "product", "ASSERT FAILED: rows\n  but:\n    lost: 1 row of hunter2\n")
    lanes.order.look()
    assert lanes.stream.getvalue().splitlines() == [
        "  failed by the product (0.0 s): features/f.feature:1 S1",
        "    lost: 1 row of [redacted]",
    ]


def test_what_runs_again_is_not_blamed_on_anybody(lanes: Lanes, tmp_path: Path) -> None:
    lanes.ends(1, 1, "product", MISSED)
    locations, runs = [scenario(1).location], [tmp_path / "lane-1"]
    told = []
    for again in (True, False):
        stream = io.StringIO()
        InOrder(locations, runs, Console(stream), again=again).end()
        told.append(stream.getvalue().splitlines()[0])
    assert told == [
        "  late, runs again alone (0.0 s): features/f.feature:1 S1",
        "  failed by the product (0.0 s): features/f.feature:1 S1",
    ]


def test_what_could_not_run_is_told_as_well(lanes: Lanes) -> None:
    lanes.ends(1, 1, "usage", "no release 9.9.9")
    lanes.order.look()
    assert "  could not run (0.0 s): features/f.feature:1 S1" in lanes.stream.getvalue()


def test_a_line_that_a_full_disk_has_torn_is_left_out(tmp_path: Path) -> None:
    with (tmp_path / ENDED_FILE).open("a") as file:
        file.write('["features/f.fea')
    append_ended(scenario(1), tmp_path, ())
    append_ended(scenario(2), tmp_path, ())
    assert [each.name for each in read_ended(tmp_path)] == ["S2"]


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    result = replace(scenario(1), seconds=2.0)
    append_ended(result, tmp_path, ())
    with (tmp_path / ENDED_FILE).open("a") as file:
        file.write('["features/f.fea')
    assert [each.seconds for each in read_ended(tmp_path)] == [2.0]
    assert read_ended(tmp_path / "elsewhere") == []
