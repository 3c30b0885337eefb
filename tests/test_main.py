"""The command line as a program: completion, colours, start-up, its two names."""

from __future__ import annotations

import io
import os
import pty
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from noetl_acceptance.cli.command import Command
from noetl_acceptance.cli.main import COMPLETION, commands, main
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.program import PROGRAM, installed

COMMANDS = sorted(commands.commands)


DRY = ("--dry-run", "--format=pretty", "features/smoke.feature")


def example(name: str) -> str:
    command = commands.commands[name]
    assert isinstance(command, Command)
    return command.example


@pytest.mark.parametrize("arguments", [["options"], ["--help"]], ids=" ".join)
def test_a_reader_who_has_seen_enough_is_no_error(arguments: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "noetl_acceptance", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as told:
        assert told.stdout is not None
        told.stdout.close()
        assert told.stderr is not None
        assert told.stderr.read() == b""
    assert told.returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c_ends_each_command_in_one_line(
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands.commands[command], "callback", interrupted)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(example(command))
    for folder in (word for word in words if word.startswith("runs/")):
        (tmp_path / folder).mkdir(parents=True)
    assert main(words) == 130
    assert capsys.readouterr().err == "interrupted: everything is taken down\n"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ac"], ["acceptance"]),
        (["bench", "--only", "smoke,a"], ["smoke,attach"]),
        (["up", "-D", "work"], ["workers=", "worker-inflight="]),
        (["judge", "runs/x"], ["runs/x"]),
        (["run", "-D", "x=y", "features/s"], ["features/s"]),
    ],
    ids=" ".join,
)
def test_a_shell_completes_commands_and_their_values(
    words: list[str],
    offered: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(COMPLETION, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", shlex.join([PROGRAM, *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    assert main([]) == 0
    told = capsys.readouterr().out.split()
    assert [line.partition(",")[2] for line in told] == offered


def test_the_script_for_a_shell_completes_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(COMPLETION, "zsh_source")
    assert main([]) == 0
    assert f"#compdef {PROGRAM}\n" in capsys.readouterr().out


SLOW = ("behave", "docker", "httpx", "psycopg", "pydantic", "rich", "testcontainers", "yaml")


@pytest.mark.parametrize("arguments", [["--help"], ["options"], ["bench", "--help"]], ids=" ".join)
def test_what_needs_no_library_loads_none(arguments: list[str]) -> None:
    code = f"""
import sys
from noetl_acceptance.cli.main import main
main(sys.argv[1:])
sys.exit(" ".join({set(SLOW)} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == ""


def test_it_goes_by_both_names_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ImportError('somebody else's')")
    (tmp_path / "link").symlink_to(installed(PROGRAM))
    told = [
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
        for command, folder in [
            (["./link", "--help"], tmp_path),
            ([str(installed(PROGRAM)), "--help"], ROOT),
            ([sys.executable, "-m", "noetl_acceptance", "--help"], ROOT),
        ]
    ]
    assert told[0].startswith(f"Usage: {PROGRAM} ")
    assert told == [told[0]] * 3


@pytest.mark.parametrize("variable", ["NO_COLOR", "TERM"])
@pytest.mark.parametrize("arguments", [["--help"], ["run", *DRY], ["nosuch"]], ids=" ".join)
def test_who_wants_no_colours_gets_none(arguments: list[str], variable: str) -> None:
    terminal, other = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "noetl_acceptance", *arguments],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color", variable: "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=other,
        stderr=other,
    )
    os.close(other)
    told = b""
    with suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as screen:  # EIO is its end
        while part := screen.read(1024):
            told += part
    process.wait()
    assert told
    assert b"\x1b[" not in told


def test_a_terminal_that_lacks_a_character_gets_a_mark_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main(["options"]) == 0
    assert b"| ? |" in written.getvalue()
