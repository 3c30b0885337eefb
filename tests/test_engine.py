"""Which Docker engine is used, and what is said where it cannot be."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.containers.engine import INSTALL, compose_problem

LOCAL = "unix:///var/run/docker.sock"
OTHER = (
    "use an engine of this machine (unset DOCKER_HOST and DOCKER_CONTEXT, `docker context use "
    "default`), or -D sandbox=embedded"
)
IN_THE_WAY = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ENGINE_SECONDS", 1.0)
    monkeypatch.setattr(engine, "PLUGIN_SECONDS", 1.0)
    monkeypatch.setattr(engine, "_CONTAINER_MARKS", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for variable in IN_THE_WAY:
        monkeypatch.delenv(variable, raising=False)


def context(host: str, name: str = "default", **more: object) -> str:
    return json.dumps([{"Name": name, "Endpoints": {"docker": {"Host": host}}, **more}])


def fake_docker(folder: Path, told: str = context(LOCAL), **answers: str) -> None:
    """Put a docker command on the path; each answer is a line of shell for one command of it."""
    cases = {"context": f"echo '{told}'", "version": "echo 28.2.2", "compose": "echo 2.26.1-4"}
    lines = "\n".join(f"{name}) {line};;" for name, line in {**cases, **answers}.items())
    file = folder / "bin" / "docker"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\ncase $1 in\n{lines}\nesac\n")
    file.chmod(0o755)


def problem() -> tuple[str, str] | None:
    found = compose_problem()
    return (found.cause, found.remedy) if found else None


def test_a_machine_without_docker() -> None:
    assert problem() == ("there is no docker command", INSTALL)


HANG = "exec /bin/sleep 9"
NO_ENGINE = f"no Docker engine answers at {LOCAL}"


@pytest.mark.parametrize(
    ("command", "line", "cause"),
    [
        ("version", "exit 1", NO_ENGINE),
        ("version", HANG, f"{NO_ENGINE} within 1 s"),
        ("compose", "exit 1", "Docker is there, but not its plugin compose v2"),
        ("buildx", "exit 1", "Docker is there, but not its plugin buildx"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, command: str, line: str, cause: str) -> None:
    fake_docker(tmp_path, **{command: line})
    assert problem() == (cause, INSTALL)


@pytest.mark.parametrize("plugin", ["compose", "buildx"])
def test_a_plugin_that_says_nothing_is_not_called_missing(tmp_path: Path, plugin: str) -> None:
    fake_docker(tmp_path, **{plugin: HANG})
    assert problem() == (
        f"docker {plugin} has not told its version within 1 s",
        "try again when this machine is less busy, or use -D sandbox=embedded",
    )


def test_an_engine_elsewhere_on_this_machine_is_not_installed_anew(tmp_path: Path) -> None:
    fake_docker(tmp_path, context("unix:///run/user/1000/docker.sock"), version="exit 1")
    cause = "no Docker engine answers at unix:///run/user/1000/docker.sock"
    assert problem() == (cause, f"start it, or {OTHER}")


@pytest.mark.parametrize("version", ["2.24.0", "v2.30.3-desktop.1", "5.0.1", "dev", ""])
def test_a_compose_that_is_new_enough(tmp_path: Path, version: str) -> None:
    fake_docker(tmp_path, compose=f"echo {version}")
    assert problem() is None


@pytest.mark.parametrize("version", ["2.23.3", "v2.2.3", "1.29.2"])
def test_a_compose_that_is_too_old(tmp_path: Path, version: str) -> None:
    fake_docker(tmp_path, compose=f"echo {version}")
    assert problem() == (
        f"docker compose is {version}, and 2.24 or newer is needed",
        "update the plugin (docker-compose-plugin), or use -D sandbox=embedded",
    )


def test_a_missing_right_names_the_group_of_the_socket(tmp_path: Path) -> None:
    import grp  # noqa: PLC0415 - not on every system

    socket = tmp_path / "docker.sock"
    socket.touch()
    group = grp.getgrgid(socket.stat().st_gid).gr_name
    denied = "echo 'permission denied while trying to connect' >&2; exit 1"
    for file, name in ((socket, group), (tmp_path / "hidden" / "docker.sock", "docker")):
        fake_docker(tmp_path, context(f"unix://{file}"), version=denied)
        assert problem() == (
            f"this user may not use the Docker engine at unix://{file}: the group {name} may",
            f"`sudo usermod -aG {name} $USER` and log in again, or use -D sandbox=embedded",
        )


@pytest.mark.parametrize("host", ["ssh://me@far", "tcp://10.0.0.7:2376", "tcp://docker:2375"])
def test_an_engine_of_another_machine_is_not_waited_for(tmp_path: Path, host: str) -> None:
    fake_docker(tmp_path, context(host, "far"), version=HANG)
    cause = f"the Docker engine is on another machine ({host}), and so would its ports be"
    assert problem() == (cause, OTHER)


@pytest.mark.parametrize(
    "host",
    ["tcp://127.0.0.1:2375", "tcp://localhost:2375", "tcp://[::1]:2375", "npipe:////./pipe/x"],
)
def test_an_engine_of_this_machine(tmp_path: Path, host: str) -> None:
    fake_docker(tmp_path, context(host))
    assert problem() is None
    assert engine.endpoint() == host


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("echo 'context \"x\": not found' >&2; exit 1", 'knows no engine: context "x": not found'),
        (HANG, "knows no engine: it does not answer"),
        ("echo '[]'", "tells no engine's address"),
        ("echo", "tells no engine's address"),
    ],
)
def test_a_context_that_cannot_be_used(tmp_path: Path, line: str, cause: str) -> None:
    fake_docker(tmp_path, context=line)
    assert problem() == (f"the docker command {cause}", OTHER)


def test_certificates_of_a_context_are_out_of_reach_and_those_of_variables_are_not(
    tmp_path: Path,
) -> None:
    material: dict[str, Any] = {"TLSMaterial": {"docker": ["ca.pem", "cert.pem", "key.pem"]}}
    fake_docker(tmp_path, context("tcp://127.0.0.1:2376", "box", **material))
    assert problem() == ("the suite cannot use the certificates of the context box", OTHER)
    fake_docker(tmp_path, context("tcp://127.0.0.1:2376", **material))
    assert problem() is None


@pytest.mark.parametrize(("mode", "reachable"), [("bridge", False), ("host", True)])
def test_a_container_of_the_engine_reaches_no_port_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, reachable: bool
) -> None:
    fake_docker(tmp_path, container=f"echo {mode}")
    assert problem() is None
    monkeypatch.setattr(engine, "_CONTAINER_MARKS", (tmp_path,))
    found = problem()
    assert (found is None) == reachable
    assert found is None or found[0].startswith("this is a container of the Docker engine")
    fake_docker(tmp_path, container="exit 1")  # a container, but none of that engine
    assert problem() is None


def test_all_commands_use_the_engine_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "other")
    monkeypatch.setenv("DOCKER_HOST", "unix:///other.sock")
    found = engine.environment(LOCAL)
    assert found["DOCKER_HOST"] == LOCAL
    assert "DOCKER_CONTEXT" not in found
    assert found["PATH"] == os.environ["PATH"]


def test_the_versions_are_those_of_what_is_used(tmp_path: Path) -> None:
    fake_docker(tmp_path, buildx="echo github.com/docker/buildx v0.13.1 0b2b")
    assert engine.versions() == {
        "Docker engine": "28.2.2",
        "compose": "2.26.1-4",
        "buildx": "0.13.1",
    }
