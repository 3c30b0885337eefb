"""The processes of containers: found by what the engine says, where that is of this machine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import DockerException

from noetl_acceptance.sandbox.containers.processes import ASK_SECONDS, ContainerProcesses


class Engine:
    """An engine with one container of the server, on this machine or on another."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder / "proc"
        self.groups = folder / "cgroup"
        (self.proc / "self").mkdir(parents=True)
        mount = f"33 29 0:30 / {self.groups} rw - cgroup2 cgroup2 rw\n"
        (self.proc / "self" / "mountinfo").write_text(mount)
        self.pid = 50
        self.asked = 0
        self.down = False
        self.now = 0.0
        self.processes = ContainerProcesses(self.containers, self.proc, lambda: self.now)

    def containers(self) -> list[Any]:
        self.asked += 1
        if self.down:
            raise DockerException("gone")
        labels = {
            "com.docker.compose.service": "worker",
            "com.docker.compose.container-number": "2",
        }
        return [SimpleNamespace(id="af01", labels=labels, attrs={"State": {"Pid": self.pid}})]

    def runs(self, *pids: int, group: str = "/docker/af01") -> None:
        for pid in pids:
            (self.proc / str(pid)).mkdir()
            (self.proc / str(pid) / "cgroup").write_text(f"0::{group}\n")
        (self.groups / group.lstrip("/")).mkdir(parents=True, exist_ok=True)
        members = "".join(f"{pid}\n" for pid in pids)
        (self.groups / group.lstrip("/") / "cgroup.procs").write_text(members)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


def test_all_processes_of_the_container_are_its_services(engine: Engine) -> None:
    engine.runs(50, 51, 52)
    assert engine.processes.by_service() == {"worker-2": [50, 51, 52]}


def test_the_engine_is_asked_once_while_all_is_as_it_was(engine: Engine) -> None:
    engine.runs(50)
    for _ in range(20):
        engine.now += 1
        assert engine.processes.by_service()
    assert engine.asked == 1


def test_a_container_that_was_started_again_is_found(engine: Engine) -> None:
    engine.runs(50)
    assert engine.processes.by_service() == {"worker-2": [50]}
    (engine.proc / "50" / "cgroup").unlink()
    engine.pid = 60
    engine.runs(60)
    assert engine.processes.by_service() == {}  # asked a moment ago
    engine.now += ASK_SECONDS
    assert engine.processes.by_service() == {"worker-2": [60]}


def test_a_process_of_that_number_in_no_such_container_is_somebody_elses(engine: Engine) -> None:
    """The engine runs in a virtual machine, or far away: its numbers are not of here."""
    engine.runs(50, group="/user.slice")
    assert engine.processes.by_service() == {}


def test_an_engine_that_does_not_answer_is_no_error(engine: Engine) -> None:
    engine.down = True
    assert engine.processes.by_service() == {}
    engine.down = False
    engine.runs(50)
    engine.now += ASK_SECONDS
    assert engine.processes.by_service() == {"worker-2": [50]}
