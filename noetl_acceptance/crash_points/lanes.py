"""Carries a sweep out on several sandboxes side by side, one process each."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from noetl_acceptance.conformance.faults.sweep_results import read_sweep
from noetl_acceptance.crash_points.sweeping import Task, rest
from noetl_acceptance.model.wording import counted
from noetl_acceptance.orchestration.behave_processes import (
    end_with_all,
    ending_all,
    start,
    suite_command,
)
from noetl_acceptance.support.console import Console


def run_lanes(
    arguments: Sequence[str], lanes: int, tasks: Sequence[Task], file: Path, console: Console
) -> int:
    """Carry trials out in lanes; each adds to the file what it has found.

    Args:
        arguments: of the command, without its lanes.
        lanes: how many, at least 2.
        tasks: the trials that are to do.
        file: of the sweep; what the lanes print stays beside it.
        console: tells how far they are.

    Returns:
        The first exit code that is not 0; else 0.

    Raises:
        KeyboardInterrupt: a signal has asked for the end, and all of them have ended.
    """
    before, began = read_sweep(file).ended, time.monotonic()
    running: list[subprocess.Popen[bytes]] = []

    def tell() -> str:
        done = read_sweep(file).ended - before
        return progress(done, len(tasks), time.monotonic() - began)

    with console.phase(counted(lanes, "lane"), tell=tell):
        with ending_all(running):
            for number in range(1, lanes + 1):
                command = suite_command("sweep", *arguments, "--lane", f"{number}/{lanes}")
                running.append(start(command, Path.cwd(), log_of(file, number)))
        codes = end_with_all(running)
    for number, code in enumerate(codes, start=1):
        if code:
            console.say(f"lane {number} ended with {code}: {_last_line(log_of(file, number))}")
    return next((code for code in codes if code), 0)


def progress(done: int, wanted: int, passed: float) -> str:
    """Return in words how far the lanes are, and how long the rest may take.

    Args:
        done: how many trials have ended.
        wanted: how many there are.
        passed: the seconds that it took.
    """
    if not done:
        return f"0/{wanted}"
    return f"{done}/{wanted}, {rest(passed / done * (wanted - done))}"


def log_of(file: Path, lane: int) -> Path:
    """Return where a lane's output goes."""
    return file.with_suffix(f".lane-{lane}.log")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    told = next((line for line in reversed(lines) if line.strip()), "it has told nothing")
    return f"{told} (see {log})"
