"""The suite installed as a package runs features without a checkout, on each sandbox."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.places import ROOT, WORK
from noetl_acceptance.sandbox.builds.environment_cache import find_uv
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.support.program import PROGRAM

KINDS = [
    "embedded",
    pytest.param("compose", marks=pytest.mark.skipif(bool(compose_problem()), reason="no Docker")),
]


def files(folder: Path) -> dict[Path, float]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path: path.stat().st_mtime for path in found}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment in which an installer has put the suite and what it asks for."""
    folder = tmp_path_factory.mktemp("package")
    uv = find_uv()
    subprocess.run([uv, "venv", "--quiet", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, ROOT], check=True)
    cache = folder / "cache" / PROGRAM
    cache.mkdir(parents=True)
    for name in ("noetl", "noetl-cli"):  # what a checkout has made serves as well
        if (WORK / name).exists():
            (cache / name).symlink_to(WORK / name)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_runs_a_scenario_in_an_empty_folder(
    package: Path, kind: str, tmp_path: Path
) -> None:
    before = files(package / "venv")
    ran = subprocess.run(
        [
            package / "venv" / "bin" / PROGRAM,
            "run",
            f"-Dsandbox={kind}",
            "-Dworkers=2",
            "features/smoke.feature",
            "--name=The parent seeds as many travelers as the request asks for",
        ],
        cwd=tmp_path,
        env={**os.environ, "XDG_CACHE_HOME": str(package / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    (run,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    assert [each.verdict for each in results.read(run) if each.verdict != "skipped"] == ["passed"]
    assert left_by(run.name) == []
    assert files(package / "venv") == before
