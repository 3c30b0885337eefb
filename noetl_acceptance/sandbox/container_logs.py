"""Reads what a container has logged, in parts: all, or since the last time, from the log's end."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

from docker.models.containers import Container

from noetl_acceptance.sandbox.log_files import joined

FIRST_LINES = 20
"""How many lines are asked for first. Most services have logged less since the last time, and each
line costs the engine and its client more than a second question does."""


def log_in_parts(container: Container, **options: Any) -> Iterator[str]:
    """Yield a container's log as text, in parts of whole lines.

    Args:
        container: one that logs to the engine.
        options: which part of it, as the engine takes them.
    """
    chunks = container.logs(stream=True, follow=False, **options)
    for part in joined(chunks):
        yield part.decode(errors="replace")


def new_lines(container: Container, last: str) -> Iterator[tuple[str, str]]:
    """Yield the lines that are later than a time stamp, in parts, each with its last line's stamp.

    The engine finds a time only by reading a log from its start, and NoETL 2.8.5 fills hundreds of
    megabytes. So lines are asked for from the end, more of them until the last known one is among
    them or there are no more.

    Args:
        container: one that logs to the engine.
        last: the engine's time stamp of the last line that is known; empty for none.
    """
    asked, before = FIRST_LINES, ""
    while True:
        parts = log_in_parts(container, timestamps=True, tail=asked)
        start = next(parts, "")
        first = start.partition(" ")[0]
        if first <= last or first == before:
            break
        deque(parts, maxlen=0)  # to its end: an SSH connection can't break it off
        asked, before = asked * 8, first
    for part in itertools.chain([start], parts):
        lines = (line.partition(" ") for line in part.removesuffix("\n").split("\n") if line)
        new = [(stamp, text) for stamp, _, text in lines if stamp > last]
        if new:
            yield new[-1][0], "".join(f"{text}\n" for _, text in new)
