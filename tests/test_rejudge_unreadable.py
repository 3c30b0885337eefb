"""A folder that cannot be judged again: one line says why."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kept_run import healthy, judged


def truncate(folder: Path) -> None:
    (file,) = (folder / "executions").iterdir()
    file.write_bytes(file.read_bytes()[:1000])


def no_json(folder: Path) -> None:
    (file,) = (folder / "executions").iterdir()
    file.write_bytes(gzip.compress(b'{"execution_id": 1}'))


def no_record(folder: Path) -> None:
    for file in (folder / "executions").iterdir():
        file.unlink()


def no_folder(folder: Path) -> None:
    no_record(folder)
    (folder / "executions").rmdir()
    (folder / "executions").touch()


def unknown_check(folder: Path) -> None:
    file = folder / "judgements.json.gz"
    text = gzip.decompress(file.read_bytes()).replace(b"rows-by-outcome", b"rows-by-nothing")
    file.write_bytes(gzip.compress(text))


def broken_results(folder: Path) -> None:
    (folder / "results.json").write_text("{")


def broken_judgements(folder: Path) -> None:
    (folder / "judgements.json.gz").write_bytes(b"no gzip")


def nothing_judged(folder: Path) -> None:
    (folder / "judgements.json.gz").unlink()


def no_run(folder: Path) -> None:
    (folder / "figures.json").unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (truncate, ".json.gz cannot be read: Compressed file ended"),
        (no_json, ".json.gz cannot be read: execution_id: Input should be a valid string - "),
        (no_folder, "/executions cannot be read: Not a directory"),
        (no_record, "no record of execution 7"),
        (unknown_check, "there is no check rows-by-nothing"),
        (broken_results, "results.json cannot be read: Invalid JSON: EOF while parsing an object"),
        (broken_judgements, "judgements.json.gz cannot be read: Not a gzipped file"),
        (nothing_judged, "nothing was judged in "),
        (no_run, "/run has no figures.json: its run has not ended - "),
    ],
)
def test_what_cannot_be_read_is_one_line(
    damage: Callable[[Path], None],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = healthy(tmp_path)
    damage(folder)
    code, told = judged(folder, capsys)
    errors = [line for line in told.splitlines() if line.startswith("error: ")]
    assert code == 2
    assert len(errors) == 1
    assert words in errors[0]


def test_no_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = judged(tmp_path / "nowhere", capsys)
    assert (code, len(told.splitlines())) == (2, 1)


def test_a_check_that_is_no_check_of_ours_is_not_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = healthy(tmp_path)
    file = folder / "judgements.json.gz"
    text = gzip.decompress(file.read_bytes()).replace(b"rows-by-outcome", b"..errors.SuiteError")
    file.write_bytes(gzip.compress(text))
    code, told = judged(folder, capsys)
    assert code == 2
    assert "there is no check" in told
