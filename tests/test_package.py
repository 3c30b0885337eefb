"""The installable package: a wheel has all that the suite needs, and works without a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from noetl_acceptance.places import ROOT
from noetl_acceptance.support.program import PROGRAM

PROJECT = "noetl_acceptance/_project"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built as an installer builds it, and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            path = Path(archive.extract(member, unpacked))
            path.chmod(member.external_attr >> 16)  # as installers do, and zipfile does not
    return unpacked


def files(folder: Path) -> set[str]:
    """The files below a folder, without byte code, which each start would otherwise make anew."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if "__pycache__" not in path.parts}


def committed(*places: str) -> set[str]:
    """The files that git knows below some places of the checkout."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *places],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return {name for name in told.stdout.split("\0") if name and (ROOT / name).is_file()}


def test_the_wheel_holds_the_package_and_the_suites_own_files_and_nothing_else(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    target = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert target["force-include"] == {
        each: f"{PROJECT}/{each}" for each in sorted(target["force-include"])
    }
    wanted = committed("noetl_acceptance")
    wanted |= {f"{PROJECT}/{each}" for each in committed(*target["force-include"])}
    held = {each for each in files(wheel) if ".dist-info/" not in each}
    assert held == wanted


def test_the_wheel_lacks_nothing_that_the_suite_reads_of_a_checkout(wheel: Path) -> None:
    left_out = {".ci", ".github", "docs", "templates", "tests"}
    folders = {name.partition("/")[0] for name in committed(".") if "/" in name}
    there = {path.name for path in (wheel / PROJECT).iterdir()}
    assert folders - left_out - {"noetl_acceptance"} <= there
    assert {"Dockerfile", "environment.py", "pyproject.toml", "docs"} <= there


def test_scripts_in_the_wheel_can_be_run(wheel: Path) -> None:
    scripts = list((wheel / PROJECT / "scripts").iterdir())
    assert scripts
    assert all(os.access(script, os.X_OK) for script in scripts)


def test_the_wheel_asks_for_what_it_needs_and_has_the_command(wheel: Path) -> None:
    (information,) = wheel.glob("*.dist-info")
    told = HeaderParser().parsestr((information / "METADATA").read_text())
    asked = [each.lower() for each in told.get_all("Requires-Dist", [])]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert sorted(asked) == sorted(each.lower() for each in project["dependencies"])
    assert (
        f"{PROGRAM} = noetl_acceptance.cli.main:main"
        in (information / "entry_points.txt").read_text()
    )


class Installed:
    """The unpacked wheel, run in an empty folder of a user who has no checkout."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.wheel = wheel
        self.folder = folder / "empty"
        self.home = folder / "home"
        self.folder.mkdir()
        self.home.mkdir()

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "noetl_acceptance", *arguments)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "PYTHONPATH": str(self.wheel),
            },
            check=False,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def suite(wheel: Path, tmp_path: Path) -> Installed:
    return Installed(wheel, tmp_path)


def test_the_package_selects_and_reads_its_own_features(suite: Installed) -> None:
    before = files(suite.wheel)
    done = suite("run", "--dry-run", "--no-summary", "--format=plain", "features/smoke.feature")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Feature: Smoke test" in done.stdout
    assert files(suite.wheel) == before
    assert files(suite.folder) == set()


def test_the_package_cuts_shards_and_runs_a_list_of_the_users_folder(suite: Installed) -> None:
    done = suite("shards", "--count", "2", "--list", "--", "--tags=@quick")
    assert (done.returncode, done.stderr) == (0, "")
    locations = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert len(locations) > 10
    (suite.folder / "some.txt").write_text("\n".join(locations[:3]))
    done = suite("run", "--dry-run", "--no-summary", "--format=rerun", "@some.txt")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_package_keeps_its_own_files_as_they_are(suite: Installed) -> None:
    for command in (["pages", "--write"], ["bench"], ["acceptance", "--record"], ["repeat"]):
        done = suite(*command)
        assert done.returncode == 2, command
        assert (
            "writes into a checkout of the suite, and this is an installed package" in done.stderr
        )


def test_the_package_writes_into_the_working_folder_and_the_users_cache(suite: Installed) -> None:
    told = suite("doctor").stdout
    assert f"{suite.folder}/runs can be written" in told
    assert files(suite.folder) == {"runs/.gitignore"}
    assert (suite.home / ".cache" / PROGRAM).is_dir()


def test_a_relative_path_begins_in_the_working_folder(suite: Installed) -> None:
    done = suite("merge", "runs/none")
    assert done.returncode == 2
    assert "there is no folder runs/none" in done.stderr
    done = suite("up", "-D", "noetl=dist/noetl.whl")
    assert "-D noetl=dist/noetl.whl is not a release, a wheel" in done.stderr
    done = suite("run", "-Dsandbox=attach", "-Dattach=near.yaml", "features/smoke.feature:68")
    assert f"{suite.folder}/near.yaml" in done.stderr


def test_a_pair_is_looked_for_in_the_working_folder_and_then_in_the_package(
    suite: Installed,
) -> None:
    ask = (
        "from noetl_acceptance.options import load_settings as load\n"
        "for given in ('mine', 'playbooks/rust'): print(load({'playbooks': given}, {}).playbooks)"
    )
    (suite.folder / "mine").mkdir()
    told = suite.python("-c", ask).stdout.splitlines()
    assert told == [f"{suite.folder}/mine", f"{suite.wheel}/{PROJECT}/playbooks/rust"]


@pytest.mark.parametrize(
    ("noted", "commit"),
    [
        ({"url": "https://host/suite", "vcs_info": {"vcs": "git", "commit_id": "f" * 40}}, "f" * 7),
        ({"url": "file:///srv/suite", "dir_info": {}}, ""),
        (None, ""),
    ],
)
def test_the_package_knows_the_commit_that_an_installer_has_noted(
    suite: Installed, noted: dict[str, object] | None, commit: str
) -> None:
    (information,) = suite.wheel.glob("*.dist-info")
    file = information / "direct_url.json"
    if noted is not None:
        file.write_text(json.dumps(noted))
    ask = "from noetl_acceptance.evidence.commit import current_commit; print(current_commit())"
    told = suite.python("-c", ask)
    file.unlink(missing_ok=True)
    assert (told.stdout.strip(), told.stderr) == (commit, "")
