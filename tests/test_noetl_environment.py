"""An environment takes the packages of another over, and leaves that one as it is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from noetl_acceptance.sandbox.builds.noetl_environment import newest, take_over


def environment(place: Path, key: str, python: str = "python3.13", used: int = 0) -> Path:
    packages = place / f"{key}-1a2b3c" / "lib" / python / "site-packages"
    for name in ("noetl", "teapot"):
        (packages / name / "__pycache__").mkdir(parents=True)
        (packages / name / "__init__.py").write_text(key)
        (packages / name / "__pycache__" / "__init__.pyc").write_text("byte code")
    (packages / "_virtualenv.py").write_text(key)
    marker = place / f"{key}.json"
    marker.write_text(json.dumps({"package": str(packages / "noetl")}))
    os.utime(marker, (used, used))
    return packages


def new(place: Path, python: str = "python3.13") -> Path:
    packages = place / "new" / "lib" / python / "site-packages"
    packages.mkdir(parents=True)
    (packages / "_virtualenv.py").write_text("new")
    return packages


def test_the_one_that_was_used_last_is_taken(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    environment(tmp_path, "2.8.5", used=1)
    last = environment(tmp_path, "2.8.9", used=3)
    environment(tmp_path, "2.9.0", used=2)
    assert newest(tmp_path) == last


def test_one_that_is_gone_is_not_taken(tmp_path: Path) -> None:
    there = environment(tmp_path, "2.8.5", used=1)
    gone = environment(tmp_path, "2.8.9", used=2)
    gone.rename(tmp_path / "elsewhere")
    assert newest(tmp_path) == there


def test_packages_come_with_their_byte_code_and_the_other_stays(tmp_path: Path) -> None:
    old = environment(tmp_path, "2.8.5")
    packages = new(tmp_path)
    take_over(old, tmp_path / "new")
    assert (packages / "teapot" / "__pycache__" / "__init__.pyc").read_text() == "byte code"
    assert not (packages / "noetl").exists()  # it may be a build that was changed by hand
    assert (packages / "_virtualenv.py").read_text() == "new"
    module = packages / "teapot" / "__init__.py"
    module.unlink()  # as an installer does
    module.write_text("2.9.0")
    assert (old / "teapot" / "__init__.py").read_text() == "2.8.5"


def test_nothing_is_taken_from_another_python(tmp_path: Path) -> None:
    old = environment(tmp_path, "2.8.5", python="python3.12")
    packages = new(tmp_path)
    take_over(old, tmp_path / "new")
    assert [each.name for each in packages.iterdir()] == ["_virtualenv.py"]


def test_where_files_cannot_be_linked_nothing_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **_named: object) -> None:
        raise OSError("another file system")

    old = environment(tmp_path, "2.8.5")
    packages = new(tmp_path)
    monkeypatch.setattr(os, "link", refuse)
    take_over(old, tmp_path / "new")
    assert list(packages.iterdir()) == []
