"""How containers stand: asked of the engine in full only where something may have changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from docker.errors import NotFound

from noetl_acceptance.sandbox.containers.states import KnownContainers, state_of


class Container:
    """A container as a list has it; ``reload`` fills in what the engine knows of it now."""

    def __init__(self, engine: Engine) -> None:
        self.id = "af01"
        self.labels = {
            "com.docker.compose.service": "worker",
            "com.docker.compose.container-number": "2",
        }
        self.status = engine.status
        self._engine = engine

    def reload(self) -> None:
        self._engine.inspected += 1
        if self._engine.removed:
            raise NotFound("gone")
        state = {"Pid": self._engine.pid, "StartedAt": self._engine.started, "ExitCode": 1}
        self.attrs: dict[str, Any] = {"State": state}


class Engine:
    """An engine with one container, of which the kernel tells in a folder."""

    def __init__(self, proc: Path) -> None:
        self.proc = proc
        self.status = "running"
        self.started = "first"
        self.removed = False
        self.inspected = 0
        self.pid = 0
        self.containers = KnownContainers(lambda: [Container(self)], proc)  # type: ignore[list-item]

    def run(self, pid: int) -> None:
        self.pid = pid
        (self.proc / str(pid)).mkdir()
        (self.proc / str(pid) / "cgroup").write_text("0::/docker/af01\n")

    def told(self) -> list[tuple[bool, str]]:
        return [(state.running, state.life) for state in map(state_of, self.containers.all())]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = Engine(tmp_path)
    made.run(4_000_001)
    return made


def test_one_that_is_as_it_was_is_inspected_once(engine: Engine) -> None:
    assert [engine.told() for _ in range(3)] == [[(True, "first")]] * 3
    assert engine.inspected == 1


def test_one_that_has_ended_is_told(engine: Engine) -> None:
    engine.told()
    engine.status = "exited"
    assert engine.told() == [(False, "first")]


def test_one_that_was_started_anew_between_two_looks_is_told(engine: Engine) -> None:
    engine.told()
    (engine.proc / str(engine.pid) / "cgroup").unlink()
    engine.run(4_000_002)
    engine.started = "second"
    assert engine.told() == [(True, "second")]


def test_one_whose_process_is_not_on_this_machine_is_inspected_each_time(engine: Engine) -> None:
    engine.pid = 4_000_003
    engine.told()
    engine.started = "second"
    assert engine.told() == [(True, "second")]


def test_one_that_was_removed_meanwhile_is_left_out(engine: Engine) -> None:
    engine.removed = True
    assert engine.told() == []


def test_who_asks_while_another_thread_does_gets_all_the_same(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pace is measured by a thread of its own; a service must not seem to have ended."""
    listed: Any = lambda: [Container(engine), other(engine)]  # noqa: E731
    containers = KnownContainers(listed, engine.proc)
    inspect, asked = Container.reload, list[str]()

    def reload(self: Container) -> None:
        inspect(self)
        if self.id == "af02" and not asked:  # the first one is known by now
            asked.append(self.id)
            containers.all()

    monkeypatch.setattr(Container, "reload", reload)
    assert [each.id for each in containers.all()] == ["af01", "af02"]


def other(engine: Engine) -> Container:
    found = Container(engine)
    found.id = "af02"
    return found
