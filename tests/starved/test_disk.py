"""A disk that does not answer: nobody is ready to run, and yet it is not NoETL that is slow."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import ROOT

ONE = ("features/smoke.feature", "--name=The parent starts one worker execution for each batch")
FROZEN_SECONDS = 80
LACKING = [tool for tool in ("mkfs.ext4", "mount", "fsfreeze") if shutil.which(tool) is None]

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or bool(LACKING),
    reason=f"needs root, and a file system of its own: {', '.join(LACKING) or 'not root'}",
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in a file, which can be frozen, where Postgres's user can reach it."""
    image, place = tmp_path / "image", Path(tempfile.mkdtemp(prefix="noetl-acceptance-disk-"))
    with image.open("wb") as file:
        file.truncate(400 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", image, place], check=False)
    if mounted.returncode:
        place.rmdir()
        pytest.skip("no file system can be mounted here")
    place.chmod(0o755)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


def test_what_waits_for_a_frozen_disk_is_not_the_products_failure(
    disk: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    with output.open("w") as file:
        behave = subprocess.Popen(
            behave_command("embedded", disk / "runs", "-D", "lanes=1", *ONE),
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    while behave.poll() is None and "\nsandbox embedded" not in output.read_text():
        time.sleep(0.1)
    time.sleep(1.5)  # into the execution
    subprocess.run(["fsfreeze", "-f", disk], check=True)
    try:
        time.sleep(FROZEN_SECONDS)
    finally:
        subprocess.run(["fsfreeze", "-u", disk], check=True)
    behave.wait()
    told = output.read_text()
    (folder,) = (disk / "runs").glob("*")
    (result,) = results.read(folder)
    assert result.verdict == "sandbox", told
    assert "this machine is starved" in told
