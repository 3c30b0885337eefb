"""Runs behave in processes of their own, and waits until each has taken its sandbox down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from noetl_acceptance.options import PREFIX
from noetl_acceptance.places import INSTALLED
from noetl_acceptance.support.signals import STARTED_BY

_TAGS = ("-t", "--tags")
"""Behave's argument for tags, in both its forms."""

WAIT_SECONDS = 1.0
"""How long to wait in one go: a signal that comes just before a wait is heard at its end only."""


def _nothing() -> None:
    """Do nothing."""


def behave_command(kind: str, runs: Path, *arguments: str) -> list[str]:
    """Return the command that runs behave on a kind of sandbox, to be run from ``ROOT``.

    Args:
        kind: of sandbox.
        runs: where the run's folder is made.
        arguments: further ones for behave.
    """
    return [sys.executable, "-m", "behave", *on_sandbox(kind, runs), *arguments]


def run_command(*arguments: str) -> list[str]:
    """Return the command of the suite's own ``run``, whose exit code tells whose failure a run is.

    Args:
        arguments: for behave.
    """
    return suite_command("run", *arguments)


def suite_command(*arguments: str) -> list[str]:
    """Return the command of one of the suite's own commands.

    Args:
        arguments: the command's name and its arguments.
    """
    # -P: it may be run in the user's own folder, whose modules are none of ours.
    python = [sys.executable, *(["-P"] if INSTALLED or sys.flags.safe_path else [])]
    return [*python, "-m", "noetl_acceptance", *arguments]


def without_options(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment without the variables of the suite's options.

    What is recorded about releases, or measured, is to be the same whoever asks for it: such a run
    has the options that its command names, and no other.

    Args:
        environment: this process's own by default.
    """
    return {name: value for name, value in environment.items() if not name.startswith(PREFIX)}


def on_sandbox(kind: str, runs: Path) -> list[str]:
    """Return the options for a kind of sandbox, and for where the run's folder is made."""
    return ["-D", f"sandbox={kind}", "-D", f"runs={runs}"]


def start(
    command: Sequence[str],
    folder: Path,
    log: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> subprocess.Popen[bytes]:
    """Start a process of the suite, which ends in order where this one is killed.

    Args:
        command: as the functions here return it.
        folder: its working folder.
        log: where its output goes, anew; None for this process's own.
        environment: of the process; this one's own by default.
    """
    own = {**environment, STARTED_BY: str(os.getpid())}
    if log is None:
        return subprocess.Popen(command, cwd=folder, env=own)
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=folder, env=own, stdout=output, stderr=subprocess.STDOUT
        )


def end_with(process: subprocess.Popen[Any], meanwhile: Callable[[], None] = _nothing) -> int:
    """Wait for a behave process, as ``end_with_all`` does for several; return its exit code."""
    return end_with_all([process], meanwhile)[0]


def end_with_all(
    running: Sequence[subprocess.Popen[Any]], meanwhile: Callable[[], None] = _nothing
) -> list[int]:
    """Wait for behave processes, whatever signal comes, and return their exit codes.

    Each takes its sandbox down by itself: all are told of each signal at once, and then waited for.

    Args:
        running: processes of behave.
        meanwhile: called every ``WAIT_SECONDS``.

    Raises:
        KeyboardInterrupt: a signal has asked for the end, and all of them have ended.
    """
    interruption: KeyboardInterrupt | None = None
    told = True
    while True:
        try:
            if not told:  # in here, where a further signal is heard as well
                told = True
                for process in running:
                    process.terminate()
            for process in running:
                while process.returncode is None:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(WAIT_SECONDS)
                    meanwhile()
            break
        except KeyboardInterrupt as asked:
            interruption, told = asked, False
    if interruption is not None:
        raise interruption
    return [process.returncode for process in running]


@contextmanager
def ending_all(running: Collection[subprocess.Popen[Any]]) -> Iterator[None]:
    """End the processes that run, and wait for them, if what is inside raises anything."""
    try:
        yield
    except BaseException:
        for process in running:
            process.terminate()
        end_with_all(list(running))
        raise


def with_options(arguments: Sequence[str], *more: str) -> list[str]:
    """Return behave's arguments with further options, which win over those that are given.

    They stand before ``--``, after which behave takes everything for a path.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [*arguments[:end], *more, *arguments[end:]]


def options_in(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the options and tags among behave's arguments, without features and reports."""
    for argument, value in zip(arguments, [*arguments, ""][1:], strict=True):
        if argument in ("-D", "--define", *_TAGS):
            yield from (argument, value)
        elif argument.startswith(("-D", "--define=", *_TAGS)):
            yield argument
