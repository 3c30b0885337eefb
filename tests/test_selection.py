"""What a run is refused for before it begins, and what is told of the features that were named."""

from __future__ import annotations

from pathlib import Path

import pytest
from behave.model_type import FileLocation
from behave.parser import parse_feature

from noetl_acceptance.bdd.selection import require_features, taken_otherwise
from noetl_acceptance.cli.main import main
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import writable_places
from noetl_acceptance.evidence.writable_places import require_writable
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.places import ROOT

SMOKE = "features/smoke.feature"

TEXT = """\
Feature: F

  Rule: R
    Scenario: first
      Given something

    @tag
    Scenario Outline: second <case>
      Given something

      Examples:
        | case |
        | a    |
        | b    |
"""


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    # The hooks of tests/broken, loaded into this process, put a stand-in in its place.
    monkeypatch.setattr(ConnectedSandbox, "open", ConnectedSandbox.__dict__["open"])


# --- lines


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        (9999, "f.feature:14, Scenario Outline: second b -- @1.2"),
        (5, "f.feature:4, Scenario: first"),
        (7, "f.feature:4, Scenario: first"),  # a tag stands before what it is for
        (2, "f.feature:1, Feature: F"),
        *[(line, "") for line in (0, 1, 3, 4, 8, 13, 14)],
    ],
)
def test_a_line_on_which_nothing_begins_is_told(line: int, taken: str) -> None:
    feature = parse_feature(TEXT, filename="f.feature")
    told = list(taken_otherwise([feature], [FileLocation("f.feature", line)]))
    assert told == ([f"f.feature:{line} is taken for {taken}"] if taken else [])


def test_a_run_tells_it_once_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--dry-run", "--format=null", f"{SMOKE}:9999"]) == 0
    told = capsys.readouterr()
    assert told.err.startswith(f"{SMOKE}:9999 is taken for {SMOKE}:")
    assert told.err.count("\n") == 1
    assert "dry run: 1 scenario with " in told.out


# --- a dry run


def test_a_dry_run_fails_nothing_and_says_that_nothing_ran(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "--dry-run", "--format=null"]) == 0
    told = capsys.readouterr().out
    assert "failed" not in told
    assert told.splitlines()[-1].endswith(", nothing was run")


def test_a_dry_run_tells_of_undefined_steps(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--dry-run", "--format=null", "tests/broken/suite"])
    assert capsys.readouterr().out.endswith(" steps, 1 of them undefined\n")


# --- refusals


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is told, in one line, of a run that cannot begin."""
    assert main(["run", *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0].removeprefix("error: ")


def test_a_folder_without_features_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, "docs").startswith("docs holds no .feature file - ")
    assert refused(capsys, SMOKE, str(tmp_path)).endswith(
        "holds no .feature file - give feature files, or folders of them"
    )
    assert "No steps directory in" in refused(capsys, str(tmp_path))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.feature"
    file.write_bytes(b"Feature: \xff")
    with pytest.raises(UsageError, match="it is not UTF-8 text"):
        require_features([], [FileLocation(str(file))])
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        require_features([], [FileLocation(str(tmp_path))])


def test_a_file_that_does_not_parse_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, "tests/broken/unparsable")
    assert "unparsable.feature" in told
    assert told.endswith(" - fix the file")


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["-D", "runs=FILE/runs"], "-D runs=FOLDER"),
        (["--junit", "--junit-directory=FILE"], "--junit-directory"),
        (["--outfile=FILE/told.txt", "--format=plain"], "--outfile"),
    ],
    ids=["runs", "reports", "output"],
)
def test_what_cannot_be_written_is_told_before_anything_starts(
    arguments: list[str], remedy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    told = refused(capsys, *(each.replace("FILE", str(file)) for each in arguments), SMOKE)
    assert told.startswith(str(file))
    assert remedy in told.partition(" - ")[2]


def test_the_suites_own_folder_is_asked_for_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(writable_places, "WORK", tmp_path / "file" / ".work")
    told = refused(capsys, "-D", f"runs={tmp_path}", SMOKE)
    assert told.startswith(f"{tmp_path}/file/.work cannot be written: ")


def test_a_sandbox_by_hand_is_refused_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["up", "-D", "sandbox=embedded", "-D", f"runs={tmp_path}/file/runs"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {tmp_path}/file/runs cannot be written: ")
    assert told.count("\n") == 1


def test_a_page_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(_: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(tmp_path / "report.html"))

    monkeypatch.setattr("noetl_acceptance.evidence.report.write_report", write)
    assert main(["report", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {tmp_path}/report.html cannot be used: Permission denied - ")
    assert told.count("\n") == 1


def test_a_folder_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    require_writable(tmp_path / "new", "")
    assert [each.name for each in tmp_path.rglob("*")] == ["new"]
