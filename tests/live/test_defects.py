"""A seeded defect turns a feature red on the real NoETL, and all that the run leaves names it.

That each of them is caught is shown by ``make mutants``.
"""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest

from noetl_acceptance.evidence import report, results
from noetl_acceptance.evidence.rejudge import judge_folder
from tests.live.on_pairs import run_behave
from tests.mutants.defects import named
from tests.mutants.making import make_pair

SMOKE = ("features/smoke.feature", "--tags=not @C26 and not @C05")
"""The scenarios that judge the one execution of 200 travelers, and few others."""


def test_a_defect_turns_the_feature_red(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (defect,) = named(["requests-everyone-twice"])
    code, run = run_behave(tmp_path / "runs", make_pair(defect, tmp_path), *SMOKE)
    failed = [each for each in results.read(run) if each.verdict not in ("passed", "skipped")]
    assert code == 1
    assert {each.verdict for each in failed} == {"product"}, failed
    for row, words in defect.caught.items():
        messages = [each.reason for each in failed if row in each.rows]
        assert any(words in message for message in messages), (row, words, messages)
    page = unescape((run / report.FILE).read_text())
    assert all(words in page for words in defect.caught.values())
    assert len(list((run / "bundles").iterdir())) == len(failed)
    assert judge_folder(run, print) == 1
    assert "not as recorded" not in capsys.readouterr().out
