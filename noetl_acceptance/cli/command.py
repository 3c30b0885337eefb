"""What the commands have in common: an example in their help, and the kinds of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from noetl_acceptance.errors import UsageError
from noetl_acceptance.options import OPTIONS, OWN_KINDS
from noetl_acceptance.places import BASE, named
from noetl_acceptance.support.program import PROGRAM

HELP = {"help_option_names": ["-h", "--help"]}
"""How every command is asked for its help; click alone knows no ``-h``."""


class Command(click.Command):
    """A command whose help ends with an example.

    Args:
        name: the command's.
        example: one call of it, without the program's name.
        more: click's own arguments.
    """

    def __init__(self, name: str | None, *, example: str, **more: Any) -> None:
        super().__init__(
            name, context_settings=HELP, **more, epilog=f"\b\nexample:\n  {PROGRAM} {example}"
        )
        self.example = example

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the command's arguments.

        Raises:
            click.UsageError: one is wrong; it names this command, which click leaves out at times.
        """
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


class Passing(Command):
    """A command that hands all its arguments on, as ``context.args``: they are another program's.

    Its only own argument is ``--help``, as the first one.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the arguments as they stand: click would take some for its own."""
        if args[:1] and args[0] in ctx.help_option_names:
            return super().parse_args(ctx, args[:1])
        ctx.args = args
        return args

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Have the shell complete files, such as features."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(incomplete, type="file")]


class SomeOf(click.ParamType[list[str]]):
    """One or more of some names, with commas in between; the value is a list.

    Args:
        known: the names.
    """

    name = "names"

    def __init__(self, known: Sequence[str]) -> None:
        self.known = known

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        """Return the names that a text holds."""
        names = str(value).split(",")
        if not set(names) <= set(self.known):
            self.fail(f"one or more of {', '.join(self.known)}, not {value!r}", param, ctx)
        return names

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete the last of the names."""
        before, comma, begun = incomplete.rpartition(",")
        return [
            CompletionItem(f"{before}{comma}{name}")
            for name in self.known
            if name.startswith(begun)
        ]


class WholeNumber(click.IntRange):
    """A whole number within bounds; click's own name for it stands in no sentence."""

    name = "whole number"


class _Folder(click.ParamType[Path]):
    """What a folder's name completes to."""

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Have the shell complete folders."""
        return [CompletionItem(incomplete, type="dir")]


class RunFolder(_Folder):
    """The folder of a run: from the working folder, else from the checkout's root."""

    name = "runfolder"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> Path:
        """Return the folder that a text names.

        Raises:
            UsageError: there is none.
        """
        given = named(value)
        places = (given, BASE / given)
        folder = next((each for each in places if each.is_dir()), None)
        if folder is None:
            file = any(each.exists() for each in places)
            cause = f"{value} is not a folder" if file else f"there is no folder {value}"
            raise UsageError(cause, "give a run's folder, below runs/")
        return folder


class NewFolder(_Folder):
    """A folder that may be made; ``~`` is the home, as shells leave it after ``--into=``."""

    name = "folder"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> Path:
        """Return the folder that a text names.

        Raises:
            UsageError: it names none.
        """
        return named(value)


class KeyValue(click.ParamType[tuple[str, str]]):
    """An option as behave's ``-D`` takes it: ``KEY=VALUE``; the value is a pair."""

    name = "key=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return the key and the value."""
        key, sign, text = str(value).partition("=")
        if not key or not sign:
            self.fail(f"KEY=VALUE, not {value!r}", param, ctx)
        return key, text

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete the key."""
        keys = [f"{option.key}=" for option in OPTIONS]
        return [CompletionItem(key) for key in keys if key.startswith(incomplete)]


def on_sandboxes() -> Callable[[Any], Any]:
    """Return the decorator for ``--sandbox``: which of the suite's own, all by default."""
    return click.option(
        "--sandbox",
        type=SomeOf(OWN_KINDS),
        default=",".join(OWN_KINDS),
        show_default=True,
        metavar="KINDS",
        help="On which sandboxes.",
    )


def for_behave() -> Callable[[Any], Any]:
    """Return the decorator that gives a command behave's own arguments, after ``--``."""
    return click.argument(
        "behave", nargs=-1, type=click.UNPROCESSED, metavar="[-- BEHAVE'S ARGUMENTS]"
    )
