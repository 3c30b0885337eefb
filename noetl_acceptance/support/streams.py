"""The process's own streams of text."""

from __future__ import annotations

import io
import os
import sys
from io import TextIOWrapper
from typing import Any

STANDARD_OUTPUT = "standard output"
"""The file that is told where standard output cannot be written."""

_STDOUT = 1
"""Its file descriptor."""


def spell_out() -> None:
    """Write what a stream cannot encode as a question mark: a locale may know ASCII alone."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


class _Outliving(io.FileIO):
    """A stream's file that may fail once: what is written after that goes nowhere.

    A reader who has gone is no error, for the exit code is still to be told, and neither is
    anything on standard error.
    """

    outlives = True

    def write(self, data: Any) -> int:
        """Write data.

        Raises:
            OSError: standard output cannot take it, and not because its reader has gone.
        """
        try:
            return super().write(data)
        except OSError as error:
            if not self.outlives:
                raise
            write_nowhere(self.fileno())
            if not isinstance(error, BrokenPipeError) and self.fileno() == _STDOUT:
                error.filename = STANDARD_OUTPUT
                raise
            return len(data)


def outlive_readers() -> None:
    """Have the process's own streams outlive who reads them, so that a command comes to its end."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, TextIOWrapper) or stream is not getattr(sys, f"__{name}__"):
            continue  # there is none, or it is a test's
        file = _Outliving(stream.fileno(), "w", closefd=False)
        around = TextIOWrapper(
            file if stream.write_through else io.BufferedWriter(file),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        setattr(sys, name, around)


def end_with_reader() -> None:
    """Have a reader of standard output who goes end the command, by BrokenPipeError."""
    buffer = getattr(sys.stdout, "buffer", None)
    file = getattr(buffer, "raw", buffer)
    if isinstance(file, _Outliving):
        file.outlives = False


def write_nowhere(number: int) -> None:
    """Have what is written to a file descriptor go nowhere from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
