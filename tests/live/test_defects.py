"""Each seeded defect turns the smoke feature red on the real NoETL, by name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from noetl_acceptance.acceptance import behave_command
from noetl_acceptance.evidence import results
from noetl_acceptance.settings import ROOT
from tests.live.defects import Defect, load_defects

SMOKE_ONLY = "not @C26 and not @C05"
"""The scenarios that judge the one execution of 200 travelers."""


def run_behave(folder: Path, pair: Path) -> tuple[int, list[results.ScenarioResult]]:
    """Run the smoke scenarios on a pair; return behave's exit code and the results."""
    kind = os.environ.get("RED_SANDBOX", "embedded")
    selected = ("features/smoke.feature", f"--tags={SMOKE_ONLY}", "-D", f"playbooks={pair}")
    command = behave_command(kind, folder, *selected)
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    found = [result for run in folder.glob("*") for result in results.read(run)]
    assert found, f"behave left no results\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.returncode, found


@pytest.mark.parametrize("defect", load_defects(), ids=lambda defect: defect.name)
def test_a_defect_turns_the_feature_red(defect: Defect, tmp_path: Path) -> None:
    code, found = run_behave(tmp_path / "runs", defect.make_pair(tmp_path))
    failed = [result for result in found if result.verdict not in ("passed", "skipped")]
    assert code == 1
    assert {result.verdict for result in failed} == {"product"}, failed
    for row, words in defect.caught.items():
        messages = [result.reason for result in failed if row in result.rows]
        assert any(words in message for message in messages), (row, words, messages)
