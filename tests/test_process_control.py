"""Services that are processes: ended, frozen and started again; each order is seen when given."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.sandbox.local.control import ProcessControl
from noetl_acceptance.sandbox.local.processes import Service, stop_all
from noetl_acceptance.sandbox.own_control import Sight
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.sandbox.remains import RUN_VARIABLE, end
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.procfs import Families
from tests.sandboxes import KEPT

PROGRAM = """
setsid sleep 600 &
echo "$0 $COLOUR $PWD"
printf 'a line without an end'
wait
"""
"""Its child is in a session of its own, as those of Postgres are."""


class StandIn:
    """A sandbox of processes that sleep, each with a child in a session of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.services: list[Service] = []
        sight = Sight(self.states, lambda: KEPT.endpoints, lambda: "http://127.0.0.1:1", "")
        self.control = ProcessControl(sight, self.services, self.processes, self.start, 4222)
        self.start("server")
        self.start("worker-1")
        self.start("worker-2")

    def start(self, name: str) -> Service:
        variables = {RUN_VARIABLE: "run-1", "COLOUR": "blue"}
        command = ["sh", "-c", PROGRAM, name]
        log = self.folder / f"{name}.log"
        service = Service.start(name, command, variables, log, folder=self.folder)
        self.services.append(service)
        return service

    def states(self) -> list[ServiceState]:
        found = self.processes()
        return [each.state(found.get(each.name, ())) for each in self.services]

    def processes(self) -> dict[str, list[int]]:
        running = [each for each in self.services if each.process.poll() is None]
        return Families().of({each.name: each.process.pid for each in running})

    def state(self, name: str) -> ServiceState:
        return next(state for state in self.states() if state.name == name)

    def family(self, name: str) -> list[psutil.Process]:
        """A service's process and its child, once that is there."""
        pids = eventually(
            lambda: self.processes()[name], lambda found: len(found) == 2, seconds=30, what="both"
        )
        return [psutil.Process(pid) for pid in pids]

    def wait_for(self, name: str, until: Callable[[ServiceState], bool]) -> ServiceState:
        return eventually(lambda: self.state(name), until, seconds=30, what="the order's effect")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[StandIn]:
    made = StandIn(tmp_path)
    yield made
    for name, pids in made.processes().items():
        made.control.resume(name)
        for pid in pids:
            psutil.Process(pid).kill()
    stop_all(made.services)


def ended(processes: list[psutil.Process]) -> bool:
    """Wait until each has ended; when its zombie goes is its new parent's business."""
    eventually(lambda: all(has_ended(each) for each in processes), bool, seconds=30, what="the end")
    return True


def has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_killed_service_has_ended_with_its_children(sandbox: StandIn) -> None:
    family = sandbox.family("worker-1")
    assert sandbox.state("worker-1").running
    sandbox.control.kill("worker-1")
    state = sandbox.wait_for("worker-1", lambda state: not state.running)
    assert (state.signal, state.cause) == (signal.SIGKILL, "outside")
    assert ended(family)
    assert sandbox.state("worker-2").running
    assert not sandbox.control.answers("worker-1")
    assert sandbox.control.answers("worker-2")


def test_a_terminated_service_ends_by_itself(sandbox: StandIn) -> None:
    root, child = sandbox.family("worker-1")
    sandbox.control.terminate("worker-1")
    assert sandbox.wait_for("worker-1", lambda state: not state.running).signal == signal.SIGTERM
    assert ended([root])
    assert child.is_running()  # an orderly stop leaves it to the service
    child.kill()


def test_postgres_is_asked_by_the_signal_that_does_not_wait_for_clients(sandbox: StandIn) -> None:
    sandbox.start("postgres")
    sandbox.family("postgres")
    sandbox.control.terminate("postgres")
    assert sandbox.wait_for("postgres", lambda state: not state.running).signal == signal.SIGINT


def test_a_frozen_service_stands_still_with_its_children_until_it_goes_on(
    sandbox: StandIn,
) -> None:
    family = sandbox.family("worker-1")
    sandbox.control.pause("worker-1")
    sandbox.wait_for("worker-1", lambda state: state.frozen)
    eventually(
        lambda: [each.status() for each in family],
        lambda found: set(found) == {psutil.STATUS_STOPPED},
        seconds=30,
        what="both stopped",
    )
    assert sandbox.state("worker-1").running
    assert not sandbox.control.answers("worker-1")
    assert not sandbox.state("worker-2").frozen
    sandbox.control.resume("worker-1")
    sandbox.wait_for("worker-1", lambda state: not state.frozen)
    assert sandbox.control.answers("worker-1")


def test_a_service_is_started_again_as_it_was_started_first(sandbox: StandIn) -> None:
    sandbox.family("worker-1")
    log = sandbox.folder / "worker-1.log"
    life = sandbox.state("worker-1").life
    read = "".join(sandbox.services[1].new_log())
    sandbox.control.kill("worker-1")
    sandbox.wait_for("worker-1", lambda state: not state.running)
    sandbox.control.start("worker-1")
    state = sandbox.state("worker-1")
    assert state.running
    assert state.life != life
    assert [int(state.life)] == [each.pid for each in sandbox.family("worker-1")][:1]
    eventually(log.read_text, lambda text: text.count("blue") == 2, seconds=30, what="its line")
    read += "".join(sandbox.services[1].new_log())
    first, cut, second = read.splitlines()
    assert cut == "a line without an end"  # it does not run into the next one's first line
    assert first.split() == second.split() == ["worker-1", "blue", str(sandbox.folder)]


def test_what_a_service_has_left_is_ended_before_it_is_started_again(tmp_path: Path) -> None:
    command, log = ["sh", "-c", "sleep 600 & echo $!"], tmp_path / "parent.log"
    service = Service.start("parent", command, {RUN_VARIABLE: "run-1"}, log, folder=tmp_path)
    service.process.wait(30)
    left = psutil.Process(int(log.read_text()))
    service.start_again()
    assert ended([left])
    service.process.wait(30)
    stop_all([service])


def test_workers_are_added_after_those_that_there_are(sandbox: StandIn) -> None:
    assert sandbox.control.add_workers(2) == ["worker-3", "worker-4"]
    assert all(sandbox.control.answers(f"worker-{number}") for number in (1, 2, 3, 4))
    assert set(sandbox.processes()) == {"server", *(f"worker-{n}" for n in (1, 2, 3, 4))}


def test_an_order_that_a_service_cannot_take_is_refused(sandbox: StandIn) -> None:
    with pytest.raises(SandboxError, match="server is up, and must have ended"):
        sandbox.control.start("server")
    sandbox.control.kill("server")
    sandbox.wait_for("server", lambda state: not state.running)
    for order in ("kill", "terminate", "pause", "resume"):
        with pytest.raises(SandboxError, match=r"server was ended by SIGKILL .* and must run"):
            getattr(sandbox.control, order)("server")
    with pytest.raises(SuiteError, match="no service worker-9"):
        sandbox.control.kill("worker-9")


def test_a_program_that_has_gone_is_the_sandboxs_failure(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o700)
    service = Service.start("server", [str(program)], {}, tmp_path / "log", folder=tmp_path)
    service.process.wait(30)
    program.unlink()
    sight = Sight(lambda: [service.state()], lambda: KEPT.endpoints, str, "")
    control = ProcessControl(sight, [service], dict, lambda _: service, 4222)
    with pytest.raises(SandboxError, match="server cannot be started again: No such file"):
        control.start("server")


ASKED = """
import ctypes, signal, sys, time
ctypes.CDLL(None).prctl(15, b"postgres")  # PR_SET_NAME
signal.signal(signal.SIGQUIT, lambda *_: sys.exit(print("asked", flush=True)))
print("up", flush=True)
time.sleep(600)
"""


def test_a_frozen_postgres_is_asked_by_the_sweep_to_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    service = Service.start("postgres", [sys.executable, "-c", ASKED], {}, log, folder=tmp_path)
    eventually(log.read_text, bool, seconds=30, what="its start")
    found = psutil.Process(service.process.pid)
    found.suspend()
    end([found])
    service.process.wait(30)
    assert log.read_text().split() == ["up", "asked"]
