"""The two lanes of seeded defects: what goes on at once, and how they end early."""

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
        yield self
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


def test_one_on_the_shared_sandbox_and_one_on_its_own_go_on_at_once(
    runners: list[FakeRunner], tmp_path: Path
) -> None:
    groups = [shared("meets-a"), shared("b"), own("meets-c"), shared("d"), own("e")]
    found = list(run_in_lanes(groups, tmp_path, Console(quiet=True)))
    assert sorted(group[0].name for group, _ in found) == ["b", "d", "e", "meets-a", "meets-c"]
    assert all(caught.defect is group[0] for group, (caught,) in found)
    assert [runner.ran for runner in runners] == [["meets-a", "b", "d"], ["meets-c", "e"]]
    assert all(runner.taken_down for runner in runners)


def test_what_cannot_be_run_ends_the_other_lane(runners: list[FakeRunner], tmp_path: Path) -> None:
    groups = [shared("waits"), shared("never"), own("old")]
    with pytest.raises(UsageError, match="out of date"):
        list(run_in_lanes(groups, tmp_path, Console(quiet=True)))
    assert [runner.ran for runner in runners] == [["waits"], ["old"]]


def test_whoever_stops_listening_ends_both_lanes(runners: list[FakeRunner], tmp_path: Path) -> None:
    runs = run_in_lanes([shared("waits"), own("e")], tmp_path, Console(quiet=True))
    assert next(runs)[0][0].name == "e"
    runs.close()
    assert all(runner.stopped.is_set() for runner in runners)
