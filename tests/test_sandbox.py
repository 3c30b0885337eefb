"""Bring-up without a sandbox: processes, sweep, what is found on the machine, clear errors."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import psutil
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.ddl.noetl_tables import statements
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.generations.python_runtime import PythonServices
from noetl_acceptance.generations.rust import RustServices
from noetl_acceptance.generations.services import ALL_WORKERS, Backends, Services, Surroundings
from noetl_acceptance.options import load_settings
from noetl_acceptance.sandbox import readiness, subprocesses
from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.containers.states import state_of
from noetl_acceptance.sandbox.local import postgres_cluster, tempfiles
from noetl_acceptance.sandbox.local.processes import (
    Adopted,
    Service,
    stop_all,
)
from noetl_acceptance.sandbox.log_files import LARGE, save
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.sandbox.remains import RUN_VARIABLE
from noetl_acceptance.sandbox.starting import SCHEMA_FAILED, ServiceEndedError, refuse_ended
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.ports import ReservedPorts

SLEEP = [sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(600)"]


def start(tmp_path: Path, command: list[str], run: str = "run-1") -> Service:
    return Service.start(
        "sleeper", command, {RUN_VARIABLE: run}, tmp_path / "sleeper.log", folder=tmp_path
    )


@pytest.mark.parametrize("mode", [0o755, 0o644])
def test_a_program_that_cannot_be_run_is_one_line_with_a_remedy(tmp_path: Path, mode: int) -> None:
    program = tmp_path / "program"
    program.write_text("hello")
    program.chmod(mode)
    with pytest.raises(UsageError, match=r"sleeper cannot be started: .*/program") as raised:
        start(tmp_path, [str(program)])
    assert "executable" in (raised.value.remedy or "")


def test_a_service_is_stopped_with_its_group(tmp_path: Path) -> None:
    service = start(tmp_path, SLEEP)
    assert service.state().running
    stop_all([service])
    assert service.state().exit_code == -15


def test_a_service_that_dies_while_starting_shows_its_last_lines(tmp_path: Path) -> None:
    code = "import sys; [print('line', i) for i in range(30)]; sys.exit(3)"
    service = start(tmp_path, [sys.executable, "-c", code])
    service.process.wait()
    with pytest.raises(SandboxError) as raised:
        refuse_ended([service.state()], lambda _: service.tail(20))
    assert "sleeper exited with code 3" in raised.value.cause
    assert raised.value.detail.splitlines() == [f"line {i}" for i in range(10, 30)]


def test_a_service_gets_no_variable_of_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leak")
    code = "import os; print(sorted(os.environ))"
    service = start(tmp_path, [sys.executable, "-c", code])
    service.process.wait()
    assert "AWS_SECRET_ACCESS_KEY" not in "".join(service.tail(5))


def test_a_service_is_found_again_and_ended_by_another_run(tmp_path: Path) -> None:
    service = start(tmp_path, SLEEP)
    stranger = Service("sleeper", Adopted(service.process.pid, "run-2"), service.log)
    again = Service("sleeper", Adopted(service.process.pid, "run-1"), service.log)
    # Its environment, by which it is known, is to be seen a moment after it has begun.
    eventually(lambda: again.state().running, bool, seconds=5, what="the service")
    assert not stranger.state().running
    stop_all([stranger])  # another sandbox's process of that id is left alone
    assert again.state().running
    stop_all([again])
    assert (again.state().running, again.state().told) == (False, "has ended")
    service.process.wait(5)


def test_logs_are_saved_without_secrets_and_large_ones_compressed(tmp_path: Path) -> None:
    save(tmp_path, "nats", ["s3cret"], ["s3cret"])
    for size in (1, LARGE):  # a kept sandbox's are saved again and again
        save(tmp_path, "server", ["s3cret and more\n"] * size, ["s3cret"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["nats.log", "server.log.gz"]
    assert (tmp_path / "nats.log").read_text() == "[redacted]"
    with gzip.open(tmp_path / "server.log.gz", "rt") as log:
        assert log.read() == "[redacted] and more\n" * LARGE


@pytest.mark.parametrize("services", [PythonServices("python"), RustServices("/bin", "python3")])
def test_passwords_stay_out_of_a_repr_and_of_a_command(services: Services) -> None:
    backends = Backends("db", 1, "nats", 2, "pw-one", "pw-two")
    surroundings = Surroundings(backends, "http://x", ("127.0.0.1", 3), "/data", "pw-three")
    assert "pw-" not in repr(surroundings)
    commands = services.server_command(surroundings), services.worker_command(surroundings)
    assert "pw-" not in str(commands)
    variables = {**services.variables(surroundings), **services.server_variables(surroundings)}
    assert {"pw-one", "pw-two"} <= set(variables.values())


def test_a_rust_worker_knows_no_password_but_that_of_nats() -> None:
    backends = Backends("db", 1, "nats", 2, "pw-one", "pw-two")
    surroundings = Surroundings(backends, "http://x", ("127.0.0.1", 3), "/data", "pw-three")
    services, settings = RustServices("/bin", "python3"), load_settings({}, {})
    variables = services.variables(surroundings) | services.worker_variables(2, settings)
    assert {value for value in variables.values() if "pw-" in value} == {"pw-two"}
    assert variables["WORKER_ID"] == "worker-2"
    assert variables["WORKER_METRICS_BIND"].startswith("127.0.0.1:")
    assert "WORKER_ID" not in services.worker_variables(ALL_WORKERS, settings)


def test_a_reserved_port_is_for_its_service_alone() -> None:
    ports = ReservedPorts(20)
    assert len(set(ports.numbers)) == 20
    address = ("127.0.0.1", ports.numbers[0])
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(address)
    with socket.create_server(address):  # it sets SO_REUSEADDR, as servers do
        pass
    ports.release()
    with socket.create_server(address):
        pass


def test_an_interrupted_command_takes_its_children_along(tmp_path: Path) -> None:
    mark = tmp_path / "late"
    script = f"(sleep 1; touch {mark}) & sleep 30"
    with pytest.raises(subprocess.TimeoutExpired):
        subprocesses.run(["sh", "-c", script], seconds=0.2)
    time.sleep(1.2)
    assert not mark.exists()


def test_a_service_that_exits_ends_the_wait_at_once(tmp_path: Path) -> None:
    service = start(tmp_path, [sys.executable, "-c", "raise SystemExit(2)"])
    begun = time.monotonic()
    with pytest.raises(SandboxError, match="exited with code 2"):
        readiness.wait_until(
            lambda: False,
            "anything",
            lambda: refuse_ended([service.state()], lambda _: []),
            Console(quiet=True),
            dict,
        )
    assert time.monotonic() - begun < 10


def test_statements_are_split_outside_of_quotes() -> None:
    script = "SELECT ';'; -- a; b\nDO $x$ BEGIN; END $x$; /* ; */ SELECT 2"
    assert [part.strip() for part in statements(script)] == [
        "SELECT ';';",
        "-- a; b\nDO $x$ BEGIN; END $x$;",
        "/* ; */ SELECT 2",
    ]


@given(st.lists(st.sampled_from(["SELECT 1", "x = 'a;b'", "$$ ; $$", "-- ;\n", " "])))
def test_splitting_loses_nothing(parts: list[str]) -> None:
    script = ";".join(parts)
    kept = "".join(statements(script))
    assert kept.strip() == script.strip()


def test_a_stopped_process_and_a_stopped_child_are_frozen(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); "
        "print('hello', flush=True); time.sleep(60)"
    )
    service = start(tmp_path, [sys.executable, "-c", code])
    try:
        eventually(lambda: "hello" in "".join(service.tail(1)), bool, seconds=30, what="its word")
        (child,) = psutil.Process(service.process.pid).children()

        def cause() -> str:
            return service.state([child.pid]).cause

        assert not cause()
        for process in (psutil.Process(service.process.pid), child):
            process.suspend()
            eventually(cause, "outside".__eq__, seconds=30, what="a stop")
            process.resume()
            eventually(cause, "".__eq__, seconds=30, what="going on")
    finally:
        stop_all([service])


def container(status: str, **state: object) -> object:
    attrs = {
        "State": {"StartedAt": "now", **state},
        "HostConfig": {"Memory": state.pop("limit", 0)},
    }
    labels = {
        "com.docker.compose.service": "worker",
        "com.docker.compose.container-number": "2",
    }
    return SimpleNamespace(status=status, attrs=attrs, labels=labels)


@pytest.mark.parametrize(
    ("seen", "cause", "told"),
    [
        (container("running", Pid=0), "", "is up"),
        (container("paused", Pid=0), "outside", "is frozen"),
        (container("exited", ExitCode=1), "itself", "exited with code 1"),
        (container("exited", ExitCode=139), "itself", "was ended by SIGSEGV"),
        (container("exited", ExitCode=137), "outside", "was ended by SIGKILL"),
        (container("exited", ExitCode=137, OOMKilled=True), "outside", "of the host's memory"),
        (
            container("exited", ExitCode=137, OOMKilled=True, limit=1),
            "itself",
            "of the sandbox's memory",
        ),
        (container("dead", ExitCode=0), "unseen", "exited with code 0"),
        (container("removing"), "unseen", "has ended"),
    ],
)
def test_whose_doing_it_is_that_a_container_does_not_run(seen: Any, cause: str, told: str) -> None:
    state = state_of(seen)
    assert (state.name, state.cause) == ("worker-2", cause)
    assert told in state.told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (docker.errors.APIError("no such container"), "no such container"),
        (requests.exceptions.ReadTimeout("read timed out"), "read timed out"),
        (ConnectionRefusedError("refused"), "refused"),
    ],
)
def test_a_docker_call_that_fails_is_the_sandboxs(error: Exception, words: str) -> None:
    with pytest.raises(SandboxError, match=words), engine.answering():
        raise error


@pytest.mark.parametrize(
    ("tail", "code", "words"),
    [
        ("OSError: No space left on device", 1, "the disk is full"),
        ("No module named noetl.server.__main__", 1, "No module named"),
        ("OSError: [Errno 24] Too many open files", 1, "Too many open files"),
        ("RuntimeError: can't start new thread", 1, "can't start new thread"),
        ("OSError: [Errno 98] Address already in use", 1, "address already in use"),
        ("[Errno 98] error while binding: address already in use", 1, "address already in use"),
        ("psycopg.OperationalError", SCHEMA_FAILED, "tables could not be made"),
    ],
)
def test_a_set_up_that_is_wrong_is_not_the_services(tail: str, code: int, words: str) -> None:
    state = ServiceState("server", running=False, exit_code=code)
    with pytest.raises(SandboxError, match=words) as raised:
        refuse_ended([state], lambda _: [tail])
    assert not isinstance(raised.value, ServiceEndedError)


@pytest.mark.parametrize("name", ["server", "worker-2"])
def test_what_a_given_image_lacks_is_its_own(name: str) -> None:
    state = ServiceState(name, running=False, exit_code=1)
    runners = {"server": "", "worker": ""}
    with pytest.raises(ServiceEndedError) as raised:
        refuse_ended([state], lambda _: ["No module named 'uvicorn'"], runners)
    assert (raised.value.runner, "in place of" in str(raised.value)) == ("", False)
    with pytest.raises(SandboxError, match="Too many open files") as excused:
        refuse_ended([state], lambda _: ["OSError: Too many open files"], runners)
    assert not isinstance(excused.value, ServiceEndedError)
    profile_api = ServiceState("profile-api", running=False, exit_code=1)
    with pytest.raises(SandboxError, match="No module named") as excused:
        refuse_ended([profile_api], lambda _: ["No module named 'aiohttp'"], runners)
    assert not isinstance(excused.value, ServiceEndedError)


def test_who_ran_a_service_in_place_of_root_is_told_when_it_ends() -> None:
    states = [ServiceState("server", running=False, exit_code=1)]
    with pytest.raises(ServiceEndedError) as raised:
        refuse_ended(states, lambda _: ["EACCES"], {"server": "user 10001", "worker": ""})
    assert "starting, run by user 10001 in place of root - name in its image, by USER" in str(
        raised.value
    )


def test_a_folder_for_temporary_files_of_roots_own_is_not_taken_for_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert postgres_cluster.folder_for_nobody() in (Path("/tmp"), Path("/var/tmp"))  # noqa: S108
    assert not postgres_cluster.reachable_by_nobody(tmp_path / "none")


def test_what_noetl_leaves_in_shared_folders_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfiles, "FOLDER", tmp_path)
    monkeypatch.setattr(tempfiles, "MEMORY", tmp_path)
    for name in ("worker_config.txt", "noetl_dc8a1040_cb054b69", "noetl_of_somebody", "other"):
        (tmp_path / name).touch()
    tempfiles.remove_tempfiles(time.time() + 60)
    assert len(list(tmp_path.iterdir())) == 4
    tempfiles.remove_tempfiles(time.time())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["noetl_of_somebody", "other"]
