"""No password stands in what a run prints or leaves, whether it is green or fails."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.places import LEDGERS, ROOT
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.passwords import new_passwords
from noetl_acceptance.support.redaction import MARK
from tests.live.wheels import make_wheel
from tests.mutants.defects import Change, Defect
from tests.mutants.making import make_pair

KINDS = [
    "embedded",
    pytest.param("compose", marks=pytest.mark.skipif(bool(compose_problem()), reason="no Docker")),
]

OF_ONE = len(new_passwords())
"""How many passwords a sandbox has."""


def run(kind: str, place: Path, *arguments: str) -> tuple[int, set[str]]:
    """Run features; return the exit code, and the passwords of all sandboxes of the run.

    What is printed is in ``console.log``, the run's folder in ``runs``, the XML in ``junit``.
    """
    options = ("-D", f"sandbox={kind}", "-D", f"runs={place / 'runs'}")
    junit = ("--junit", f"--junit-directory={place / 'junit'}")
    secrets: set[str] = set()
    with (place / "console.log").open("w") as console:
        process = subprocess.Popen(
            [sys.executable, "-m", "noetl_acceptance", "run", *arguments, *options, *junit],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            for folder in place.glob("runs/*"):
                secrets |= passwords_of(folder.name)
            time.sleep(0.05)
    return process.returncode, secrets


def passwords_of(run_id: str) -> set[str]:
    """The passwords that the ledgers of a run's sandboxes hold while it goes on."""
    found: set[str] = set()
    for file in LEDGERS.glob(f"{run_id}*.json"):
        try:
            found |= set(json.loads(file.read_text())["secrets"].values())
        except (OSError, ValueError):
            continue  # it has just been replaced, or removed
    return found


def left(place: Path) -> Iterator[tuple[Path, str]]:
    """Everything that a run has printed and left, decompressed."""
    for top in ("console.log", "runs", "junit"):
        for file in (place / top, *(place / top).rglob("*")):
            if file.is_file():
                content = file.read_bytes()
                packed = file.suffix == ".gz"
                text = gzip.decompress(content) if packed else content
                yield file, text.decode(errors="replace")
                if file.suffix == ".zip":
                    with zipfile.ZipFile(file) as archive:
                        for name in archive.namelist():
                            yield file / name, archive.read(name).decode()


def assert_secret(place: Path, secrets: set[str]) -> str:
    """Nothing left holds a password; return all of it."""
    found = list(left(place))
    assert {file.name for file, _ in found} >= {"console.log", "results.json"}
    assert any(file.suffix == ".xml" for file, _ in found)
    leaks = [str(file) for file, text in found if any(secret in text for secret in secrets)]
    assert leaks == []
    return "\n".join(text for _, text in found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_green_run(kind: str, tmp_path: Path) -> None:
    told = "A table shows what an execution left: count the stored rows"
    wrong = "The execution fails when the default credential has a wrong password"
    names = ("--name", "stores all 200 travelers", "--name", told, "--name", wrong)
    code, secrets = run(kind, tmp_path, "features", *names)
    assert code == 0, (tmp_path / "console.log").read_text()
    assert len(secrets) == 2 * OF_ONE  # one scenario has a sandbox of its own
    assert MARK in assert_secret(tmp_path, secrets)  # NoETL logs one, as recorded
    assert list(tmp_path.glob("runs/*/cli*/*.json"))


TELLS = Defect(
    name="tells-its-environment",
    worker=(
        Change(
            find="        by_traveler = {}\n",
            replace="        import os\n        raise ValueError(sorted(os.environ.items()))\n",
        ),
    ),
    caught={},
    findings=(),
)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_that_holds_all_passwords(kind: str, tmp_path: Path) -> None:
    pair = make_pair(TELLS, tmp_path)
    names = (
        "--name",
        "stores all 200 travelers",
        "--name",
        "The summary counts the batches and rows",
    )
    code, secrets = run(kind, tmp_path, "features", *names, "-D", f"playbooks={pair}")
    assert code == 1, (tmp_path / "console.log").read_text()
    assert len(secrets) == OF_ONE
    told = assert_secret(tmp_path, secrets)
    (folder,) = tmp_path.glob("runs/*")
    record = max(folder.glob("executions/*.json.gz"))
    assert f"PASSWORD', '{MARK}'" in gzip.decompress(record.read_bytes()).decode()
    assert MARK in told
    assert {each.verdict for each in results.read(folder)} == {"product"}


@pytest.fixture
def dying_worker(tmp_path: Path) -> Path:
    """A NoETL whose worker prints its environment as it starts, and dies."""
    worker = "import os, sys\nprint(sorted(os.environ.items()))\nsys.exit(3)\n"
    return make_wheel(tmp_path, "9.9.8", server="import time\ntime.sleep(600)\n", worker=worker)


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_dies_with_the_passwords_in_its_last_lines(
    kind: str, dying_worker: Path, tmp_path: Path
) -> None:
    one = ("features/smoke.feature", "--tags=@C24")
    code, secrets = run(kind, tmp_path, *one, "-D", f"noetl={dying_worker}")
    console = (tmp_path / "console.log").read_text()
    assert code == 1, console  # a worker that ends by itself is the product's failure
    assert len(secrets) == 2 * OF_ONE  # two sandboxes were tried
    assert f"PASSWORD', '{MARK}'" in console  # its last lines are printed
    assert_secret(tmp_path, secrets)
