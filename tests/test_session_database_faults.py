"""Whole runs over fake sandboxes: a fault of the database in the middle of an execution."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.faults import driver
from noetl_acceptance.execution.faults.database import DatabaseFault
from noetl_acceptance.execution.service_monitor import ServiceMonitor
from noetl_acceptance.model.fault import Fault
from tests.fakes.clock import FakeClock
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, Told, World, scenario

CALLED = Fate(seconds=60, answered_after=6)
CONFLICT = Fault(action="refused for a deadlock", victim="next row", calls=3, seconds=0)


@dataclass
class _RefusedRow(DatabaseFault):
    """A fault that is felt, and over, so many seconds after it was made and healed."""

    clock: FakeClock
    felt_after: float = 0.0
    healed_after: float = 0.0
    done: list[str] = field(default_factory=list)
    name = "a row refused"

    def make(self) -> None:
        self.began = self.clock.time()
        self.done.append("made")

    def felt(self) -> str:
        return "felt" if self.clock.time() >= self.began + self.felt_after else ""

    def heal(self) -> None:
        self.ended = self.clock.time()
        self.done.append("healed")

    def healed(self) -> str:
        return "over" if self.clock.time() >= self.ended + self.healed_after else ""


def hit_by(world: World, monkeypatch: pytest.MonkeyPatch, fault: _RefusedRow) -> Told:
    monkeypatch.setattr(driver, "injection_of", lambda *_: fault)
    world.fates[:] = [CALLED]
    return scenario(world.session(), REQUEST.under(CONFLICT), seconds=500)


def test_it_lasts_until_it_was_felt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = _RefusedRow(world.clock, felt_after=8)
    told = hit_by(world, monkeypatch, fault)
    assert told.verdict == "passed"
    assert fault.done == ["made", "healed"]
    (interval,) = told.executions[0].record.faults
    assert interval.proven
    assert interval.told == "postgres: next row refused for a deadlock"
    assert interval.healed is not None
    assert 8 <= interval.healed - interval.began < 9


def test_one_that_nobody_felt_is_healed_and_not_judged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = _RefusedRow(world.clock, felt_after=100)
    told = hit_by(world, monkeypatch, fault)
    assert told.verdict == "skipped"
    assert "a row refused: 20 s later nothing shows that it hit" in told.words
    assert fault.done == ["made", "healed"]


def test_a_database_that_is_not_as_it_was_is_the_sandboxs_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = hit_by(world, monkeypatch, _RefusedRow(world.clock, healed_after=500))
    assert told.verdict == "sandbox"
    assert "a row refused: 90 s after the healing nothing shows that it is over" in told.words


def test_of_a_fault_that_cannot_be_made_nothing_stays_announced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise NotJudgedError("it cannot be made here")

    announced: list[list[str]] = []
    monkeypatch.setattr(driver, "injection_of", refused)
    monkeypatch.setattr(
        ServiceMonitor, "announce", lambda _, services: announced.append(list(services))
    )
    world.fates[:] = [CALLED]
    told = scenario(world.session(), REQUEST.under(CONFLICT), seconds=500)
    assert told.verdict == "skipped"
    assert announced[0] == ["postgres"]
    assert announced[-1] == []
    assert not world.sandbox.noetl.outage_expected
