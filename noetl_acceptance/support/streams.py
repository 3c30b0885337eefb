"""The process's own streams of text."""

from __future__ import annotations

import sys
from io import TextIOWrapper


def spell_out() -> None:
    """Write what a stream cannot encode as a question mark: a locale may know ASCII alone."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
