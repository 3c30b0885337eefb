"""A forbidden import turns its contract red."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from noetl_acceptance.places import ROOT

FORBIDDEN = {
    "Imports go downwards": ("evidence/store.py", "import noetl_acceptance.execution.pool"),
    "Checks are pure": ("checks/columns.py", "import subprocess"),
    "The sandbox knows no traveler": (
        "sandbox/passwords.py",
        "import noetl_acceptance.model.record",
    ),
    "Containers and processes": (
        "sandbox/containers/control.py",
        "import noetl_acceptance.sandbox.local.control",
    ),
    "The profile API imports": ("profile_api/rules.py", "import noetl_acceptance.options"),
    "The proxy of the links": ("link_proxy/gate.py", "import noetl_acceptance.support.polling"),
    "Support stands": ("support/cgroups.py", "import noetl_acceptance.model.record"),
    "What talks to NoETL": ("noetl/api.py", "import noetl_acceptance.checks.ledger"),
    "Behave stays": ("conformance/scenarios.py", "import behave"),
    "Requests and records": ("model/request.py", "import noetl_acceptance.bdd.session"),
    "The verdict knows": ("verdict/weighing.py", "import behave"),
    "Nobody imports": ("options.py", "import noetl_acceptance.cli"),
}
"""For each contract, by the first words of its name: a module, and what it must not import."""


def contracts() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return [each["name"] for each in settings["contracts"]]


def test_every_package_but_the_glue_is_kept_from_behave() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = [each for each in settings["contracts"] if each["name"].startswith("Behave")]
    places = (ROOT / "noetl_acceptance").iterdir()
    packages = {place.stem for place in places if place.suffix == ".py" or place.is_dir()}
    wanted = packages - {"__init__", "__pycache__", "bdd"}
    assert contract["source_modules"] == sorted(f"noetl_acceptance.{each}" for each in wanted)


def test_a_forbidden_import_breaks_each_contract(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "noetl_acceptance", tmp_path / "noetl_acceptance")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, forbidden in FORBIDDEN.values():
        with (tmp_path / "noetl_acceptance" / module).open("a") as file:
            file.write(f"\n{forbidden}\n")
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    told = done.stdout.splitlines()
    for words in FORBIDDEN:
        (name,) = [each for each in contracts() if each.startswith(words)]
        assert f"{name} BROKEN" in told
    assert len(FORBIDDEN) == len(contracts())
