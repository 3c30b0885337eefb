"""What a service leaves behind is ended with it, and nobody else's processes are."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from noetl_acceptance.sandbox.local.processes import Adopted, Service, stop_all
from noetl_acceptance.sandbox.remains import RUN_VARIABLE, end, processes_in
from noetl_acceptance.support.polling import eventually

PARENT = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import signal, time; "
    "[signal.signal(n, signal.SIG_IGN) for n in (15, 3)]; print(flush=True); time.sleep(600)"]
for further in ({}, {"process_group": 0}, {"env": {}}, {"start_new_session": True}):
    child = subprocess.Popen(sleep, stdout=subprocess.PIPE, **further)
    child.stdout.readline()
    print(child.pid, flush=True)
time.sleep(600)
"""
PLAIN = 3
"""How many of the children stay in the session of their parent; the last one leaves it."""


class Family:
    """A service with four children that no polite signal ends."""

    def __init__(self, folder: Path) -> None:
        log = folder / "parent.log"
        command = [sys.executable, "-c", PARENT]
        self.service = Service.start("parent", command, {RUN_VARIABLE: "run-1"}, log, folder=folder)
        words = eventually(
            lambda: log.read_text().split(),
            lambda found: len(found) == PLAIN + 1,
            seconds=30,
            what="the children",
        )
        self.children = [psutil.Process(int(word)) for word in words]

    def living(self) -> list[int]:
        return [
            number
            for number, child in enumerate(self.children)
            if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
        ]

    def kill_parent(self) -> None:
        os.kill(self.service.process.pid, signal.SIGKILL)
        self.service.process.wait()


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    family = Family(tmp_path)
    yield family
    stop_all([family.service])
    for process in family.children:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def wait_for(family: Family, *numbers: int) -> None:
    eventually(family.living, lambda living: living == list(numbers), seconds=5, what="the end")


def test_the_children_of_a_dead_service_are_ended_with_it(family: Family) -> None:
    family.kill_parent()
    stop_all([family.service])
    wait_for(family, PLAIN)


def test_the_children_of_a_service_that_ends_at_once_are_ended_as_well(family: Family) -> None:
    stop_all([family.service])
    wait_for(family, PLAIN)


def test_the_children_of_a_dead_service_of_another_run_are_ended(family: Family) -> None:
    pid = family.service.process.pid
    family.kill_parent()
    stop_all([Service("parent", Adopted(pid, "run-2"), family.service.log)])
    assert family.living() == [0, 1, 2, 3]  # the number is another sandbox's by now
    stop_all([Service("parent", Adopted(pid, "run-1"), family.service.log)])
    wait_for(family, PLAIN)


def test_what_has_left_the_session_is_found_by_the_sandboxs_id(family: Family) -> None:
    family.kill_parent()
    end(processes_in("run-1", None))
    wait_for(family, 2)  # the one without an environment: it is found by its session
