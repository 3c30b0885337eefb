"""Whole runs over fake sandboxes: an execution hangs without a fault, and is given up early."""

from __future__ import annotations

import pytest

from noetl_acceptance.generations.recovery import SOON
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.fault import Fault
from noetl_acceptance.support.starvation import STARVED
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, World, scenario

HANGS = Fate(seconds=None, answered_after=2, silent_after=2)


@pytest.fixture(autouse=True)
def _given_up_at_a_standstill(world: World) -> None:
    world.options["give-up"] = "standstill"


def test_an_execution_that_hangs_is_given_up_long_before_its_deadline(world: World) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    began = world.clock.monotonic()
    told = scenario(run, seconds=500)
    assert told.verdict == "product"
    assert "hangs: nothing moves any more" in told.words
    assert SOON <= world.clock.monotonic() - began < 2 * SOON


def test_with_settings_of_ones_own_no_hang_is_proven_before_the_deadline(world: World) -> None:
    settings = world.folder / "own.env"
    settings.write_text("NOETL_ORPHAN_SWEEP_ENABLED=true\n")
    world.options["noetl_settings"] = str(settings)
    run = world.session()
    world.fates[:] = [HANGS]
    assert "after 500 s" in scenario(run, seconds=500).words


def test_it_is_waited_for_to_its_deadline_by_default(world: World) -> None:
    del world.options["give-up"]
    run = world.session()
    world.fates[:] = [HANGS]
    told = scenario(run, seconds=500)
    assert told.verdict == "product"
    assert "after 500 s" in told.words


def test_one_that_only_takes_its_time_is_waited_for(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=290)]
    assert scenario(run, seconds=500).verdict == "passed"


def test_a_hang_on_a_starved_machine_is_not_the_products(world: World) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    world.pace.value = STARVED
    told = scenario(run, seconds=500)
    assert told.verdict == "sandbox"
    assert "this machine is starved" in told.words


def test_one_that_hangs_before_its_fault_can_be_made_is_given_up_as_well(world: World) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    fault = Fault(action="killed", victim="server", calls=99, seconds=3)
    began = world.clock.monotonic()
    told = scenario(run, REQUEST.under(fault), seconds=500)
    assert told.executions[0].record.faults == ()
    assert world.clock.monotonic() - began < 2 * SOON


def test_one_that_is_to_be_waited_out_hangs_to_its_deadline(world: World) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    fault = Fault(action="killed", victim="server", calls=3, seconds=3)
    request = REQUEST.under(fault).model_copy(update={"waited_out": True})
    began = world.clock.monotonic()
    told = scenario(run, request, seconds=500)
    assert told.executions[0].record.end == UNENDED
    assert world.clock.monotonic() - began >= 500
