"""Waiting until a sandbox is ready: what is noted of a service that ends meanwhile."""

from __future__ import annotations

import pytest

from noetl_acceptance.sandbox import readiness
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.sandbox.readiness import wait_until
from noetl_acceptance.sandbox.starting import ServiceEndedError, refuse_ended
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.polling import Clock
from noetl_acceptance.support.starvation import STARVED
from tests.fakes.clock import FakeClock
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


def test_the_services_are_looked_at_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "services_pace", lambda _: FakePace())
    clock = FakeClock()
    looks: list[float] = []
    answers: list[float] = []

    def ready() -> bool:
        answers.append(clock.monotonic())
        return clock.monotonic() - answers[0] >= 3.5

    wait_until(
        ready,
        "the services",
        lambda: looks.append(clock.monotonic()),
        Console(),
        dict,
        Clock(clock.monotonic, clock.sleep),
    )
    assert [round(each - looks[0]) for each in looks] == [0, 1, 2, 3]
    assert len(answers) > 3 * len(looks)


def test_a_service_that_exits_is_told_before_anything_is_asked_of_it() -> None:
    ended = ServiceState("server", running=False, exit_code=1)
    with pytest.raises(ServiceEndedError):
        wait_until(
            lambda: pytest.fail("asked"),
            "the services",
            lambda: refuse_ended([ended], lambda _: []),
            Console(),
            dict,
        )
