"""``doctor``: what it says of a machine, and by which exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from noetl_acceptance.cli import doctor
from noetl_acceptance.cli.main import main
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import writable_places
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.builds import cargo
from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.local import nats, postgres_cluster
from noetl_acceptance.sandbox.local import requirements as local
from noetl_acceptance.sandbox.problem import Problem
from noetl_acceptance.support import measuring, ports
from noetl_acceptance.verdict import exit_codes

NO_DOCKER = Problem("there is no docker command", "`make engine` installs it")
NO_PYTHON = UsageError("NoETL needs a Python >= 3.12", "get one by `make python`")


def raising(error: Exception) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse


class Machine:
    """A machine on which all is well, until a test says otherwise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.set = monkeypatch.setattr
        monkeypatch.setenv("NOETL_ACCEPTANCE_RUNS", "/runs")
        self.set(engine, "compose_problem", lambda: None)
        self.set(engine, "versions", lambda: {"Docker engine": "28.2.2", "compose": "2.26.1"})
        self.set(local, "versions", self._local)
        self.set(cargo, "compiler", lambda: "1.95.0")
        self.set(writable_places, "require_places", lambda _: None)
        self.set(psutil, "disk_usage", lambda _: SimpleNamespace(free=31.25e9))
        self.memory(12e9)
        self.set(ports, "ReservedPorts", lambda _: SimpleNamespace(release=lambda: None))
        self.set(measuring, "busy_already", lambda: "")

    @staticmethod
    def _local(*, fetch: bool) -> dict[str, str]:
        assert not fetch
        return {"Python": "3.13.2", "PostgreSQL": "18.6", "NATS": "2.15.1"}

    def memory(self, available: float) -> None:
        found = SimpleNamespace(available=available, total=24e9)
        self.set(psutil, "virtual_memory", lambda: found)

    def without_docker(self) -> None:
        self.set(engine, "compose_problem", lambda: NO_DOCKER)

    def without_python(self) -> None:
        self.set(local, "versions", raising(NO_PYTHON))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("machine")
def test_a_machine_on_which_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert told(capsys) == [
        "ok   compose   Docker engine 28.2.2, compose 2.26.1",
        "ok   embedded  Python 3.13.2, PostgreSQL 18.6, NATS 2.15.1",
        "ok   rust      rustc 1.95.0",
        "ok   folders   /runs can be written",
        f"ok   disk      31.2 GB free in {ROOT}",
        "ok   ports     9 to be had on 127.0.0.1",
        "ok   memory    12.0 of 24.0 GB available",
        "ok   pressure  the processors are not busy",
        "this machine can run: compose, embedded",
    ]


def test_one_sandbox_is_enough(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.without_docker()
    assert main(["doctor"]) == 0
    lines = told(capsys)
    assert lines[0] == "no   compose   there is no docker command - `make engine` installs it"
    assert lines[-1] == "this machine can run: embedded"


def test_a_machine_that_can_run_no_sandbox(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.without_docker()
    machine.without_python()
    assert main(["doctor"]) == doctor.NO_SANDBOX == exit_codes.CODES["sandbox"]
    lines = told(capsys)
    assert lines[1] == "no   embedded  NoETL needs a Python >= 3.12 - get one by `make python`"
    assert lines[-1] == "no sandbox can run here"


def test_what_every_sandbox_needs_keeps_all_from_running(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.set(ports, "ReservedPorts", raising(OSError(98, "Address already in use")))
    assert main(["doctor"]) == 3
    assert (
        "no   ports     no 9 ports to be had on 127.0.0.1: Address already in use - end programs "
        "that hold many: `ss -tan` lists them"
    ) in told(capsys)
    machine.set(ports, "ReservedPorts", lambda _: SimpleNamespace(release=lambda: None))
    machine.set(
        writable_places, "require_places", raising(UsageError("/runs cannot be written", "mend"))
    )
    assert main(["doctor"]) == 3
    assert "no   folders   /runs cannot be written - mend" in told(capsys)


def test_a_machine_that_is_small_or_busy_can_run_and_is_told_what_helps(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.set(psutil, "disk_usage", lambda _: SimpleNamespace(free=1.9e9))
    machine.memory(1.5e9)
    machine.set(measuring, "busy_already", lambda: "this machine is busy already: load 9.0")
    assert main(["doctor"]) == 0
    assert told(capsys)[4:8] == [
        f"warn disk      1.9 GB free in {ROOT} - free 2 GB there",
        "ok   ports     9 to be had on 127.0.0.1",
        "warn memory    1.5 of 24.0 GB available - end other programs, or give -D workers=2",
        (
            "warn pressure  this machine is busy already: load 9.0 - end other programs, or give "
            "-D time-scale=2"
        ),
    ]


def test_a_machine_without_cargo_can_run_all_but_rust(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.set(cargo, "compiler", raising(UsageError("there is no cargo", "get Rust")))
    assert main(["doctor"]) == 0
    assert "warn rust      there is no cargo, for -D noetl=rust - get Rust" in told(capsys)


@pytest.mark.usefixtures("machine")
def test_a_wrong_variable_of_the_suites_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOETL_ACCEPTANCE_WORKERS", "many")
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err.startswith("error: NOETL_ACCEPTANCE_WORKERS=many ")


# --- what the embedded sandbox needs


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that tell versions of their own."""
    for name, line in [
        ("python", "Python 3.12.1"),
        ("bin/postgres", "postgres (PostgreSQL) 18.6"),
        ("nats-server", "nats-server: v2.15.1"),
    ]:
        write(tmp_path / name, f"echo '{line}'")
    monkeypatch.setattr(local, "find_uv", lambda: "uv")
    monkeypatch.setattr(local, "find_python", lambda *_, **__: tmp_path / "python")
    monkeypatch.setattr(postgres_cluster, "installed", lambda: tmp_path)
    monkeypatch.setattr(nats, "program", lambda: str(tmp_path / "nats-server"))
    return tmp_path


def write(program: Path, line: str) -> None:
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{line}\n")
    program.chmod(0o755)


def test_the_embedded_sandbox_can_run_where_its_programs_run(programs: Path) -> None:
    assert local.embedded_problem() is None
    found = local.versions(fetch=False)
    assert found == {"Python": "3.12.1", "PostgreSQL": "18.6", "NATS": "2.15.1"}
    write(programs / "nats-server", "exit 127")
    problem = local.embedded_problem()
    assert problem is not None
    assert problem.cause == "NATS does not run here: exit code 127"
    assert problem.remedy == f"see what `{programs}/nats-server --version` says"
    (programs / "bin" / "postgres").write_bytes(b"\x00")
    problem = local.embedded_problem()
    assert problem is not None
    assert problem.cause == "PostgreSQL does not run here: Exec format error"


def test_the_embedded_sandbox_cannot_run_without_a_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_python", raising(NO_PYTHON))
    assert local.embedded_problem() == Problem(NO_PYTHON.cause, NO_PYTHON.remedy)
