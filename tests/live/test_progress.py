"""What a real run shows while it goes on: on a terminal, and where there is none."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import ROOT
from tests.live.test_lifecycle import KINDS

SLOW = (
    "features/batch_order.feature",
    "--name=The batches keep their order when the first one is slow",
)
"""A scenario whose execution takes more than 20 seconds."""

SIZE = (24, 100)
"""Rows and columns of the terminal."""

LIVE = re.compile(r"\[\d+ s( of \d+ s)?\] ")


def printed(descriptor: int) -> Iterator[str]:
    """Yield what a process prints, as it comes, until it ends."""
    while True:
        try:
            read = os.read(descriptor, 65536)
        except OSError:  # how a terminal says that nobody is left
            return
        if not read:
            return
        yield read.decode(errors="replace")


def run(kind: str, folder: Path, output: int, **variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        behave_command(kind, folder / "runs", *SLOW),
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_terminal_no_silence_is_longer_than_fifteen_seconds(
    kind: str, tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    process = run(kind, tmp_path, writer)
    os.close(writer)
    last, silences, text = time.monotonic(), [0.0], ""
    for part in printed(reader):
        silences.append(time.monotonic() - last)
        last, text = time.monotonic(), text + part
    os.close(reader)
    assert process.wait(60) == 0, text
    assert max(silences) < 15
    assert re.search(r"^  \[\d+ s of \d+ s\] execution: \d/3 batches done, ", text, re.MULTILINE)
    assert "\x1b" not in text


def test_on_a_terminal_the_live_line_leaves_behaves_own_output_whole(tmp_path: Path) -> None:
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    process = run("embedded", tmp_path, writer, TERM="xterm")
    os.close(writer)
    text = "".join(printed(reader))
    os.close(reader)
    assert process.wait(60) == 0, text
    assert re.search(r"execution: [01]/3 batches done, ", text)
    assert re.search(r"bringing up|waiting for", text)
    shown = screen(text)
    assert [line for line in shown if LIVE.search(line)] == []
    steps = [line.strip() for line in shown if re.match(r" +(Given|When|Then|And) ", line)]
    assert len(steps) == len(set(steps)) > 3
    scenario = next(n for n, line in enumerate(shown) if "Scenario: " in line)
    behaves_own = shown[scenario : scenario + 1 + len(steps)]
    assert [line.strip() for line in behaves_own[1:]] == steps


def screen(text: str) -> list[str]:
    """Return the lines of a terminal, those that have left it above as well, after a text."""
    lines = [""]
    row = column = 0
    for part in re.findall(r"\x1b\[[\d;]*[A-Za-z]|.", text, re.DOTALL):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r":
            column = 0
        elif part.endswith("A") and part[0] == "\x1b":
            row = max(0, row - int(part[2:-1] or 1))
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part[0] != "\x1b":
            lines[row] = f"{lines[row][:column]:{column}}{part}{lines[row][column + 1 :]}"
            column += 1
    return [line.rstrip() for line in lines]
