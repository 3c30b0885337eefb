"""However a run ends, it says so, and leaves nothing on the machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from pathlib import Path

import pytest

from noetl_acceptance.evidence import report, results
from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import LEDGERS, ROOT
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.sandbox.passwords import new_passwords
from noetl_acceptance.support.polling import eventually
from tests.live.checkouts import Checkout, own_modules
from tests.live.wheels import make_wheel
from tests.test_junit import in_xml, read_xml

NO_DOCKER = pytest.mark.skipif(bool(compose_problem()), reason="no Docker")
KINDS = ["embedded", pytest.param("compose", marks=NO_DOCKER)]
ONE = ("features/smoke.feature", "--tags=@C24")


class Behave:
    """One behave run in a process group of its own, as a terminal would start it."""

    def __init__(
        self,
        kind: str,
        folder: Path,
        *more: str,
        features: Sequence[str] = ONE,
        checkout: Path = ROOT,
    ) -> None:
        self.runs = folder / "runs"
        self.log = folder / "behave.log"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                behave_command(kind, self.runs, "-D", "lanes=1", *features, *more),
                cwd=checkout,
                env=own_modules(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def run_id(self) -> str:
        return next(self.runs.iterdir()).name

    def page(self) -> str:
        """The text of the report, which the console names."""
        page = self.runs / self.run_id / report.FILE
        assert f"report: {page}" in self.log.read_text()
        return unescape(page.read_text())

    def wait_for(self, words: str) -> None:
        eventually(
            self.log.read_text,
            lambda text: words in text or self.process.poll() is not None,
            seconds=200,
            what=repr(words),
        )
        assert words in self.log.read_text(), self.log.read_text()

    def signal_group(self, number: int) -> None:
        os.killpg(self.process.pid, number)

    def end(self) -> int:
        return self.process.wait(200)  # it hangs then


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Behave]]:
    started: list[Behave] = []

    def starter(
        kind: str, *more: str, features: Sequence[str] = ONE, checkout: Path = ROOT
    ) -> Behave:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Behave(kind, folder, *more, features=features, checkout=checkout))
        return started[-1]

    yield starter
    for behave in started:
        if behave.process.poll() is None:
            behave.process.terminate()
            behave.end()


def ledger_of(run_id: str) -> Path:
    return LEDGERS / f"{run_id}.json"


INTERRUPTIONS = [
    pytest.param("embedded", signal.SIGINT, id="embedded-INT"),
    pytest.param("embedded", signal.SIGHUP, id="embedded-HUP"),
    pytest.param("compose", signal.SIGTERM, id="compose-TERM", marks=NO_DOCKER),
]
"""Each signal, and each kind of sandbox: they have nothing to do with each other."""


@pytest.mark.parametrize(("kind", "number"), INTERRUPTIONS)
def test_an_interrupted_run_leaves_nothing(
    kind: str, number: int, start: Callable[..., Behave], tmp_path: Path
) -> None:
    behave = start(kind, "--junit", f"--junit-directory={tmp_path / 'junit'}")
    behave.wait_for("workers; evidence in")
    behave.signal_group(number)
    behave.signal_group(number)  # an impatient user's second one does not cut it short
    assert behave.end() == 1
    assert "verdict: interrupted" in behave.log.read_text()
    told = [verdict for _, verdict, _ in in_xml(read_xml(tmp_path / "junit"))]
    assert sorted(told) == ["interrupted", "skipped"]
    assert "interrupted" in behave.page()
    assert left_by(behave.run_id) == []
    assert not ledger_of(behave.run_id).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_in_a_take_down_ends_the_run_and_leaves_nothing(
    kind: str, start: Callable[..., Behave]
) -> None:
    behave = start(kind, features=["tests/live/interrupted/own.feature"])
    assert behave.process.wait(200) == 1
    assert "verdict: interrupted" in behave.log.read_text(), behave.log.read_text()
    told = {result.scenario: result.verdict for result in results.read(behave.runs / behave.run_id)}
    assert set(told.values()) == {"skipped", "interrupted"}, told
    assert left_by(behave.run_id) == []
    assert not list(LEDGERS.glob(f"{behave.run_id}*.json"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_is_swept_by_the_next_and_a_living_one_is_not(
    kind: str, start: Callable[..., Behave], tmp_path: Path
) -> None:
    checkout = Checkout(tmp_path / "checkout").folder  # a suite beside would sweep as well
    living = start(kind, checkout=checkout)
    living.wait_for("workers; evidence in")
    killed = start(kind, checkout=checkout)
    killed.wait_for("workers; evidence in")
    killed.process.kill()
    killed.end()
    assert left_by(killed.run_id)
    (ledger,) = checkout.glob(f".work/sandboxes/{killed.run_id}.json")
    secrets = list(json.loads(ledger.read_text())["secrets"].values())
    following = start("embedded", checkout=checkout)  # whatever its kind, it sweeps both
    assert following.end() == 0, following.log.read_text()
    assert f"removed what run {killed.run_id} had left" in following.log.read_text()
    assert left_by(killed.run_id) == []
    assert len(secrets) == len(new_passwords())
    logs = list((killed.runs / killed.run_id / "logs").glob("*.log"))
    assert bool(logs) == (kind == "embedded")  # containers take theirs along
    for log in logs:
        assert not any(secret in log.read_text() for secret in secrets), log
    assert living.end() == 0, living.log.read_text()


@pytest.fixture
def broken_wheel(tmp_path: Path) -> Path:
    """A NoETL that its installer takes and whose server does not start."""
    broken = "import sys\nfor line in range(30): print('line', line)\nsys.exit(3)\n"
    return make_wheel(tmp_path, "9.9.9", server=broken, worker="import time\ntime.sleep(60)\n")


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_does_not_start_is_told_once_with_its_last_lines(
    kind: str, start: Callable[..., Behave], broken_wheel: Path
) -> None:
    junit = ("--junit", f"--junit-directory={broken_wheel.parent}")
    behave = start(kind, "-D", f"noetl={broken_wheel}", *junit)
    assert behave.end() == 1
    log = behave.log.read_text()
    assert log.count("server exited with code 3 while starting - ") >= 1
    assert log.count("line 29") == 1
    assert "line 10" in log
    assert "line 9\n" not in log
    assert "verdict: 1 failed by the product" in log
    assert "server exited with code 3 while starting - " in behave.page()
    assert left_by(behave.run_id) == []
    assert {r.verdict for r in results.read(behave.runs / behave.run_id)} == {"product"}
    junit_report = next(broken_wheel.parent.glob("TESTS-*.xml")).read_text()
    assert 'failures="1"' in junit_report
