"""P7 below the proxy: what code that asks no proxy can reach from each kind of sandbox."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import psutil
import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.options import load_settings
from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox import open_sandbox
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.leftovers import RUN_LABEL
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.sandbox.remains import processes_of
from noetl_acceptance.support.console import Console

CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 8080), 3)"


ASK_OUTSIDE = """\
      code: |
        import urllib.request
        try:
            urllib.request.urlopen("http://127.0.0.9:9/telemetry", timeout=5)
        except OSError:
            pass
"""


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def container(sandbox_id: str, service: str) -> str:
    labels = [f"label={RUN_LABEL}={sandbox_id}", f"label=com.docker.compose.service={service}"]
    found = docker("ps", "--quiet", *(word for label in labels for word in ("--filter", label)))
    (only,) = found.stdout.split()
    return only


@pytest.mark.skipif(bool(compose_problem()), reason="no Docker")
@pytest.mark.parametrize("isolated", [True, False])
def test_a_container_reaches_the_outside_only_without_isolation(
    tmp_path: Path, *, isolated: bool
) -> None:
    options = load_settings({"sandbox": "compose"})
    folder = RunFolder(f"hermetic-{time.time_ns()}", tmp_path)
    folder.logs.mkdir()
    sandbox = open_sandbox(
        replace(options, workers=1, isolated=isolated), folder, Console(quiet=True)
    )
    try:
        sandbox.open_outside()
        address = docker(
            "inspect",
            "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
            container(folder.sandbox_id, "outside"),
        ).stdout.strip()
        worker = container(folder.sandbox_id, "worker")
        inside, outside = (
            docker("exec", worker, "python", "-c", CONNECT, host).returncode
            for host in ("profile-api", address)
        )
    finally:
        sandbox.close()
    assert inside == 0
    assert (outside == 0) != isolated


def test_the_local_services_hold_connections_to_this_machine_only(tmp_path: Path) -> None:
    peers: set[str] = set()
    command = behave_command("embedded", tmp_path, "features/smoke.feature", "--tags=@C24")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as behave:
        while behave.poll() is None:
            for folder in tmp_path.iterdir():
                for process in processes_of(folder.name):
                    with suppress(psutil.NoSuchProcess):
                        peers |= {c.raddr.ip for c in process.net_connections() if len(c.raddr)}
            time.sleep(0.2)
    assert behave.returncode == 0
    assert peers
    outside = [peer for peer in peers if not ip_address(peer.removeprefix("::ffff:")).is_loopback]
    assert outside == []


def test_a_playbook_that_asks_a_place_outside_turns_the_feature_red(tmp_path: Path) -> None:
    pair, runs = tmp_path / "pair", tmp_path / "runs"
    shutil.copytree(ROOT / "playbooks" / "2.8.x", pair)
    parent = pair / "traveler_batch_enrichment_in_step.yaml"
    text = parent.read_text()
    parent.write_text(text.replace("      code: |\n", ASK_OUTSIDE, 1))
    asked = ("features/hermetic.feature", "--name=A complete execution", "-D", f"playbooks={pair}")
    done = subprocess.run(
        behave_command("embedded", runs, *asked), cwd=ROOT, capture_output=True, check=False
    )
    (result,) = [r for run in runs.iterdir() for r in results.read(run) if r.verdict != "skipped"]
    assert (done.returncode, result.verdict) == (1, "product")
    assert "attempt-outside: 1 attempt to reach a place outside: GET 127.0.0.9:9" in result.reason
