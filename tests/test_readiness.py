"""Waiting until a sandbox is ready: what is noted of a service that ends meanwhile."""

from __future__ import annotations

import pytest

from noetl_acceptance.sandbox import readiness
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.sandbox.readiness import wait_until
from noetl_acceptance.sandbox.starting import ServiceEndedError, refuse_ended
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.starvation import STARVED
from tests.fakes.world import FakePace


def test_the_pace_of_a_bring_up_that_broke_off_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = FakePace()
    pace.value = STARVED
    monkeypatch.setattr(readiness, "services_pace", lambda _: pace)
    ended = ServiceState("worker-1", running=False, exit_code=1)

    def look() -> None:
        refuse_ended([ended], lambda _: ["nats: no servers available"])

    with pytest.raises(ServiceEndedError) as raised:
        wait_until(lambda: False, "the services", look, Console(), dict)
    assert raised.value.pace == STARVED
