"""Whole runs over fake sandboxes: faults on a NoETL on which no execution ends."""

from __future__ import annotations

import pytest

from noetl_acceptance.model.fault import Fault
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, World, scenario

HANGS = Fate(seconds=None, silent_after=2)
CALLED = Fate(seconds=20, answered_after=6)
UNDER_FAULT = REQUEST.under(Fault(action="killed", victim="server", calls=3, seconds=3))


@pytest.mark.parametrize(("give_up", "killed"), [("standstill", False), ("deadline", True)])
def test_where_an_execution_hangs_without_a_fault_none_is_made_if_hangs_are_given_up(
    world: World, give_up: str, killed: bool
) -> None:
    world.options["give-up"] = give_up
    run = world.session()
    world.fates[:] = [HANGS]
    assert scenario(run, REQUEST, seconds=500).verdict == "product"
    world.fates[:] = [CALLED]
    told = scenario(run, UNDER_FAULT, seconds=500)
    assert bool(world.sandbox.control.given) == killed
    assert ("hangs as well" in told.words) != killed
