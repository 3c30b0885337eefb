"""A command of the suite in a process of its own, forked from one that has its modules loaded.

Half a second of a processor is the start of Python, behave and the suite; most tests of whole
commands need nothing of that.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.preloaded"])


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    stdout: str
    stderr: str


def run(
    module: str, *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Ended:
    """Run ``python -m module arguments`` in a folder and wait for its end.

    Args:
        module: the name of a module or package.
        arguments: its arguments.
        folder: the working folder.
        environment: all its variables; those of this process if none are given.

    What a start of Python decides (its encodings, which modules are loaded) is the first process's:
    a test of that starts its own.
    """
    variables = dict(os.environ if environment is None else environment)
    with tempfile.TemporaryDirectory() as place:
        told = [Path(place) / name for name in ("stdout", "stderr")]
        for each in told:
            each.touch()
        process = SERVER.Process(target=_run, args=(module, arguments, folder, variables, told))
        process.start()
        process.join()
        assert process.exitcode is not None
        return Ended(process.exitcode, *(each.read_text() for each in told))


def _run(
    module: str,
    arguments: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    told: Sequence[Path],
) -> None:
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    for stream, file in zip((sys.stdout, sys.stderr), told, strict=True):
        os.dup2(os.open(file, os.O_WRONLY), stream.fileno())
    sys.argv = [module, *arguments]
    sys.modules.pop(f"{module}.__main__", None)  # runs as the main program now
    runpy.run_module(module, run_name="__main__", alter_sys=True)
