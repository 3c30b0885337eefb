"""The whole command line: its commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from noetl_acceptance.cli import (
    conforming,
    crashing,
    doctor,
    exploring,
    recorded,
    running,
    upkeep,
)
from noetl_acceptance.cli.command import HELP
from noetl_acceptance.errors import AcceptanceError
from noetl_acceptance.support import signals
from noetl_acceptance.support.program import PROGRAM
from noetl_acceptance.support.streams import outlive_readers, spell_out
from noetl_acceptance.verdict.exit_codes import CODES

COMPLETION = "_NOETL_ACCEPTANCE_COMPLETE"
"""The variable by which a shell asks for completions; click's scripts for shells name it so."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which they stand here, not in the alphabet's."""
        return list(self.commands)


commands = _Commands(
    PROGRAM,
    help="The acceptance suite for NoETL. `COMMAND --help` has an example.",
    epilog=f"""\b
Completion in bash (zsh and fish likewise):
  eval "$({COMPLETION}=bash_source {PROGRAM})"
""",
    no_args_is_help=False,
    context_settings=HELP,
    commands=[
        doctor.doctor,
        running.run,
        running.acceptance,
        running.repeat,
        running.shards,
        crashing.sweep,
        conforming.conformance,
        conforming.bisect,
        exploring.up,
        exploring.status,
        exploring.sql,
        exploring.calls,
        exploring.down,
        recorded.judge,
        recorded.report,
        recorded.annotate,
        recorded.results,
        recorded.compare,
        recorded.merge,
        upkeep.options,
        upkeep.pages,
        upkeep.bench,
    ],
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: of the command line; this process's own when None.

    Returns:
        The command's exit code; 2 for wrong usage, 4 for an error of ours, 130 after an
        interruption.
    """
    spell_out()
    outlive_readers()
    signals.install()
    try:
        try:
            return _carry_out(sys.argv[1:] if arguments is None else list(arguments))
        finally:
            if sys.stdout is not None:  # closed by who has called
                sys.stdout.flush()
    except click.UsageError as error:
        _tell_usage(error)
    except AcceptanceError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted: everything is taken down", file=sys.stderr)
        return CODES["interrupted"]
    except Exception as error:  # noqa: BLE001 - Python's own code is 1: the product's failure
        if not isinstance(error, OSError) or error.filename is None:
            _tell_fault(error)
            return CODES["suite"]
        told = f"{error.filename} cannot be used: {error.strerror}"
        print(f"error: {told} - check its permissions and its disk", file=sys.stderr)
    return CODES["usage"]


def _carry_out(arguments: list[str]) -> int:
    """Run one command; click's own ``main`` would end the process, and tell errors its own way."""
    if instruction := os.environ.get(COMPLETION):
        return _complete(instruction)
    try:
        with commands.make_context(PROGRAM, arguments) as context:
            return int(commands.invoke(context) or 0)
    except click.exceptions.Exit as ended:  # of --help
        return ended.exit_code


def _complete(instruction: str) -> int:
    from click.shell_completion import shell_complete

    return shell_complete(commands, {}, PROGRAM, COMPLETION, instruction)


def _tell_usage(error: click.UsageError) -> None:
    context = error.ctx or click.Context(commands, info_name=PROGRAM)
    told = " ".join(error.format_message().split()).rstrip(".")
    helps = "lists the commands" if context.command is commands else "has an example"
    print(context.get_usage(), file=sys.stderr)
    print(f"error: {told} - `{context.command_path} --help` {helps}", file=sys.stderr)


def _tell_fault(error: Exception) -> None:
    """Tell an error that nobody has foreseen, with the place where it was raised."""
    told = " ".join(f"{type(error).__name__}: {error}".split())
    print(
        f"error: an error of the suite's own: {told} - report it with these lines", file=sys.stderr
    )
    traceback.print_exception(error)
