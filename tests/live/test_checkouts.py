"""A checkout under any name works on both sandboxes, and leaves those of others alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.containers.projects import sweep_projects
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.support.polling import eventually

NAME = """it's a "#1", $HOME; co:lon é\\n"""
TAKEN = ("noetl_acceptance", "compose", "documents", "playbooks", "requirements", "scripts")
KINDS = [
    "embedded",
    pytest.param("compose", marks=pytest.mark.skipif(bool(compose_problem()), reason="no Docker")),
]


class Checkout:
    """A copy of this checkout under another name, with what is built once linked in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in (*TAKEN, "Dockerfile", "pyproject.toml"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copy(source, folder)
        (folder / ".work").mkdir()
        for name in ("noetl", "noetl-cli"):
            if (built := ROOT / ".work" / name).exists():
                (folder / ".work" / name).symlink_to(built)

    def suite(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "noetl_acceptance", *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def runs(self) -> list[str]:
        return sorted(run.name for run in self.folder.glob("runs/*"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkout_of_any_name(kind: str, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / NAME)
    with checkout.suite("up", "-D", f"sandbox={kind}") as killed:
        eventually(
            lambda: [each for run in checkout.runs() for each in left_by(run)],
            lambda found: len(found) > 2,
            seconds=120,
            what="the first services",
        )
        killed.send_signal(signal.SIGKILL)
    (first,) = checkout.runs()
    if kind == "compose":
        with closing(engine.client()) as client:
            assert first not in "".join(sweep_projects(client, print))  # it is another checkout's
        assert left_by(first)
    with checkout.suite("up", "-D", f"sandbox={kind}") as up:
        _, told = up.communicate(timeout=300)
    assert up.returncode == 0, told
    assert f"removed what run {first} had left" in told
    assert left_by(first) == []
    (second,) = set(checkout.runs()) - {first}
    assert left_by(second)
    with checkout.suite("down") as down:
        _, told = down.communicate(timeout=120)
    assert down.returncode == 0, told
    assert left_by(second) == []
