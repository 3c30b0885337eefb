"""No execution is requested of a server that would take it for an interrupted one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from noetl_acceptance.execution import recovery
from noetl_acceptance.execution.recovery import await_recovery
from noetl_acceptance.sandbox.protocol import Capability
from noetl_acceptance.support import polling
from noetl_acceptance.support.console import Console
from tests.fakes.clock import FakeClock
from tests.fakes.sandbox import FakeSandbox
from tests.fakes.world import FakePace

WAITS = "[AUTO-RESUME] Dependencies not ready (attempt 1/60): workers=workers_insufficient:0"
HAS_LOOKED = "[AUTO-RESUME] No interrupted parent executions found in last 15 minutes"


class Server(FakeSandbox):
    """A server that has looked after some time."""

    def __init__(self, version: str, clock: FakeClock, looks_at: float) -> None:
        self.noetl_version = version
        self._clock, self._looks_at = clock, looks_at
        self.asked = 0
        self.capabilities = frozenset(Capability)

    @property
    def processes(self) -> None:  # type: ignore[override]
        return None

    def log(self, service: str) -> Iterator[str]:
        assert service == "server"
        self.asked += 1
        told = [WAITS, *([HAS_LOOKED] if self._clock.monotonic() >= self._looks_at else [])]
        return iter(["\n".join(told)])  # parts are of several lines


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setitem(
        polling.eventually.__kwdefaults__ or {},
        "clock",
        polling.Clock(clock.monotonic, clock.sleep),
    )
    monkeypatch.setattr(recovery, "services_pace", lambda _: FakePace())
    return clock


def waited(version: str, clock: FakeClock, looks_at: float) -> float:
    began = clock.monotonic()
    server: Any = Server(version, clock, began + looks_at)
    await_recovery(server, Console(quiet=True))
    return clock.monotonic() - began


def test_a_server_that_takes_what_has_begun_is_waited_for(clock: FakeClock) -> None:
    assert waited("2.10.0", clock, 18) == pytest.approx(18, abs=1)
    assert waited("2.10.37", clock, 18) == pytest.approx(18, abs=1)


def test_one_whose_log_is_out_of_sight_is_not_waited_for(clock: FakeClock) -> None:
    server: Any = Server("2.10.0", clock, 18)
    server.capabilities = frozenset()
    await_recovery(server, Console(quiet=True))
    assert (server.asked, clock.monotonic()) == (0, FakeClock().monotonic())


def test_one_that_never_looks_is_not_waited_for_without_end(clock: FakeClock) -> None:
    assert waited("2.10.17", clock, 1000) == pytest.approx(60, abs=2)


@pytest.mark.parametrize("version", ["2.8.9", "2.9.0", "2.10.38", "4.26.0", "rust 3.54.0 + 5.52.0"])
def test_no_other_release_is_waited_for(version: str, clock: FakeClock) -> None:
    assert waited(version, clock, 18) == 0
