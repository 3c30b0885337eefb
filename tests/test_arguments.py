"""The suite's own command line: from any folder, with any wrong argument, cut off by its reader."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from noetl_acceptance.bdd.entry import found_from
from noetl_acceptance.cli.command import RunFolder
from noetl_acceptance.cli.main import commands, main
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.program import PROGRAM
from tests.test_main import COMMANDS, example

# --- from another folder than the root


@pytest.mark.parametrize("folder", ["a", "b/c"])
def test_features_of_the_working_folder_come_before_those_of_the_checkout(
    tmp_path: Path, folder: str
) -> None:
    caller = tmp_path / folder
    (caller / "features").mkdir(parents=True)
    (caller / "features" / "own.feature").touch()
    (caller / "list.txt").touch()
    for given, name in [
        ("features/own.feature", "features/own.feature"),
        ("features/own.feature:12", "features/own.feature:12"),
        ("@list.txt", "list.txt"),
    ]:
        (found,) = found_from(caller, given)
        assert found.startswith("@") == given.startswith("@")
        assert (ROOT / found.removeprefix("@")).resolve() == caller / name
    for given in ("features/smoke.feature:3", "features/none.feature", "@none.txt"):
        assert found_from(caller, given) == [given]


def test_a_list_holds_features_of_its_own_folder_and_of_the_suite(tmp_path: Path) -> None:
    (tmp_path / "own.feature").touch()
    (tmp_path / "list.txt").write_text("# failed\nown.feature:2\n\nfeatures/smoke.feature:3\n")
    (tmp_path / "below").mkdir()
    own, smoke = found_from(tmp_path / "below", "@../list.txt")
    assert (ROOT / own).resolve() == tmp_path / "own.feature:2"
    assert smoke == "features/smoke.feature:3"


def test_run_goes_on_in_the_checkout_and_writes_where_it_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["--dry-run", "--no-summary", "--format=plain", "--outfile=told.txt"]
    assert main(["run", *given, "features/smoke.feature"]) == 0
    assert "Feature: Smoke test" in (tmp_path / "told.txt").read_text()
    assert Path.cwd() == tmp_path
    assert capsys.readouterr().err == ""


def test_a_run_folder_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    find = RunFolder().convert
    assert find("own", None, None).resolve() == tmp_path / "own"
    assert find("docs", None, None) == ROOT / "docs"


def test_plain_behave_says_where_to_go(tmp_path: Path) -> None:
    told = subprocess.run(  # what a process has loaded before is what this is about
        [sys.executable, "-m", "behave", str(ROOT / "features" / "smoke.feature")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "Traceback" not in told.stdout + told.stderr
    last = told.stdout.splitlines()[-1]
    assert f"cd {shlex.quote(str(ROOT))}" in last
    assert f"{PROGRAM} run FEATURES" in last


# --- wrong arguments


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--name", "(a b"],
            r"--name=(a b is not a regular expression",
        ),
        (["--exclude", "["], "--exclude=[ is not a regular expression"),
        (["--include", "["], "--include=[ is not a regular expression"),
        (["--tags", "a and"], "--tags=a and is not a tag expression: Syntax error."),
        (["--format", "nosuch"], "--format=nosuch cannot be used"),
        (["--format", "no.such:Class"], "--format=no.such:Class cannot be used"),
        (["--lang", "xx"], "--lang=xx is not a language"),
        (["--bogus"], "unrecognized arguments: --bogus - `behave --help` lists"),
        (["-D"], "argument -D/--define: expected one argument"),
        (["-D", "bogus=1"], "unknown option -D bogus"),
        (["-D", "workers=x"], "-D workers=x is not usable"),
    ],
)
def test_a_wrong_argument_of_behaves_is_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"error: {words}")
    assert " - " in told.err
    assert told.err.count("\n") == 1


def test_a_name_is_told_as_it_would_have_to_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--name", "a (b's"]) == 2
    assert shlex.split(capsys.readouterr().err.split(" give ")[1]) == [r"--name=a \(b's"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nosuch"],
        ["options", "x"],
        ["acceptance", "--sandbox", "nix"],
        ["bench", "--only", "x"],
        ["bench", "--runs", "0"],
        ["repeat", "--times", "x"],
        ["repeat", "--load", "-1"],
        ["pages"],
        ["pages", "--write", "--check"],
        *([command] for command in ("annotate", "judge", "report", "results", "sql")),
        ["up", "-D", "x"],
        ["status", "x"],
        ["down", "--all", "one"],
    ],
    ids=" ".join,
)
def test_a_wrong_argument_of_ours_is_told_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert told.lower().startswith(f"usage: {PROGRAM}")
    assert "error: " in told
    assert re.search("--help` (has an example|lists the commands)", told)


@pytest.mark.parametrize("command", ["annotate", "judge", "report", "results"])
@pytest.mark.parametrize("folder", ["none", "", "README.md", "docs"])
def test_what_is_no_folder_of_a_run_is_one_line(
    command: str, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, folder]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 1


# --- help, and its reader


@pytest.mark.parametrize("command", COMMANDS)
def test_an_example_is_right_and_stands_in_the_help(
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, *words = shlex.split(example(command))
    assert name == command
    monkeypatch.chdir(tmp_path)
    for folder in (word for word in words if word.startswith("runs/")):
        (tmp_path / folder).mkdir(parents=True)
    commands.commands[command].make_context(command, words)
    for asked in ("--help", "-h"):
        assert main([command, asked]) == 0
        told = " ".join(capsys.readouterr().out.split())
        assert f"example: {PROGRAM} {example(command)}" in told
