"""What a run tells its user while it goes on, on stderr and past behave's capture of output."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import IO

from rich.console import Console as RichConsole
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

SILENCE_SECONDS = 8.0
"""Where there is no terminal: after so long without a line the next beat prints one."""

BEAT_SECONDS = 1.0
"""Between two looks at what to show."""

_ERASE = Control((ControlType.ERASE_IN_LINE, 2), ControlType.CARRIAGE_RETURN)


class _Terminal(RichConsole):
    def on_broken_pipe(self) -> None:
        """Go on in silence when nobody reads any more: the sandbox is still to be taken down."""
        self.quiet = True


@dataclass(eq=False)
class _Phase:
    """What goes on from ``began`` (seconds of the clock), and how far it is (``detail``)."""

    what: str
    seconds: float | None
    began: float
    tell: Callable[[], str]
    detail: str = ""

    def line(self, now: float) -> str:
        until = "" if self.seconds is None else f" of {self.seconds:g} s"
        detail = self.detail or self.tell()
        how_far = f": {detail}" if detail else ""
        return f"  [{now - self.began:.0f} s{until}] {self.what}{how_far}"


class Console:
    """Lines that stay, and one live line for the phase that goes on.

    On a terminal the live line is drawn anew with every beat and erased when its phase ends, so
    that behave's own output stays whole. Elsewhere (CI) it is printed once nothing has been for
    ``SILENCE_SECONDS``. The beat is a thread that lives from the start of the outermost phase to
    its end: nothing is printed later, nor between two phases. Colours are rich's, which obeys
    NO_COLOR.

    Args:
        stream: where to; stderr when None.
        quiet: tell nothing.
        clock: gives seconds.
    """

    def __init__(
        self,
        stream: IO[str] | None = None,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = _Terminal(
            file=stream or sys.__stderr__, highlight=False, soft_wrap=True, quiet=quiet
        )
        # Not rich's own is_terminal, which FORCE_COLOR turns on for a file or pipe as well.
        self._animated = self._console.file.isatty() and not self._console.is_dumb_terminal
        self._clock = clock
        self._told = clock()
        self._lock = threading.RLock()
        self._phases: list[_Phase] = []
        self._live = ""
        self._in_step = False
        self._held: list[str] = []

    def say(self, line: str) -> None:
        """Print a line, or several.

        On a terminal those of a step come after its scenario: behave goes back up by the lines of
        a step to print it once more in the colour of its end.
        """
        with self._lock:
            self._held.append(line)
            if not (self._in_step and self._animated):
                self.release()

    def release(self) -> None:
        """Print what was held back while a step went on."""
        with self._lock:
            held, self._held = self._held, []
            for line in held:
                self._erase()
                with suppress(OSError, ValueError):
                    sys.stdout.flush()  # what behave has written comes first, also in a file
                self._console.print(Text(line))
                self._told = self._clock()

    @contextmanager
    def phase(
        self, what: str, seconds: float | None = None, tell: Callable[[], str] = str
    ) -> Iterator[None]:
        """Show that something goes on, and for how long, until it ends; phases may be nested.

        Args:
            what: in a few words.
            seconds: its deadline, if it has one.
            tell: asked at each beat how far it is, where ``live`` does not say.
        """
        phase = _Phase(what, seconds, self._clock(), tell)
        try:
            with self._lock:
                outermost = not self._phases
                self._phases.append(phase)
            with self._beating() if outermost else nullcontext():
                yield
        finally:
            with self._lock:
                self._phases = [other for other in self._phases if other is not phase]
                self._erase()

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """Show a step of behave's as a phase."""
        self._in_step = True
        try:
            with self.phase(words):
                yield
        finally:
            self._in_step = False

    def live(self, detail: str) -> None:
        """Have the innermost phase tell how far it is."""
        with self._lock:
            if self._phases:
                self._phases[-1].detail = detail

    def beat(self) -> None:
        """Show the innermost phase as it is now, where that is due."""
        with self._lock, suppress(OSError, ValueError):
            if not self._phases:
                return
            now = self._clock()
            line = self._phases[-1].line(now)
            if self._animated:
                self._draw(line)
            elif now - self._told >= SILENCE_SECONDS:
                self.say(line)

    @contextmanager
    def _beating(self) -> Iterator[None]:
        over = threading.Event()

        def beats() -> None:
            while not over.wait(BEAT_SECONDS):
                self.beat()

        heart = threading.Thread(target=beats, name="console", daemon=True)
        heart.start()
        try:
            yield
        finally:
            over.set()
            heart.join()

    def _draw(self, line: str) -> None:
        if line == self._live:
            return
        self._erase()
        text = Text(line, style="" if self._console.no_color else "dim")
        text.truncate(self._console.width - 1, overflow="ellipsis")
        self._console.print(text, end="")
        self._console.file.flush()
        self._live = line

    def _erase(self) -> None:
        if self._live:
            self._console.control(_ERASE)
            self._live = ""
