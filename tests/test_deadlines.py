"""What takes too long is ended, and told in one line with what it was and what helps."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.builds import environment_cache, images, noetl_environment
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.containers import project
from noetl_acceptance.sandbox.local import postgres_cluster

BUILD = NoetlBuild.of("2.8.9")


def install(programs: Path) -> None:
    environment_cache.run_uv([str(programs / "uv"), "pip", "install"], BUILD.requirement)


def initialise(programs: Path) -> None:
    postgres_cluster.initialise(programs, programs / "cluster", "any-password", {})


def compose(programs: Path) -> None:
    file = programs / "compose.env"
    project.Project("run-1", file, "unix:///there.sock", isolated=True, secrets=()).start()


def build(programs: Path) -> None:
    images._build("nats", "noetl-acceptance/nats:none", programs, BUILD)


def inspect(_programs: Path) -> None:
    images._exists("noetl-acceptance/nats:none")


def ask(programs: Path) -> None:
    python = programs / "python"
    noetl_environment.installed_version(
        noetl_environment.NoetlEnvironment(python, "2.8.9", programs)
    )


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (
            install,
            r"uv, installing noetl==2\.8\.9, took .* - is the package index slow\? UV_DEFAULT",
        ),
        (initialise, "initdb took .* - try again when the machine"),
        (compose, "docker compose .* took .* - try again when the machine and its Docker"),
        (
            build,
            "building the image of nats took .* - try again; a package index or a mirror",
        ),
        (inspect, "docker image inspect .* took .* - try again when the machine and its Docker"),
        (ask, "Python, asked for the version of NoETL, took .* - try again when the machine"),
    ],
)
def test_a_program_that_does_not_end_is_ended_and_told(
    start: Callable[[Path], None], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1)  # no other user need reach the programs
    for name in ("uv", "initdb", "docker", "python"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\nexec sleep 600\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for module, name in (
        (environment_cache, "INSTALL_SECONDS"),
        (postgres_cluster, "INITDB_SECONDS"),
        (project, "COMMAND_SECONDS"),
        (images, "_BUILD_SECONDS"),
        (images, "_DOCKER_SECONDS"),
        (noetl_environment, "ASK_SECONDS"),
    ):
        monkeypatch.setattr(module, name, 0.3)
    with pytest.raises(SandboxError, match=words) as raised:
        start(tmp_path)
    assert "took more than 0 s and was ended" in raised.value.cause
    assert "\n" not in str(raised.value)


def test_the_suite_connects_to_postgres_in_one_place() -> None:
    found = {
        file.relative_to(ROOT / "noetl_acceptance").as_posix()
        for file in (ROOT / "noetl_acceptance").rglob("*.py")
        if re.search(
            r"psycopg\.connect\(|\bConnection\.connect\(", file.read_text(encoding="utf-8")
        )
    }
    assert found == {"support/database.py", "ddl/noetl_tables.py"}  # the latter in a container
