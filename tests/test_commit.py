"""The commit that a run tells."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from noetl_acceptance.evidence import commit
from noetl_acceptance.evidence.commit import current_commit


def test_a_commit_is_as_long_in_every_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (told := current_commit()):
        pytest.skip("no checkout of git")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.abbrev")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "12")
    assert current_commit() == told
    assert len(told.removesuffix("+")) == 7


@pytest.mark.parametrize(
    ("file", "differs"),
    [("steps/new.py", True), ("features/x.feature", False), ("notes.txt", False)],
)
def test_a_new_file_that_a_run_reads_is_told(
    file: str, differs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "ROOT", tmp_path)
    for folder in ("steps", "features"):
        (tmp_path / folder).mkdir()
    (tmp_path / "features" / "x.feature").touch()
    who = ("-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "all")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / file).touch()
    assert current_commit().endswith("+") is differs
