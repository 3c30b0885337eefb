"""What is made of the package index's answers."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from noetl_acceptance.errors import UnusableBuildError, UsageError
from noetl_acceptance.sandbox.builds import package_index
from noetl_acceptance.sandbox.builds.package_index import released, wheel_of


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, str]]:
    given: list[tuple[int, str, str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, *given[0])

    monkeypatch.setattr(package_index, "run_in_time", run)
    monkeypatch.setattr(package_index, "find_python", lambda _: Path("python3"))
    return given


def test_releases_with_a_server_are_told_the_oldest_first(
    answers: list[tuple[int, str, str]],
) -> None:
    versions = '["5.3.2", "4.26.0", "4.0.0rc1", "2.10.0", "2.9.0", "0.1.38", "tea"]'
    answers.append((0, f'notice: pip is old\n{{"name": "noetl", "versions": {versions}}}', ""))
    assert released() == ["2.9.0", "2.10.0", "4.26.0"]


def test_an_index_that_cannot_be_reached_is_told(answers: list[tuple[int, str, str]]) -> None:
    answers.append((1, "", "Connection refused"))
    with pytest.raises(UsageError, match="the package index could not be reached for noetl"):
        released()


@pytest.mark.parametrize(
    "output",
    ["ERROR: No matching distribution found for noetl", "pip was not found in the registry"],
)
def test_an_index_that_lists_nothing_is_not_told_as_an_installation(
    output: str, answers: list[tuple[int, str, str]]
) -> None:
    answers.append((1, "", output))
    with pytest.raises(UsageError, match="does not tell NoETL's releases") as told:
        released()
    assert not isinstance(told.value, UnusableBuildError)


def test_a_wheel_is_told_by_its_name_and_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "noetl-2.8.9-py3-none-any.whl"
    file.write_bytes(b"a cold cup")
    assert wheel_of(file) == (file.name, hashlib.sha256(b"a cold cup").hexdigest())
