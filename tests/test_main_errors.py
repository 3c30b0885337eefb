"""What becomes of a command's errors: its exit code, and the lines that are told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from noetl_acceptance.cli.main import commands, main
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import Figures, write_figures
from noetl_acceptance.evidence.results import ScenarioResult

FULL = Path("/dev/full")


def run_folder(folder: Path, verdict: str) -> str:
    folder.mkdir()
    write_figures(Figures(), folder)
    result = ScenarioResult("F", "S", "features/f.feature:1", ("C01",), verdict, reason="lost")
    results.write([result], folder)
    return str(folder)


def ended(
    arguments: Sequence[str], *, stdout: int, stderr: int | None = subprocess.PIPE
) -> tuple[int, str]:
    """Return the exit code of the program, and what it told on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "noetl_acceptance", *arguments],
        stdout=stdout,
        stderr=stdout if stderr is None else stderr,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr or ""


def unread() -> int:
    """Return the end of a pipe whose other end is closed."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize(("verdict", "code"), [("product", 1), ("passed", 0)])
def test_a_result_is_the_same_when_nobody_reads_it(verdict: str, code: int, tmp_path: Path) -> None:
    before, after = run_folder(tmp_path / "a", "passed"), run_folder(tmp_path / "b", verdict)
    writer = unread()
    assert ended(["compare", before, after], stdout=writer) == (code, "")
    assert ended(["compare", before, str(tmp_path / "c")], stdout=writer, stderr=None)[0] == 2
    os.close(writer)


def test_a_dry_run_is_the_same_when_nobody_reads_it() -> None:
    writer = unread()
    words = ["run", "--dry-run", "--format=plain", "features/smoke.feature"]
    assert ended(words, stdout=writer) == (0, "")
    os.close(writer)


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device here")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "a", "passed")
    for words in (["compare", run, run], ["run", "--dry-run", "features/smoke.feature"]):
        with FULL.open("w") as full:
            code, told = ended(words, stdout=full.fileno())
        assert code == 2
        assert told.startswith("error: standard output cannot be used: No space left on device - ")
        assert told.count("\n") == 1


def test_no_standard_output_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_folder(tmp_path / "a", "passed")
    monkeypatch.setattr("sys.stdout", None)
    assert main(["report", run]) == 0


def test_a_fault_of_ours_is_not_told_as_the_products(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def faulty() -> int:
        raise OSError("no file is named\nin here")

    monkeypatch.setattr(commands.commands["options"], "callback", faulty)
    assert main(["options"]) == 4
    first, second, *_ = capsys.readouterr().err.splitlines()
    assert first.startswith("error: an error of the suite's own: OSError: no file is named in here")
    assert second.startswith("Traceback")


@pytest.mark.parametrize(
    ("arguments", "command", "told"),
    [
        (["bisect", "--bad"], " bisect", "Option '--bad' requires an argument"),
        (["sweep"], " sweep", "Missing option '--service'. Choose from: worker, server"),
        (
            ["acceptance", "--lanes", "x"],
            " acceptance",
            "Invalid value for '--lanes': 'x' is not a valid whole number",
        ),
        (["nosuch"], "", "No such command 'nosuch'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_argument_names_its_command_in_one_line(
    arguments: list[str], command: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    usage, *errors = capsys.readouterr().err.splitlines()
    assert usage.startswith(f"Usage: noetl-acceptance{command} ")
    helps = "has an example" if command else "lists the commands"
    assert errors == [f"error: {told} - `noetl-acceptance{command} --help` {helps}"]
