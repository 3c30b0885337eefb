"""The lanes of seeded defects: what goes on at once, and how they end early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Event
from typing import ClassVar

import pytest

from noetl_acceptance.errors import UsageError
from noetl_acceptance.support.console import Console
from tests.mutants import lanes
from tests.mutants.defects import Change, Defect
from tests.mutants.lanes import run_in_lanes
from tests.mutants.running import Caught

PATIENCE = 20.0
"""Seconds until a test that waits for another thread gives up."""


def shared(name: str) -> list[Defect]:
    return [Defect(name=name, worker=(Change(find="a", replace="b"),))]


def own(name: str) -> list[Defect]:
    return [Defect(name=name, options={"workers": "2"})]


class FakeRunner:
    """Runs nothing; a defect named ``waits`` goes on until the runner is stopped."""

    both = Barrier(2)
    opened: ClassVar[list[FakeRunner]] = []

    def __init__(self, _folder: Path, _console: Console, _noetl: str) -> None:
        self.ran: list[str] = []
        self.stopped, self.taken_down = Event(), False

    @contextmanager
    def open(self) -> Iterator[FakeRunner]:
        self.opened.append(self)
        try:
            yield self
        finally:
            self.taken_down = True

    def stop(self) -> None:
        self.stopped.set()

    def run(self, defects: Sequence[Defect]) -> list[Caught]:
        (defect,) = defects
        self.ran.append(defect.name)
        if defect.name.startswith("meets"):
            self.both.wait(PATIENCE)
        if defect.name == "waits":
            assert self.stopped.wait(PATIENCE)
        if defect.name == "old":
            raise UsageError("out of date")
        return [Caught(defect, (), "", 1.0, "")]


@pytest.fixture
def runners(monkeypatch: pytest.MonkeyPatch) -> list[FakeRunner]:
    monkeypatch.setattr(lanes, "Runner", FakeRunner)
    opened: list[FakeRunner] = []
    monkeypatch.setattr(FakeRunner, "opened", opened)
    return opened


@pytest.mark.parametrize("lanes", [2, 3])
def test_as_many_go_on_at_once_as_there_are_lanes(
    runners: list[FakeRunner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lanes: int
) -> None:
    monkeypatch.setattr(FakeRunner, "both", Barrier(lanes))
    meeting = [shared(f"meets-{number}") for number in range(lanes)]
    groups = [*meeting, shared("b"), own("e")]
    found = list(run_in_lanes(groups, tmp_path, Console(quiet=True), lanes=lanes))
    names = sorted(group[0].name for group in groups)
    assert sorted(group[0].name for group, _ in found) == names
    assert all(caught.defect is group[0] for group, (caught,) in found)
    assert len(runners) == lanes
    assert sorted(name for runner in runners for name in runner.ran) == names
    assert all(runner.taken_down for runner in runners)


def test_those_with_a_sandbox_of_their_own_come_first(
    runners: list[FakeRunner], tmp_path: Path
) -> None:
    groups = [shared("a"), own("b"), shared("c"), own("d")]
    list(run_in_lanes(groups, tmp_path, Console(quiet=True), lanes=1))
    assert [runner.ran for runner in runners] == [["b", "d", "a", "c"]]


def test_no_more_lanes_than_defects(runners: list[FakeRunner], tmp_path: Path) -> None:
    list(run_in_lanes([shared("a")], tmp_path, Console(quiet=True), lanes=4))
    assert len(runners) == 1


def test_what_cannot_be_run_ends_the_other_lane(runners: list[FakeRunner], tmp_path: Path) -> None:
    groups = [own("old"), shared("waits")]
    with pytest.raises(UsageError, match="out of date"):
        list(run_in_lanes(groups, tmp_path, Console(quiet=True)))
    assert all(runner.stopped.is_set() and runner.taken_down for runner in runners)


def test_whoever_stops_listening_ends_all_lanes(runners: list[FakeRunner], tmp_path: Path) -> None:
    runs = run_in_lanes([shared("waits"), own("e")], tmp_path, Console(quiet=True))
    assert next(runs)[0][0].name == "e"
    runs.close()
    assert all(runner.stopped.is_set() for runner in runners)
