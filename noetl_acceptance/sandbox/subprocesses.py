"""Commands that a bring-up runs to their end: docker, uv, initdb."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from noetl_acceptance.errors import SandboxError

GRACE_SECONDS = 5.0
"""How long an interrupted command may take to end by itself."""


def run(
    command: Sequence[str],
    *,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
    user: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process group of its own and return its output.

    A terminal's Ctrl-C does not reach the group; where it, or the time, ends the wait, the whole
    group is ended first, so that nothing goes on building or starting behind our back.

    Args:
        command: the program and its arguments.
        seconds: how long it may take.
        environment: all of its environment; this process's own when None.
        folder: its working folder.
        user: run as that user and group, without further groups.

    Raises:
        subprocess.TimeoutExpired: it took too long.
    """
    with subprocess.Popen(
        command,
        env=None if environment is None else dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            _end_group(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def run_in_time(
    command: Sequence[str],
    *,
    what: str,
    remedy: str,
    seconds: float,
    environment: Mapping[str, str],
    folder: str | Path | None = None,
    user: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command as ``run`` does, and tell what took too long.

    Args:
        command: the program and its arguments.
        what: it does, as the subject of a sentence.
        remedy: what helps where it takes too long.
        seconds: how long it may take.
        environment: all of its environment.
        folder: its working folder.
        user: run as that user.

    Raises:
        SandboxError: it took too long and was ended.
    """
    try:
        return run(command, seconds=seconds, environment=environment, folder=folder, user=user)
    except subprocess.TimeoutExpired:
        raise SandboxError(f"{what} took more than {seconds:.0f} s and was ended", remedy) from None


def _end_group(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
