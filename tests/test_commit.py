"""The commit that a run tells."""

from __future__ import annotations

import pytest

from noetl_acceptance.evidence.commit import current_commit


def test_a_commit_is_as_long_in_every_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (told := current_commit()):
        pytest.skip("no checkout of git")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.abbrev")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "12")
    assert current_commit() == told
    assert len(told.removesuffix("+")) == 7
