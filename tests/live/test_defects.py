"""Each seeded defect turns the smoke feature red on the real NoETL, by name."""

from __future__ import annotations

import os
import subprocess
from html import unescape
from pathlib import Path

import pytest

from noetl_acceptance.acceptance import behave_command
from noetl_acceptance.evidence import report, results
from noetl_acceptance.replay import judge_folder
from noetl_acceptance.settings import ROOT
from tests.live.defects import Defect, load_defects

SMOKE_ONLY = "not @C26 and not @C05"
"""The scenarios that judge the one execution of 200 travelers."""


def run_behave(folder: Path, pair: Path) -> tuple[int, Path]:
    """Run the smoke scenarios on a pair; return behave's exit code and the run's folder."""
    kind = os.environ.get("RED_SANDBOX", "embedded")
    selected = ("features/smoke.feature", f"--tags={SMOKE_ONLY}", "-D", f"playbooks={pair}")
    command = behave_command(kind, folder, *selected)
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert folder.exists(), f"behave left no run\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    (run,) = folder.iterdir()
    return done.returncode, run


@pytest.mark.parametrize("defect", load_defects(), ids=lambda defect: defect.name)
def test_a_defect_turns_the_feature_red(
    defect: Defect, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, run = run_behave(tmp_path / "runs", defect.make_pair(tmp_path))
    found = results.read(run)
    failed = [result for result in found if result.verdict not in ("passed", "skipped")]
    assert code == 1
    assert {result.verdict for result in failed} == {"product"}, failed
    for row, words in defect.caught.items():
        messages = [result.reason for result in failed if row in result.rows]
        assert any(words in message for message in messages), (row, words, messages)
    (page,) = (tmp_path / "runs").glob(f"*/{report.FILE}")
    assert all(words in unescape(page.read_text()) for words in defect.caught.values())
    assert len(list((run / "bundles").iterdir())) == len(failed)
    assert judge_folder(run, print) == 1
    assert "not as recorded" not in capsys.readouterr().out
