"""An environment of the user's that is wrong in every way: both sandboxes come up without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from noetl_acceptance.noetl import cli_environment
from noetl_acceptance.options import load_settings
from noetl_acceptance.places import LEDGERS, ROOT, WORK
from noetl_acceptance.sandbox.builds import noetl_environment
from noetl_acceptance.sandbox.builds.images import ensure_images
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.ledgers import find_kept
from noetl_acceptance.sandbox.leftovers import RUN_LABEL, left_by
from noetl_acceptance.sandbox.remains import processes_of
from noetl_acceptance.sandbox.user_environment import of_docker
from noetl_acceptance.support.console import Console
from tests.hostile import CANARY, VARIABLES

KINDS = [
    "embedded",
    pytest.param("compose", marks=pytest.mark.skipif(bool(compose_problem()), reason="no Docker")),
]
SUITE = (sys.executable, "-m", "noetl_acceptance")


def suite(folder: Path, *arguments: str) -> str:
    """Run the suite in a hostile environment; return what it prints."""
    done = subprocess.run(
        [*SUITE, *arguments],
        cwd=ROOT,
        env={**os.environ, **VARIABLES, "DOCKER_CONFIG": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def install(kind: str) -> None:
    """Install all that is installed once: that goes by the proxies, which lead nowhere here."""
    console, build = Console(quiet=True), NoetlBuild.of(load_settings({}, {}).noetl)
    cli_environment.ensure(WORK, console)
    if kind == "embedded":
        noetl_environment.ensure(build, WORK, console)
    else:
        ensure_images(build, console)


def environments(kind: str, sandbox_id: str) -> Iterator[str]:
    """The environments of all services."""
    if kind == "embedded":
        for process in processes_of(sandbox_id):
            yield json.dumps(psutil.Process(process.pid).environ())
        return
    docker = ("docker", "ps", "--all", "--quiet", "--filter", f"label={RUN_LABEL}={sandbox_id}")
    listed = subprocess.run(docker, env=of_docker(), capture_output=True, text=True, check=True)
    for container in listed.stdout.split():
        asked = ("docker", "inspect", "--format", "{{json .Config}}", container)
        found = subprocess.run(asked, env=of_docker(), capture_output=True, text=True, check=True)
        yield found.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_hostile_environment_reaches_a_service(kind: str, tmp_path: Path) -> None:
    install(kind)
    # The engine's client hands these proxies to every container that names none itself.
    proxies = dict.fromkeys(("httpProxy", "httpsProxy", "allProxy"), f"http://{CANARY}.invalid:9")
    settings = {"proxies": {"default": {**proxies, "noProxy": CANARY, "ftpProxy": CANARY}}}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    suite(tmp_path, "up", "-D", f"sandbox={kind}", "-D", f"runs={tmp_path / 'runs'}")
    sandbox_id = next((tmp_path / "runs").iterdir()).name
    try:
        found = list(environments(kind, sandbox_id))
        assert len(found) >= 9  # Postgres, NATS, the profile API, the server, five workers
        assert [text for text in found if CANARY in text] == []
        token = find_kept(LEDGERS, sandbox_id).entry.secrets["profile-api"]
        assert len([text for text in found if token in text]) == 1  # its own service alone has it
        told = suite(tmp_path, "sql", "--id", sandbox_id, "SELECT 'a' || count(*) FROM noetl.event")
        assert "a0" in told
    finally:
        suite(tmp_path, "down", sandbox_id)
    assert left_by(sandbox_id) == []
