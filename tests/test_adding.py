"""The examples of docs/how-to/add.md do what the page says, at the level that needs no sandbox."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.checks import ledger
from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.conformance.scenarios import (
    deviation_faults,
    scenarios_of,
    tag_faults,
)
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.builds import noetl_build
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.verdict.claims import load_contract
from noetl_acceptance.verdict.known_deviations import RecordedDeviations, load_deviations
from tests.test_recorded import recorded

PAGE = (ROOT / "docs" / "how-to" / "add.md").read_text()
NEEDED = (
    "deviations",
    "environment.py",
    "features",
    "noetl_acceptance",
    "playbooks",
    "pyproject.toml",
    "requirements",
    "scripts",
    "steps",
    "tests",
)


def examples() -> list[tuple[str, str]]:
    """The file that each block names, and the block."""
    return re.findall(r"^```\w+ file=(\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout into which the examples have been put."""
    copy = tmp_path_factory.mktemp("adding")
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name)  # and its byte code, which saves seconds
        elif source.exists():
            shutil.copy(source, copy)
    for name, text in examples():
        before = (copy / name).read_text() if (copy / name).exists() else ""
        (copy / name).write_text(("" if before.strip() == "[]" else before) + text)
    return copy


def run(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_kind_of_addition_has_an_example() -> None:
    places = {name.split("/")[0] for name, _ in examples()}
    assert places >= {
        "deviations",
        "features",
        "noetl_acceptance",
        "tests",
        "steps",
        "requirements",
    }


def test_the_scenarios_pass_a_dry_run_and_the_linter(checkout: Path) -> None:
    told = run(checkout, "behave", "--dry-run", "--no-color", "features/example.feature")
    assert told.splitlines()[-1].startswith("dry run: 2 scenarios with ")
    assert "undefined" not in told
    run(checkout, "behave_format", "--check", "features/example.feature")


def test_the_scenarios_are_tagged_as_the_contract_wants(checkout: Path) -> None:
    scenarios = scenarios_of(read_features(checkout / "features"), [])
    assert [each.rows for each in scenarios if each.feature == "example"] == [
        ("C03", "C26"),
        ("P4",),
    ]
    assert tag_faults(load_contract(), scenarios) == []


def test_the_check_passes_its_own_test_and_is_missed_by_no_property(checkout: Path) -> None:
    before = "rows and stored and before and answers"
    words = f"test_row_times or every_check or rows_are_stored_before or ({before})"
    told = run(checkout, "pytest", "tests/test_row_times.py", "tests/properties", "-k", words)
    assert "4 passed" in told


def test_the_code_passes_the_linter(checkout: Path) -> None:
    code = [name for name, _ in examples() if name.endswith(".py")]
    run(checkout, "ruff", "check", *code)
    run(checkout, "ruff", "format", "--check", *code)


def test_the_release_gets_a_lock_and_is_taken(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = checkout / ".venv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    # An index cannot be asked here: what uv is asked for is written where its answer would be.
    uv.write_text('#!/bin/sh\nfor last; do :; done\ncp "$last" "${last%.in}.txt"\n')
    uv.chmod(0o755)
    subprocess.run([checkout / "scripts" / "lock.sh"], check=True)
    monkeypatch.setattr(noetl_build, "ROOT", checkout)
    build = NoetlBuild.of("2.8.4")
    assert build.requirement == "noetl==2.8.4"
    assert build.lock == checkout / "requirements" / "noetl-2.8.4.txt"
    assert build.requirement in build.lock.read_text()


def shown(checkout: Path, release: str, execution: str) -> list[str]:
    """Judge a recorded execution in the example's scenario; what its deviation left unseen.

    Raises AssertionError for a finding that is not recorded.
    """
    deviations = load_deviations(checkout / "deviations" / "deviations.yaml")
    scenario = "Every seeded traveler in range has a row"
    expected = RecordedDeviations.of(scenario, {"noetl": release}, deviations)
    session = SimpleNamespace(evidence=Evidence(checkout, Figures()), pace=1.0)
    context = SimpleNamespace(session=session, deviations=expected, not_judged=[], judgements=[])
    judge(context, ledger.nothing_missing, recorded(execution))
    return expected.unseen()


def test_the_deviation_takes_the_finding_it_records_and_no_other(checkout: Path) -> None:
    assert shown(checkout, "2.8.9", "drops-one-row") == []
    assert shown(checkout, "2.8.9", "healthy") == [
        "recorded deviation loses-traveler-50 did not show row-missing"
    ]
    assert shown(checkout, "2.8.10", "healthy") == []
    with pytest.raises(AssertionError, match="row-missing"):
        shown(checkout, "2.8.10", "drops-one-row")


def test_the_deviation_shows_in_its_row_of_the_page(checkout: Path) -> None:
    deviations = load_deviations(checkout / "deviations" / "deviations.yaml")
    scenarios = scenarios_of(read_features(checkout / "features"), [])
    assert deviation_faults(deviations, scenarios) == []
