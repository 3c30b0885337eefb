"""Each order to each service of both kinds of sandbox: seen when given, and nothing stays of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from noetl_acceptance.options import load_settings
from noetl_acceptance.places import LEDGERS, ROOT
from noetl_acceptance.sandbox import open_sandbox
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.sandbox.local.shared_memory import CLUSTER, segment_of
from noetl_acceptance.sandbox.protocol import RunFolder, Sandbox, ServiceState
from noetl_acceptance.sandbox.readiness import BRING_UP_SECONDS
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.measuring import Reader, services_pace
from noetl_acceptance.support.polling import eventually

T = TypeVar("T")

KINDS = [
    "embedded",
    pytest.param("compose", marks=pytest.mark.skipif(bool(compose_problem()), reason="no Docker")),
]
SERVICES = ["worker-1", "profile-api", "postgres", "nats", "server"]


@contextmanager
def opened(kind: str, folder: RunFolder, workers: int = 1) -> Iterator[Sandbox]:
    folder.logs.mkdir(parents=True)
    settings = replace(load_settings({"sandbox": kind}), workers=workers)
    sandbox = open_sandbox(settings, folder, Console(quiet=True))
    try:
        yield sandbox
    finally:
        sandbox.close()


def new_folder(place: Path) -> RunFolder:
    return RunFolder(f"control-{time.time_ns()}", place)


class Seen:
    """A sandbox, and all that its services were seen to log, part by part."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.control = sandbox.control
        self.pace = services_pace(Reader(sandbox.processes))
        self.logged: dict[str, str] = defaultdict(str)

    def state(self, service: str) -> ServiceState:
        return next(each for each in self.sandbox.states() if each.name == service)

    def read(self) -> None:
        for service, parts in self.sandbox.new_logs().items():
            self.logged[service] += "".join(parts)

    def eventually(self, observe: Callable[[], T], until: Callable[[T], bool], what: str) -> None:
        eventually(observe, until, seconds=BRING_UP_SECONDS, what=what, pace=self.pace)

    def wait_for(self, service: str, until: Callable[[ServiceState], bool], what: str) -> None:
        eventually(
            lambda: self.state(service),
            until,
            seconds=BRING_UP_SECONDS,
            what=f"{service}: {what}",
            pace=self.pace,
        )

    def wait_for_answer(self, service: str, *, answered: bool) -> None:
        self.read()
        told = "an answer" if answered else "no answer"
        self.eventually(
            lambda: self.control.answers(service),
            lambda seen: seen is answered,
            f"{service}: {told}",
        )


@pytest.fixture(scope="module", params=KINDS)
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seen]:
    place = tmp_path_factory.mktemp("control")
    with opened(request.param, new_folder(place), workers=2) as sandbox:
        yield Seen(sandbox)


def test_workers_are_added(seen: Seen) -> None:
    before = seen.control.broker()
    assert before is not None
    assert before.streams >= 1
    assert before.consumers >= 1
    assert before.waiting == 2
    assert seen.control.add_workers(2) == ["worker-3", "worker-4"]
    for worker in ("worker-3", "worker-4"):
        assert seen.control.answers(worker)
        assert worker in seen.sandbox.processes()

    def waiting() -> int:
        broker = seen.control.broker()
        return broker.waiting if broker is not None else 0

    eventually(
        waiting,
        lambda count: count == 4,
        seconds=BRING_UP_SECONDS,
        what="two more pulls",
        pace=seen.pace,
    )
    seen.read()
    assert seen.logged["worker-4"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_frozen_service_does_not_answer_until_it_goes_on(seen: Seen, service: str) -> None:
    seen.wait_for_answer(service, answered=True)
    life = seen.state(service).life
    seen.control.pause(service)
    seen.wait_for(service, lambda state: state.running and state.frozen, "frozen")
    assert not seen.control.answers(service)
    if service == "nats":
        assert seen.control.broker() is None
    seen.control.resume(service)
    seen.wait_for(service, lambda state: state.running and not state.frozen, "going on")
    seen.wait_for_answer(service, answered=True)
    assert seen.state(service).life == life


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_is_started_again(seen: Seen, service: str) -> None:
    life = seen.state(service).life
    seen.control.kill(service)
    seen.wait_for(service, lambda state: state.signal == signal.SIGKILL, "killed")
    assert not seen.control.answers(service)
    started_again(seen, service, life)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_was_asked_to_end_is_started_again(seen: Seen, service: str) -> None:
    life = seen.state(service).life
    seen.control.terminate(service)
    seen.wait_for(service, lambda state: not state.running, "ended")
    assert seen.state(service).signal != signal.SIGKILL
    assert not seen.control.answers(service)
    started_again(seen, service, life)


def started_again(seen: Seen, service: str, life: str) -> None:
    seen.control.start(service)
    state = seen.state(service)
    assert state.running
    assert state.life != life
    assert service in seen.sandbox.processes()
    seen.wait_for_answer(service, answered=True)


def test_a_frozen_service_can_be_killed(seen: Seen) -> None:
    life = seen.state("worker-2").life
    seen.control.pause("worker-2")
    seen.control.kill("worker-2")
    seen.wait_for("worker-2", lambda state: state.signal == signal.SIGKILL, "killed")
    started_again(seen, "worker-2", life)


def test_no_line_of_a_log_was_lost_or_told_twice(seen: Seen) -> None:
    for service in SERVICES:
        if seen.state(service).running:  # a worker of NoETL's may have ended with its broker
            seen.control.kill(service)  # nothing is written from now on
        seen.wait_for(service, lambda state: not state.running, "ended")
    seen.read()
    for service in SERVICES:
        whole = "".join(seen.sandbox.log(service))
        assert seen.logged[service] == whole[: whole.rfind("\n") + 1], service
        assert whole


BROKEN: Mapping[str, tuple[str, ...]] = {
    "pause": ("worker-1", "server", "postgres", "nats", "profile-api"),
    "kill": ("worker-1", "postgres", "nats"),
}


@pytest.mark.parametrize("order", BROKEN)
@pytest.mark.parametrize("kind", KINDS)
def test_a_sandbox_that_is_closed_while_it_is_broken_leaves_nothing(
    tmp_path: Path, kind: str, order: str
) -> None:
    folder = new_folder(tmp_path)
    with opened(kind, folder) as sandbox:
        data = json.loads((LEDGERS / f"{folder.run_id}.json").read_text())["data"]
        segment = segment_of(Path(data) / CLUSTER)
        assert (segment is not None) == (kind == "embedded")
        for service in BROKEN[order]:
            getattr(sandbox.control, order)(service)
        began = time.monotonic()
    assert time.monotonic() - began < BRING_UP_SECONDS
    assert left_by(folder.run_id) == []
    assert not (LEDGERS / f"{folder.run_id}.json").exists()
    assert segment is None or not segment.exists()


LEAVES = """
import os, sys
from pathlib import Path
from tests.live.test_control import BROKEN, opened
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.sandbox.protocol import RunFolder
with opened(sys.argv[1], RunFolder(sys.argv[2], Path(sys.argv[3]))) as sandbox:
    for service in BROKEN["pause"]:
        sandbox.control.pause(service)
    assert left_by(sys.argv[2])
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_suite_has_frozen_is_swept(tmp_path: Path, kind: str) -> None:
    folder = new_folder(tmp_path / "killed")
    command = [sys.executable, "-c", LEAVES, kind, folder.run_id, str(folder.path)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    with opened("embedded", new_folder(tmp_path / "next")):
        assert left_by(folder.run_id) == []
