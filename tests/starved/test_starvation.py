"""A missed deadline: a starved NoETL is not blamed for it, one that takes the processors is.

Each test leaves NoETL less time than it needs here; what differs is who took the processors.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.support.measuring import Reader, busy_already, services_pace
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually
from noetl_acceptance.support.procfs import Families
from noetl_acceptance.support.starvation import STARVED
from tests.mutants.defects import Defect, Edit
from tests.mutants.making import make_wheel

needs_docker = pytest.mark.skipif(bool(compose_problem()), reason="no Docker")

BUSY = (sys.executable, "-c", "while True: pass")
ONE = ("features/smoke.feature", "--name=The parent starts one worker execution for each batch")
SUITE = (sys.executable, "-m", "noetl_acceptance")

SPINS = Defect(
    name="spins",
    noetl=(
        Edit(
            file="noetl/worker/__main__.py",
            find="    args = parser.parse_args()\n",
            replace=(
                "    args = parser.parse_args()\n"
                "    import threading\n\n"
                "    def spin():\n"
                "        while True:\n"
                "            pass\n\n"
                "    for _ in range(4):\n"
                "        threading.Thread(target=spin, daemon=True).start()\n"
            ),
        ),
    ),
)
"""Every worker keeps threads busy: on two processors none of them gets far."""


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep the processors busy that this process may use; each in a session of its own.

    Linux may share a processor out by sessions first, as each service has its own.
    """
    started = [subprocess.Popen(BUSY, start_new_session=True) for _ in range(processes)]
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


@contextmanager
def on_one_processor() -> Iterator[None]:
    """Have what is started meanwhile share one processor, so that others keep theirs."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def behave(kind: str, runs: Path, *arguments: str) -> tuple[results.ScenarioResult, str]:
    """Run one scenario; return what became of it, and all that was told."""
    command = behave_command(kind, runs, *arguments, *ONE)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = f"{done.stdout}\n{done.stderr}"
    folders = list(runs.glob("*"))
    assert len(folders) == 1, told
    (result,) = results.read(folders[0])
    return result, told


def pace_in(told: str) -> float:
    found = re.search(r"pace (\d+\.\d)|takes (\d+\.\d) times", told)
    assert found, told
    print(found[0])  # `pytest -rP` shows it
    return float(found[1] or found[2])


def assert_starved(result: results.ScenarioResult, told: str) -> None:
    assert result.verdict == "sandbox", told
    assert "this machine is starved" in told
    assert "the pace is measured by waiting of" in told
    assert pace_in(told) >= STARVED


def test_a_healthy_noetl_beside_busy_programs_is_not_blamed(tmp_path: Path) -> None:
    with on_one_processor(), busy(20):
        eventually(busy_already, bool, seconds=60, what="a load")
        result, told = behave("embedded", tmp_path, "-D", "time-scale=0.25")
    assert_starved(result, told)
    assert "this machine is busy already" in told


@contextmanager
def containers() -> Iterator[str]:
    """Bring a sandbox of containers up; give its id."""
    command = [*SUITE, "up", "-D", "sandbox=compose"]
    up = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = re.search(r"\d{8}-\d{6}-[0-9a-f]{6}", up.stdout + up.stderr)
    assert found
    try:
        yield found[0]
    finally:
        subprocess.run([*SUITE, "down", found[0]], cwd=ROOT, check=False)


def restrict(sandbox_id: str, option: str, service: str | None = None) -> None:
    """Have the engine update the containers of a service, or of all."""
    labels = [f"noetl-acceptance.run={sandbox_id}"]
    labels += [f"com.docker.compose.service={service}"] if service else []
    filters = [part for label in labels for part in ("--filter", f"label={label}")]
    found = subprocess.check_output(["docker", "ps", "--quiet", *filters], text=True).split()
    assert found
    subprocess.run(["docker", "update", option, *found], check=True, capture_output=True)


@needs_docker
def test_a_healthy_noetl_under_a_quota_is_not_blamed(tmp_path: Path) -> None:
    with containers() as sandbox_id:
        for service in ("server", "worker"):
            restrict(sandbox_id, "--cpus=0.05", service)
        attach = f"attach={sandbox_id}"
        result, told = behave("attach", tmp_path, "-D", attach, "-D", "time-scale=0.25")
    assert_starved(result, told)
    assert "quotas (cgroup v" in told


@needs_docker
def test_healthy_containers_beside_busy_programs_are_not_blamed(tmp_path: Path) -> None:
    with containers() as sandbox_id:
        restrict(sandbox_id, f"--cpuset-cpus={max(os.sched_getaffinity(0))}")
        attach = f"attach={sandbox_id}"
        with on_one_processor(), busy(12):
            result, told = behave("attach", tmp_path, "-D", attach, "-D", "time-scale=0.25")
    assert_starved(result, told)


def test_a_noetl_that_spins_is_blamed(tmp_path: Path) -> None:
    wheel = make_wheel(SPINS, tmp_path)
    runs = tmp_path / "runs"
    result, told = behave("embedded", runs, "-D", f"noetl={wheel}", "-D", "time-scale=0.15")
    assert result.verdict == "product", told
    assert "did not happen" in told
    assert pace_in(told) < STARVED


def spinning(processes: int, seconds: float) -> None:
    """Wait in vain for services that only spin."""
    started = [subprocess.Popen(BUSY, start_new_session=True) for _ in range(processes)]
    roots = {f"worker-{number}": each.pid for number, each in enumerate(started)}
    families = Families()
    try:
        eventually(
            lambda: False,
            bool,
            seconds=seconds,
            what="the end of an execution",
            pace=services_pace(Reader(lambda: families.of(roots))),
        )
    finally:
        for each in started:
            each.kill()
            each.wait()


def test_services_that_burn_all_processors_excuse_nothing() -> None:
    with pytest.raises(DeadlineError):
        spinning(10, 10)


def test_one_service_that_works_beside_many_programs_is_excused() -> None:
    with on_one_processor(), busy(10), pytest.raises(StarvedError):
        spinning(1, 10)


def test_what_a_look_costs() -> None:
    """With 20 services less than 5 % of a processor, at a look a second."""
    started = [subprocess.Popen(["sleep", "60"], start_new_session=True) for _ in range(20)]
    families, roots = Families(), {str(each.pid): each.pid for each in started}
    pace = services_pace(Reader(lambda: families.of(roots)))
    try:
        used = time.process_time()
        for _ in range(20):
            pace._read()
        assert (time.process_time() - used) / 20 < 0.05
    finally:
        for each in started:
            each.kill()
            each.wait()
