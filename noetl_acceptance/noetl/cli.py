"""NoETL's own command line, as a user runs it, with a home and a working folder of its own."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from noetl_acceptance.model.command_record import CliCall
from noetl_acceptance.model.playbooks import Playbook, PlaybookPair
from noetl_acceptance.noetl import cli_environment
from noetl_acceptance.noetl.api import RefusedError
from noetl_acceptance.places import WORK
from noetl_acceptance.sandbox.subprocesses import run
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.measuring import machine_pace
from noetl_acceptance.support.polling import REMEDY, StarvedError, told_starved
from noetl_acceptance.support.redaction import redacted
from noetl_acceptance.support.starvation import STARVED, Pace, pace_words

CONTEXT = "sandbox"
"""The name of the context that is made in the private home."""

CALL_SECONDS = 30.0
"""How long a command may take that only asks the server for something."""


class NoetlCli:
    """The program ``noetl`` with one server as its context.

    Its environment is made from nothing and its HOME is a folder of the run: the user's own
    contexts are neither read nor written.

    Args:
        program: the installed program.
        folder: its own place in the run's folder; gets ``home``, ``work`` (the working folder)
            and ``NN.json`` for each command.
        url: of the NoETL server that the context names.
        secrets: what stands in no record of a command, whatever it prints.
        pace: begins to measure that of the services which a command has to do with.

    Raises:
        RefusedError: the context could not be made.
    """

    def __init__(
        self,
        program: Path,
        folder: Path,
        url: str,
        secrets: Sequence[str] = (),
        pace: Callable[[], Pace] = machine_pace,
    ) -> None:
        self._program = program
        self._pace = pace
        self._secrets = secrets
        self._folder = folder
        self._home = folder / "home"
        self.work = folder / "work"
        self._home.mkdir(parents=True)
        self.work.mkdir()
        self._numbers = itertools.count(1)
        self.move_to(url)

    @classmethod
    def open(
        cls,
        folder: Path,
        url: str,
        console: Console,
        secrets: Sequence[str] = (),
        pace: Callable[[], Pace] = machine_pace,
    ) -> NoetlCli:
        """Return a command line of the locked release, installed when there is none yet.

        Raises:
            UsageError: it cannot be installed.
            RefusedError: the context could not be made.
        """
        return cls(cli_environment.ensure(WORK, console), folder, url, secrets, pace)

    def move_to(self, url: str) -> None:
        """Make a server the context's, in place of an earlier one.

        Raises:
            RefusedError: the context could not be made.
        """
        made = self.run("context", "add", CONTEXT, "--server-url", url, "--set-current")
        if made.exit_code != 0:
            raise RefusedError(f"no context could be made: {made.err[:500]}")

    def lay_out(self, pair: PlaybookPair) -> None:
        """Put the pair's files into the working folder, where the documents have them."""
        for playbook in (pair.worker, pair.parent):
            self.place(file_of(playbook), playbook.text)

    def place(self, name: str, text: str) -> None:
        """Put a file into the working folder.

        Args:
            name: below the working folder.
            text: all of it.
        """
        file = self.work / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def write_launcher(self) -> Path:
        """Make a program ``noetl`` for a shell, with the private home; return its folder."""
        folder = self._folder / "bin"
        folder.mkdir()
        launcher = folder / "noetl"
        home, program = (shlex.quote(str(path.absolute())) for path in (self._home, self._program))
        launcher.write_text(f'#!/bin/sh\nHOME={home} exec {program} "$@"\n', encoding="utf-8")
        launcher.chmod(0o755)
        return folder

    def run(self, *arguments: str, seconds: float = CALL_SECONDS) -> CliCall:
        """Run a command in the working folder, record it and return what came of it.

        Args:
            arguments: of the program.
            seconds: after which the command is ended.

        Raises:
            StarvedError: it was ended, on a machine too slow to tell whose fault that is.
        """
        command = [str(self._program), *arguments]
        pace = self._pace()
        began = time.monotonic()
        code: int | None = None
        out = err = ""
        try:
            done = run(command, seconds=seconds, environment=self._environment(), folder=self.work)
        except subprocess.TimeoutExpired:
            pace.look()
            err = f"ended after {seconds:g} s ({pace_words(pace.value)})"
        else:
            code, out, err = done.returncode, done.stdout, done.stderr
        call = CliCall(
            arguments=arguments,
            exit_code=code,
            out=redacted(out, self._secrets),
            err=redacted(err, self._secrets),
            seconds=round(time.monotonic() - began, 3),
            ended_at=time.time(),
        )
        self._keep(call)
        if code is None and pace.value >= STARVED:
            raise StarvedError(told_starved(pace.value), REMEDY, f"noetl {arguments[0]}: {err}")
        return call

    def execute(
        self, path: str, values: Mapping[str, object], seconds: float = CALL_SECONDS
    ) -> tuple[CliCall, str]:
        """Start an execution in the distributed runtime, as the documents do.

        Args:
            path: the playbook's in the catalog.
            values: what is set instead of the playbook's own workload.
            seconds: how long the command may take; it does not wait for the execution.

        Returns:
            The command, and the id of the execution.

        Raises:
            RefusedError: the command failed, or told no id.
        """
        sets = itertools.chain.from_iterable(("--set", f"{k}={v}") for k, v in values.items())
        call = self.run("exec", f"catalog://{path}", "-r", "distributed", *sets, seconds=seconds)
        execution_id = started_id(call)
        if call.exit_code != 0 or execution_id is None:
            raise RefusedError(
                f"noetl exec told no execution (exit code {call.exit_code}): "
                f"{(call.err or call.out).strip()[-500:]}"
            )
        return call, execution_id

    def cancel(self, execution_id: str) -> CliCall:
        """Cancel an execution and the executions that it has started.

        Raises:
            RefusedError: the command failed.
        """
        call = self.run("cancel", execution_id, "--cascade", "--json")
        if call.exit_code != 0:
            raise RefusedError(
                f"noetl cancel failed (exit code {call.exit_code}): "
                f"{(call.err or call.out).strip()[-500:]}"
            )
        return call

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self._home),
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
        }

    def _keep(self, call: CliCall) -> None:
        document = {"command": ["noetl", *call.arguments], **call.model_dump(exclude={"arguments"})}
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (self._folder / f"{next(self._numbers):02}.json").write_text(text, encoding="utf-8")


def file_of(playbook: Playbook) -> str:
    """Return where the documents have a playbook's file, below the working folder."""
    return f"{playbook.path}/{playbook.path.rsplit('/', 1)[-1]}.yaml"


def started_id(call: CliCall) -> str | None:
    """Return the id of the execution that ``exec`` says it started; None when it says none."""
    found = re.search(r'"execution_id":\s*"(\d+)"', call.out)
    return found[1] if found else None
