"""Services that are containers: ended, frozen and started again; each order is seen when given."""

from __future__ import annotations

from typing import Any, cast

import pytest
from docker.errors import APIError
from docker.models.containers import Container

from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.sandbox.containers.control import ContainerControl
from noetl_acceptance.sandbox.containers.states import published_ports, state_of
from noetl_acceptance.sandbox.control import BrokerPart
from noetl_acceptance.sandbox.own_control import Sight
from noetl_acceptance.sandbox.protocol import ServiceState
from tests.sandboxes import KEPT


class FakeContainer(Container):
    """A container that takes the orders of the engine's client, without an engine."""

    def __init__(self, service: str, number: int = 1, stop_signal: str = "") -> None:
        labels = {
            "com.docker.compose.service": service,
            "com.docker.compose.container-number": str(number),
        }
        config = {"Labels": labels} | ({"StopSignal": stop_signal} if stop_signal else {})
        state = {"Status": "created", "StartedAt": "", "ExitCode": 0}
        super().__init__({"Id": "af01", "Config": config, "State": state, "NetworkSettings": {}})
        self.signals: list[str] = []
        self.refuses = False
        self._starts = 0
        self.start()

    def _becomes(self, status: str, **fields: Any) -> None:
        cast(Any, self).attrs["State"].update({"Status": status, **fields})

    def kill(self, signal: Any = "SIGKILL") -> None:
        if self.refuses:
            raise APIError("is not running")
        self.signals.append(signal)
        self._becomes("exited", ExitCode=137 if signal == "SIGKILL" else 143)

    def start(self, **_: Any) -> None:
        self._starts += 1
        self._becomes("running", StartedAt=f"start {self._starts}")
        bindings = {"8082/tcp": [{"HostPort": str(40000 + self._starts)}]}
        cast(Any, self).attrs["NetworkSettings"] = {"Ports": bindings}

    def pause(self) -> None:
        self._becomes("paused")

    def unpause(self) -> None:
        if self.status != "paused":
            raise APIError("is not paused")
        self._becomes("running")


class Engine:
    """An engine with the containers of one sandbox."""

    def __init__(self) -> None:
        self.containers = [
            FakeContainer("postgres", stop_signal="SIGINT"),
            FakeContainer("server"),
            *(FakeContainer("worker", number) for number in range(1, 11)),
        ]
        self.ports: dict[str, int] = published_ports(self.containers, {"server": 8082})
        sight = Sight(self.states, lambda: KEPT.endpoints, lambda: "http://127.0.0.1:1", "")
        self.control = ContainerControl(
            sight, lambda: self.containers, self.changed, self.create_workers
        )

    def changed(self) -> None:
        self.ports |= published_ports(self.containers, {"server": 8082})

    def create_workers(self, count: int) -> None:
        for number in range(11, count + 1):
            self.containers.append(FakeContainer("worker", number))
            self.containers[-1]._becomes("created")

    def states(self) -> list[ServiceState]:
        return [state_of(each) for each in self.containers]

    def state(self, name: str) -> ServiceState:
        return next(state for state in self.states() if state.name == name)


@pytest.fixture
def engine() -> Engine:
    return Engine()


def test_a_killed_container_is_started_again_with_the_port_of_now(engine: Engine) -> None:
    assert engine.ports == {"server": 40001}
    engine.control.kill("server")
    assert engine.state("server").told == "was ended by SIGKILL (exit code 137)"
    engine.control.start("server")
    assert engine.state("server").running
    assert engine.state("server").life == "start 2"
    assert engine.ports == {"server": 40002}


def test_a_container_is_asked_to_end_by_the_signal_of_its_own(engine: Engine) -> None:
    engine.control.terminate("postgres")
    engine.control.terminate("worker-2")
    assert engine.containers[0].signals == ["SIGINT"]
    assert engine.containers[3].signals == ["SIGTERM"]
    assert not engine.state("worker-2").running
    assert engine.state("worker-1").running


def test_a_frozen_container_goes_on(engine: Engine) -> None:
    engine.control.pause("worker-1")
    assert engine.state("worker-1").frozen
    assert not engine.control.answers("worker-1")
    engine.control.resume("worker-1")
    engine.control.resume("worker-1")  # it may go on already
    assert not engine.state("worker-1").frozen
    assert engine.control.answers("worker-1")


def test_all_that_is_frozen_goes_on_before_a_take_down(engine: Engine) -> None:
    engine.control.pause("server")
    engine.control.pause("worker-2")
    engine.control.kill("worker-1")
    engine.control.resume_all()
    assert not any(state.frozen for state in engine.states())
    assert not engine.state("worker-1").running


def test_workers_are_added_and_one_that_has_ended_stays_so(engine: Engine) -> None:
    engine.control.kill("worker-1")
    assert engine.control.add_workers(2) == ["worker-11", "worker-12"]
    assert engine.control.answers("worker-11")
    assert engine.state("worker-12").life
    assert not engine.state("worker-1").running


def test_what_the_engine_refuses_is_the_sandboxs_failure(engine: Engine) -> None:
    with pytest.raises(SandboxError, match="server is up, and must have ended"):
        engine.control.start("server")
    engine.control.kill("server")
    for order in ("kill", "terminate", "pause", "resume"):
        with pytest.raises(SandboxError, match="server was ended by"):
            getattr(engine.control, order)("server")
    engine.containers[2].refuses = True
    with pytest.raises(SandboxError, match="the Docker engine did not answer as it should"):
        engine.control.kill("worker-1")
    with pytest.raises(SuiteError, match="no service worker-99"):
        engine.control.kill("worker-99")


def test_a_nats_that_publishes_no_port_deletes_nothing(engine: Engine) -> None:
    part = BrokerPart("COMMANDS", "at eight")
    with pytest.raises(SandboxError, match="NATS cannot be reached"):
        engine.control.delete(part)
    engine.containers.append(FakeContainer("nats"))
    ports = {"4222/tcp": [{"HostPort": "1"}]}
    cast(Any, engine.containers[-1]).attrs["NetworkSettings"] = {"Ports": ports}
    with pytest.raises(SandboxError, match="did not delete the stream COMMANDS"):
        engine.control.delete(part)
