"""The sweep removes what dead runs have left, and nothing that may belong to a living one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from noetl_acceptance.places import WORK
from noetl_acceptance.sandbox.containers import projects
from noetl_acceptance.sandbox.containers.projects import life_of
from noetl_acceptance.sandbox.ledgers import Ledger
from noetl_acceptance.sandbox.local.processes import Service, stop_all
from noetl_acceptance.sandbox.owner import OUT_OF_SIGHT, Owner, label_of, read_label
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.sandbox.remains import RUN_VARIABLE
from noetl_acceptance.sandbox.sweep import sweep
from tests.sandboxes import KEPT

SLEEP = [sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(600)"]
HERE = Owner.here()


def start(tmp_path: Path, command: list[str], run: str = "run-1") -> Service:
    return Service.start(
        "sleeper", command, {RUN_VARIABLE: run}, tmp_path / "sleeper.log", folder=tmp_path
    )


def test_the_sweep_ends_a_dead_runs_processes_and_only_those(tmp_path: Path) -> None:
    ledgers = tmp_path / "sandboxes"
    runs = ("dead", "living", "kept", "dead-2")
    for run in runs:
        place = RunFolder(run, tmp_path / run)
        place.logs.mkdir(parents=True)
        ledger = Ledger.begin(ledgers, place, {"postgres": "s3cret"})
        ledger.data_in(place.data)
        (place.data / "logs").mkdir(parents=True)
        (place.data / "logs" / "server.log").write_text("password s3cret")
        if run.startswith("kept"):
            ledger.keep(KEPT)
        assert ledger.file.stat().st_mode & 0o077 == 0
        if run != "living":
            document = json.loads(ledger.file.read_text())
            document["owner"]["start"] -= 1
            ledger.file.write_text(json.dumps(document))
            ledger.let_go()
    (ledgers / "dead-2.json").unlink()  # of a sandbox of the same run: not what is swept
    services = {run: start(tmp_path, SLEEP, run) for run in runs}
    try:
        assert sweep(ledgers, print) == ["dead"]
        services.pop("dead").process.wait(5)
        assert all(service.state().running for service in services.values())
        assert [(tmp_path / run / "data").exists() for run in runs[:3]] == [False, True, True]
        assert (tmp_path / "dead/logs/server.log").read_text() == "password [redacted]"
        assert sorted(f.name for f in ledgers.glob("*.json")) == ["kept.json", "living.json"]
    finally:
        stop_all(list(services.values()))


def owner(**changed: Any) -> Owner:
    return HERE.model_copy(update=changed)


@pytest.mark.parametrize(
    ("changed", "locked", "life"),
    [
        ({}, True, "alive"),
        ({}, False, "alive"),  # somebody has removed the file of the lock
        ({}, None, "alive"),
        ({"start": HERE.start - 1}, False, "dead"),  # its number is another process's by now
        ({"start": HERE.start - 1}, None, "dead"),
        ({"pid": 2**22 + 1}, None, "dead"),
        ({"namespace": "pid:[1]"}, True, "alive"),
        ({"namespace": "pid:[1]"}, False, "dead"),
        ({"namespace": "pid:[1]"}, None, "unknown"),
        ({"boot": "before"}, False, "dead"),  # the machine has been booted since
        ({"boot": "before"}, None, "dead"),
        ({"boot": "other", "machine": "other"}, True, "alive"),
        ({"boot": "other", "machine": "other"}, False, "unknown"),  # a shared folder
        ({"boot": "other", "machine": "other"}, None, "unknown"),
    ],
)
def test_whether_an_owner_lives(changed: dict[str, Any], locked: bool | None, life: str) -> None:
    assert owner(**changed).life(locked=locked) == life


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a start is told as such")
def test_a_step_of_the_clock_makes_no_living_owner_a_dead_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = psutil.Process().create_time()
    boot = psutil.boot_time()  # the kernel tells it as the clock less the time since the boot
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot + 3600)
    assert psutil.Process().create_time() != before
    assert HERE.life(locked=False) == "alive"


def test_an_owner_that_has_ended_and_was_not_waited_for_is_dead() -> None:
    code = "from noetl_acceptance.sandbox.owner import Owner; print(Owner.here().model_dump_json())"
    with subprocess.Popen([sys.executable, "-c", code], cwd=WORK, stdout=subprocess.PIPE) as ended:
        assert ended.stdout is not None
        told = Owner.model_validate_json(ended.stdout.read())
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert told.life() == "dead"


@pytest.mark.parametrize("name", ["plain", "it's", "a #b", "$HOME", "a:b", 'a "b"', "é ü/c@d"])
def test_a_label_holds_any_checkout_and_needs_no_quotes(name: str) -> None:
    label = label_of(HERE, Path("/srv") / name)
    assert read_label(label) == (HERE, f"/srv/{name}")
    assert not set(label) & set("\"' #$:{}\\,")


@pytest.fixture
def ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(projects, "LEDGERS", tmp_path)
    return tmp_path


def begin(folder: Path, run: str, change: Callable[[dict[str, Any]], None]) -> Ledger:
    """Write the ledger of another process."""
    ledger = Ledger.begin(folder, RunFolder(run, folder / run), {})
    document = json.loads(ledger.file.read_text())
    change(document["owner"])
    ledger.file.write_text(json.dumps(document))
    ledger.let_go()
    return ledger


def test_a_run_of_another_machine_is_left_alone_and_told_of(ledgers: Path) -> None:
    begin(ledgers, "away", lambda owner: owner.update(boot="other", machine="other"))
    said: list[str] = []
    assert sweep(ledgers, said.append) == []
    assert said == [f"left alone: run away, {OUT_OF_SIGHT}"]


def test_a_ledger_that_cannot_be_read_is_left_alone_and_told_of(ledgers: Path) -> None:
    (ledgers / "old.json").write_text('{"owner": [1, 2.5]}')
    said: list[str] = []
    assert sweep(ledgers, said.append) == []
    assert said == [f"left alone: {ledgers / 'old.json'} cannot be read"]


def test_a_lock_tells_of_a_run_in_another_container(ledgers: Path) -> None:
    living = begin(ledgers, "living", lambda owner: owner.update(namespace="pid:[1]"))
    begin(ledgers, "killed", lambda owner: owner.update(namespace="pid:[1]"))
    living.claim()
    assert sweep(ledgers, print) == ["killed"]


ELSEWHERE = owner(namespace="pid:[1]")
DEAD = owner(start=HERE.start - 1)


@pytest.mark.parametrize(
    ("label", "life", "why"),
    [
        (label_of(HERE, WORK), "alive", ""),
        (label_of(DEAD, WORK), "dead", ""),
        (label_of(DEAD, WORK.parent.parent / "other" / ".work"), "alive", ""),
        (label_of(ELSEWHERE, WORK), "unknown", OUT_OF_SIGHT),
        ("['1', 2.5, '/it's']", "unknown", "whose label about their owner is none of this"),
        ("", "unknown", "whose label about their owner is none of this"),
        ("[]@/srv", "unknown", "whose label about their owner is none of this"),
    ],
)
def test_whether_the_owner_of_containers_lives(
    ledgers: Path, label: str, life: str, why: str
) -> None:
    told = life_of("run-1", label, ())
    assert (told[0], told[1].startswith(why) if why else told[1] == "") == (life, True)
    assert not list(ledgers.glob("*.json"))


def test_the_ledger_tells_more_of_containers_than_their_label(ledgers: Path) -> None:
    label = label_of(ELSEWHERE, WORK)
    assert life_of("run-1", label, ["run-1"])[0] == "dead"
    ledger = begin(ledgers, "run-1", lambda owner: owner.update(namespace="pid:[1]"))
    assert life_of("run-1", label, ())[0] == "dead"
    ledger.claim()
    assert life_of("run-1", label, ())[0] == "alive"
    ledger.keep(KEPT)
    assert life_of("run-1", label_of(DEAD, WORK), ())[0] == "alive"
    ledger.file.write_text("of another release")
    assert life_of("run-1", label_of(DEAD, WORK), ())[0] == "unknown"
