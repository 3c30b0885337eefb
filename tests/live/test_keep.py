"""Sandboxes that stay up: kept by a run, brought up by hand, attached to, taken down."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from noetl_acceptance.evidence import results
from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import LEDGERS, ROOT
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.ledgers import Entry, Kept, find_kept, kept_ledgers
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.sandbox.log_files import RAW
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.ports import HOST
from noetl_acceptance.support.tcp_forward import TcpForward
from tests.mutants.defects import named
from tests.mutants.making import make_pair

KINDS = [
    "embedded",
    pytest.param("compose", marks=pytest.mark.skipif(bool(compose_problem()), reason="no Docker")),
]
ONE = ("features/smoke.feature", "--name=a single traveler")
SMOKE = ("features/smoke.feature", "--tags=@C24")
SECOND_DATABASE = ("features/smoke.feature", "--name=The credential that the request names decides")
WRONG_CREDENTIAL = (
    "features/credential_missing.feature",
    "--name=The execution fails when the request",
)
SUITE = (sys.executable, "-m", "noetl_acceptance")

Done = subprocess.CompletedProcess[str]


def run(*command: str, **variables: str) -> Done:
    environment = {**os.environ, **variables}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(autouse=True)
def nothing_stays_up(tmp_path: Path) -> Iterator[None]:
    yield
    for ledger in kept_ledgers(LEDGERS):
        if ledger.entry.place.path.is_relative_to(tmp_path):  # others may have theirs
            run(*SUITE, "down", ledger.entry.sandbox_id)


@dataclass
class Ran:
    """One behave run that has ended."""

    done: Done
    folder: Path

    @property
    def run_id(self) -> str:
        return self.folder.name

    @property
    def told(self) -> str:
        return f"{self.done.stdout}\n{self.done.stderr}"

    def verdicts(self) -> dict[str, str]:
        return {result.scenario: result.verdict for result in results.read(self.folder)}


def behave(kind: str, runs: Path, *arguments: str, **variables: str) -> Ran:
    before = set(runs.glob("*"))
    slow = ("-D", "time-scale=3")  # what is under test here is not how fast NoETL is
    done = run(*behave_command(kind, runs, *slow, *arguments), **variables)
    (folder,) = set(runs.glob("*")) - before
    return Ran(done, folder)


def attached(sandbox_id: str, runs: Path, *arguments: str) -> Ran:
    return behave("attach", runs, "-D", f"attach={sandbox_id}", *arguments)


def known(sandbox_id: str) -> tuple[Entry, Kept]:
    entry = find_kept(LEDGERS, sandbox_id).entry
    assert entry.kept is not None
    return entry, entry.kept


def command_in(told: str, label: str) -> str:
    """Return a command as it is to be pasted."""
    found = re.search(rf"^  {label} +(.+)$", told, re.MULTILINE)
    assert found, told
    return found[1]


def assert_no_secret(entry: Entry, *texts: str) -> None:
    for secret in entry.secrets.values():
        assert not any(secret in text for text in texts)


def texts_in(folder: Path) -> list[str]:
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".gz")
    return [file.read_text(errors="replace") for file in files if "data" not in file.parts]


def assert_down(sandbox_id: str, entry: Entry) -> None:
    done = run("sh", "-c", f"{' '.join(SUITE)} down {sandbox_id}")
    assert done.returncode == 0, done.stderr
    assert left_by(sandbox_id) == []
    assert not list(LEDGERS.glob(f"{sandbox_id}.*"))
    assert entry.data is not None
    assert not entry.data.exists()
    logs = list(entry.place.logs.iterdir())
    assert {"server", "worker-1"} <= {log.name.partition(".")[0] for log in logs}
    assert_no_secret(entry, done.stdout, done.stderr, *texts_in(entry.place.path))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kept_sandbox_is_used_again_and_again_and_taken_down(kind: str, tmp_path: Path) -> None:
    first = behave(kind, tmp_path, *ONE, "-D", "keep=always")
    assert first.done.returncode == 0, first.told
    assert left_by(first.run_id)
    entry, kept = known(first.run_id)
    assert_no_secret(entry, first.told, *texts_in(first.folder))
    assert entry.data is not None
    if kind == "embedded":
        assert stat.S_IMODE((entry.data / RAW).stat().st_mode) == 0o700
        assert all(
            stat.S_IMODE(log.stat().st_mode) == 0o600 or os.geteuid() == 0
            for log in (entry.data / RAW).iterdir()
        )
    asked = run("sh", "-c", command_in(first.told, "query it"))
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith("execution_id\tcount\n")
    if kind == "compose":
        enter = command_in(first.told, "enter it").replace(" exec ", " exec -T ")
        inside = run("sh", "-c", f"echo 'exec 3<>/dev/tcp/nats/4222 && echo in' | {enter}")
        assert inside.stdout == "in\n", inside.stderr
    for selected in (SECOND_DATABASE, WRONG_CREDENTIAL, SECOND_DATABASE, ONE):
        again = attached(first.run_id, tmp_path, *selected)
        assert again.done.returncode == 0, again.told
        assert f"sandbox {kind} (kept as {first.run_id})" in again.told
        assert_no_secret(entry, again.told, *texts_in(again.folder))
        assert known(first.run_id)[1] == kept
    other = behave(kind, tmp_path, *ONE)  # sweeps, and keeps nothing
    assert other.done.returncode == 0, other.told
    assert left_by(other.run_id) == []
    assert f"removed what run {first.run_id}" not in other.told
    assert first.run_id in run(*SUITE, "status").stdout
    assert_down(first.run_id, entry)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_run_keeps_its_sandbox_and_a_passing_one_does_not(
    kind: str, tmp_path: Path
) -> None:
    (defect,) = named(["drops-one-row"])
    runs = tmp_path / "runs"
    pair = make_pair(defect, tmp_path)
    red = behave(kind, runs, *SMOKE, "-D", f"playbooks={pair}", "-D", "keep=failed")
    assert red.done.returncode == 1, red.told
    entry, _ = known(red.run_id)
    stored = run(
        *SUITE, "sql", "--id", red.run_id, "SELECT count(*) FROM public.traveler_batch_results"
    )
    assert stored.stdout == "count\n199\n"
    green = attached(red.run_id, runs, *ONE)  # its own pair, registered anew
    assert green.done.returncode == 0, green.told
    assert_down(red.run_id, entry)
    passed = behave(kind, runs, *ONE, "-D", "keep=failed")
    assert passed.done.returncode == 0, passed.told
    assert left_by(passed.run_id) == []
    assert "stays up" not in passed.told


class Forwards:
    """A sandbox as seen through plain TCP forwards, as ``kubectl port-forward`` makes them."""

    def __init__(self, kept: Kept, folder: Path) -> None:
        endpoints = kept.endpoints
        database = conninfo_to_dict(endpoints.database)
        noetl, profile_api = (
            TcpForward(HOST, int(url.rpartition(":")[2]))
            for url in (endpoints.noetl, endpoints.profile_api)
        )
        postgres = TcpForward(HOST, int(database["port"] or 0))
        self._open = (noetl, profile_api, postgres)
        credential = endpoints.credential
        self.file = folder / "addresses.yaml"
        addresses = {
            "release": kept.noetl_version,
            "workers": kept.workers,
            "noetl": f"http://{HOST}:{noetl.port}",
            "database": f"host={HOST} port={postgres.port} user=noetl dbname=noetl",
            "database_inside": f"{credential['db_host']}:{credential['db_port']}",
            "profile_api": f"http://{HOST}:{profile_api.port}",
            "profile_api_inside": endpoints.profile_api_inside,
        }
        self.file.write_text(yaml.safe_dump(addresses))
        self.passwords = folder / "pgpass"
        self.passwords.touch(mode=0o600)
        self.passwords.write_text(f"{HOST}:{postgres.port}:*:noetl:{database['password']}\n")

    def close(self) -> None:
        for forward in self._open:
            forward.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_noetl_that_the_suite_did_not_start_is_judged_as_far_as_it_can_be(
    kind: str, tmp_path: Path
) -> None:
    up = run(*SUITE, "up", "-D", f"sandbox={kind}", "-D", f"runs={tmp_path / 'up'}")
    assert up.returncode == 0, up.stderr
    sandbox_id = next((tmp_path / "up").iterdir()).name
    entry, kept = known(sandbox_id)
    forwards = Forwards(kept, tmp_path)
    passwords = {
        "PGPASSFILE": str(forwards.passwords),
        "PROFILE_API_CONTROL_TOKEN": kept.endpoints.control_token,
    }
    names = {
        "The loop waits for an execution that completes": "passed",
        "A command reaches NoETL through a port forward": "passed",
        "The credential that the request names decides where the rows go": "passed",
        "A complete execution stays inside the sandbox": "skipped",
        "The execution fails when the default credential is not registered": "skipped",
        "The services keep the message broker's password secret": "skipped",
        "A worker that may have one connection closes it to call another address": "skipped",
        "The sandbox's usual workers make more calls at the same time than 3 workers": "skipped",
    }
    selected = (f"--name=^{re.escape(name)}$" for name in names)
    try:
        ran = behave("attach", tmp_path, "-D", f"attach={forwards.file}", *selected, **passwords)
    finally:
        forwards.close()
    assert ran.verdicts() == names, ran.told
    assert ran.done.returncode == 0, ran.told
    for result in results.read(ran.folder):
        assert (result.verdict == "skipped") == result.reason.startswith("not judged, because ")
    assert f"{list(names.values()).count('skipped')} not judged" in ran.told
    assert_no_secret(entry, ran.told, *texts_in(ran.folder))
    refused = behave("attach", tmp_path / "late", "-D", f"attach={forwards.file}", *ONE)
    assert refused.done.returncode == 1
    assert "the database cannot be reached" in refused.told
    assert {result.verdict for result in results.read(refused.folder)} == {"sandbox"}
    assert_down(sandbox_id, entry)


@pytest.mark.parametrize("kind", KINDS)
def test_what_up_prints_is_pasted_into_a_shell(kind: str, tmp_path: Path) -> None:
    up = run(*SUITE, "up", "-D", f"sandbox={kind}", "-D", f"runs={tmp_path}", "-D", "workers=3")
    assert up.returncode == 0, up.stderr
    (folder,) = tmp_path.iterdir()
    entry, kept = known(folder.name)
    assert_no_secret(entry, up.stdout, up.stderr, *texts_in(folder))
    assert kept.workers == 3
    _, _, commands = up.stdout.partition("for a shell of their own:\n")
    pasted, _, _ = commands.partition("# first document: ask for the status")
    done = subprocess.run(
        ["sh", "-eu"], cwd="/", input=pasted, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    execution_id = re.search(r'"execution_id":\s*"(\d+)"', done.stdout)
    assert execution_id, done.stdout
    journal = command_in(up.stdout, "calls by hand")
    eventually(
        lambda: len(run("sh", "-c", journal).stdout.splitlines()),
        lambda calls: calls > 0,
        seconds=90,
        what="a call by hand",
    )
    counted = run(*SUITE, "sql", "--id", folder.name, "SELECT max(version) FROM noetl.catalog")
    assert counted.stdout == "max\n1\n"
    assert_down(folder.name, entry)


def test_an_up_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    command = [*SUITE, "up", "-D", "sandbox=embedded", "-D", f"runs={tmp_path}"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        eventually(
            lambda: [each for folder in tmp_path.iterdir() for each in left_by(folder.name)],
            lambda found: len(found) > 2,
            seconds=60,
            what="the first services",
        )
        (folder,) = tmp_path.iterdir()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted: everything is taken down" in told
    assert left_by(folder.name) == []
    assert not list(tmp_path.iterdir())


def test_a_run_that_finds_another_at_work_is_refused(tmp_path: Path) -> None:
    up = run(*SUITE, "up", "-D", "sandbox=embedded", "-D", f"runs={tmp_path}")
    assert up.returncode == 0, up.stderr
    (folder,) = tmp_path.iterdir()
    entry, _ = known(folder.name)
    ledger = find_kept(LEDGERS, folder.name)
    ledger.claim()
    try:
        asked = run(*behave_command("attach", tmp_path / "runs", "-D", f"attach={folder.name}"))
        ended = run(*SUITE, "down", folder.name)
        told = run(*SUITE, "status").stdout
    finally:
        ledger.let_go()
    for refused in (asked, ended):
        assert refused.returncode != 0
        assert f"error: sandbox {folder.name} is in use by another run" in refused.stderr
    assert "in use by a run" in told
    assert json.loads(ledger.file.read_text())["kept"]
    assert_down(folder.name, entry)
