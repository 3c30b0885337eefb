"""What a run tells its user while it goes on, on stderr and past behave's capture of output."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import IO

from rich.console import Console as RichConsole
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

SILENCE_SECONDS = 10.0
"""Where there is no terminal: the longest time without a line while something goes on."""

_ERASE = Control((ControlType.ERASE_IN_LINE, 2), ControlType.CARRIAGE_RETURN)


class _Terminal(RichConsole):
    def on_broken_pipe(self) -> None:
        """Go on in silence when nobody reads any more: the sandbox is still to be taken down."""
        self.quiet = True


class Console:
    """Lines that stay, and one live line that does not.

    On a terminal the live line is replaced by the next one and erased at the end, so that behave's
    own output stays whole. Elsewhere (CI) a live line is printed once nothing has been for
    ``SILENCE_SECONDS``. Colours are rich's, which obeys NO_COLOR.

    Args:
        stream: where to; stderr when None.
        quiet: tell nothing.
    """

    def __init__(self, stream: IO[str] | None = None, *, quiet: bool = False) -> None:
        self._console = _Terminal(
            file=stream or sys.__stderr__, highlight=False, soft_wrap=True, quiet=quiet
        )
        self._told = time.monotonic()
        self._live = ""

    def say(self, line: str) -> None:
        """Print a line, or several."""
        self.clear()
        with suppress(OSError, ValueError):
            sys.stdout.flush()  # what behave has written comes first, also in a file
        self._console.print(Text(line))
        self._told = time.monotonic()

    def live(self, line: str) -> None:
        """Show what goes on now."""
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            if line == self._live:
                return
            self.clear()
            text = Text(line, style="dim")
            text.truncate(self._console.width - 1, overflow="ellipsis")
            self._console.print(text, end="")
            self._console.file.flush()
            self._live = line
        elif time.monotonic() - self._told >= SILENCE_SECONDS:
            self.say(line)

    def clear(self) -> None:
        """Erase the live line, if there is one."""
        if self._live:
            self._console.control(_ERASE)
            self._live = ""
