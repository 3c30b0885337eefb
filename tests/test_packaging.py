"""The project's own files: locks, licences, Makefile, README, bootstrap."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from noetl_acceptance.cli.main import commands, main
from noetl_acceptance.conformance.options_table import options_table
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.program import PROGRAM

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
TOOLS = ("bash", "cat", "cksum", "dirname", "env", "flock", "mkdir", "mktemp", "rm", "sed")
"""What the bootstrap needs up to where it looks for a Python; there is none among them."""


def pins(lock: Path) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE)
    return dict(found)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_by_hash_and_names_no_place(lock: Path) -> None:
    text = lock.read_text()
    blocks = re.findall(r"^[A-Za-z0-9].*(?:\n .*)*", text, re.MULTILINE)
    assert blocks
    assert [block for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []
    assert re.findall(r"^\s*-.*|\S*://\S*|file:\S*| /\S+", text, re.MULTILINE) == re.findall(
        r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$", text, re.MULTILINE
    )


def test_the_lock_for_development_holds_the_suites_own_pins() -> None:
    suite, dev = (pins(ROOT / "requirements" / name) for name in ("suite.txt", "dev.txt"))
    assert suite.items() <= dev.items()


def dependencies() -> list[str]:
    """What the package asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: list[str] = project["dependencies"]
    return found


RELEASES = sorted(file.stem for file in (ROOT / "requirements").glob("noetl-[0-9]*.in"))


@pytest.mark.parametrize("name", ["suite", "dev", "profile-api", *RELEASES])
def test_the_lock_is_up_to_date_with_what_was_asked_for(name: str) -> None:
    pinned = {key.lower(): value for key, value in pins(ROOT / f"requirements/{name}.txt").items()}
    lines = dependencies() if name in ("suite", "dev") else []
    if name != "suite":
        lines += (ROOT / f"requirements/{name}.in").read_text().splitlines()
    for line in lines:
        if line and not line.startswith(("#", "-")):
            asked = Requirement(line)
            assert asked.specifier.contains(pinned[asked.name.lower()]), line


@pytest.mark.parametrize("name", RELEASES)
def test_a_release_is_locked_with_what_noetl_needs_and_does_not_ask_for(name: str) -> None:
    lines = (ROOT / "requirements" / "noetl-additions.in").read_text().splitlines()
    for asked in (Requirement(line) for line in lines if not line.startswith("#")):
        assert asked.specifier.contains(pins(ROOT / f"requirements/{name}.txt")[asked.name])


def test_no_dependency_is_under_the_gpl() -> None:
    judged = {}
    for name in pins(ROOT / "requirements" / "dev.txt"):
        try:
            data = metadata(name)
        except PackageNotFoundError:  # a package for another system
            continue
        classifiers = [c for c in data.get_all("Classifier", []) if c.startswith("License")]
        stated = [*data.get_all("License-Expression", []), *data.get_all("License", [])]
        judged[name] = " ".join([*stated, *classifiers])
    assert [name for name, text in judged.items() if not text] == []
    copyleft = {name for name, text in judged.items() if re.search(r"GPL|Affero", text)}
    assert copyleft == {"psycopg", "psycopg-binary"}
    assert all("LGPL" in judged[name] for name in copyleft)


def test_the_package_can_be_read_by_an_installer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == ">=3.11"


def test_the_console_script_is_the_one_that_the_bootstrap_makes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {PROGRAM: f"{main.__module__}:{main.__name__}"}
    assert f'>"$scratch/venv/bin/{PROGRAM}"' in (ROOT / "scripts" / "bootstrap.sh").read_text()
    assert commands.name == PROGRAM


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text()
    found = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert found == set(phony[1].split())
    return found


def test_make_alone_lists_every_target() -> None:
    told = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^  make ([a-z]+) +\S", told.stdout, re.MULTILINE)) == targets()


def test_the_documents_name_only_targets_that_exist() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        text = document.read_text()
        assert set(re.findall(r"\bmake ([a-z]+)`", text)) <= targets(), document
        assert set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE)) <= targets(), document


def test_the_page_of_options_has_them_as_they_are() -> None:
    page = (ROOT / "docs" / "reference" / "options.md").read_text()
    table = re.search(r"<!-- options -->\n(.*?)\n<!-- /options -->", page, re.DOTALL)
    assert table is not None
    assert table[1].strip() == options_table()


def test_the_first_page_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize(
    "script", [ROOT / ".ci" / "run", *sorted((ROOT / "scripts").glob("*.sh"))], ids=lambda s: s.name
)
def test_a_script_is_whole_and_stops_at_the_first_error(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    assert script.stat().st_mode & 0o111
    assert re.search(r"^set -euo pipefail$", script.read_text(), re.MULTILINE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout, in a folder with a space in its name, with just what the bootstrap needs."""
    folder = tmp_path / "check out"
    (folder / "requirements").mkdir(parents=True)
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "requirements" / "dev.txt", folder / "requirements")
    shutil.copy(ROOT / "scripts" / "bootstrap.sh", folder / "scripts")
    return folder


def bootstrap(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the bootstrap on a machine that has no package index and only the tools named above."""
    tools = checkout.parent / "bin"
    tools.mkdir(exist_ok=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, tool
        if not (tools / tool).exists():
            (tools / tool).symlink_to(found)
    return subprocess.run(
        [checkout / "scripts" / "bootstrap.sh"],
        env={"PATH": str(tools), "HOME": str(checkout.parent), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def left_behind(checkout: Path) -> list[str]:
    return sorted(
        str(path.relative_to(checkout))
        for path in checkout.rglob("*")
        if path.name.startswith((".venv", "bootstrap.tmp"))
    )


def test_bootstrap_without_python_says_what_to_do(checkout: Path) -> None:
    result = bootstrap(checkout)
    assert result.returncode == 1
    assert result.stderr.startswith("bootstrap: no python3 on PATH - ")
    assert left_behind(checkout) == []


@pytest.mark.parametrize("python", ["/nowhere/python", "false"])
def test_bootstrap_refuses_a_named_python_that_is_not_recent(checkout: Path, python: str) -> None:
    result = bootstrap(checkout, PYTHON=python)
    assert result.returncode == 1
    assert f"PYTHON={python} is not a Python 3.11 or newer" in result.stderr
    assert left_behind(checkout) == []


def test_bootstrap_with_only_an_old_python_lists_where_it_looked(checkout: Path) -> None:
    tools = checkout.parent / "bin"
    tools.mkdir()
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = bootstrap(checkout)
    assert result.returncode == 1
    assert "no Python 3.11 or newer (looked at" in result.stderr.splitlines()[-1]
    assert "PYTHON=/path/to/python" in result.stderr.splitlines()[-1]
    assert left_behind(checkout) == []


def test_bootstrap_leaves_an_environment_that_is_up_to_date_alone(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    makers = ("requirements/dev.txt", "scripts/bootstrap.sh")
    text = b"".join((checkout / maker).read_bytes() for maker in makers)
    stamp = subprocess.run(["cksum"], input=text, capture_output=True, check=True).stdout
    (checkout / ".venv" / ".locked-by").write_bytes(stamp)
    result = bootstrap(checkout)
    assert (result.returncode, result.stderr) == (0, "")
    assert not (checkout / ".work").exists()
