"""Reads what a container has logged since the last time, from the end of its log."""

from __future__ import annotations

from docker.models.containers import Container

FIRST_LINES = 500
"""How many lines are asked for first: a scenario's worth of most services."""


def new_lines(container: Container, last: str) -> list[tuple[str, str]]:
    """Return the lines that are later than a time stamp, each with its own.

    The engine finds a time only by reading a log from its start, and NoETL 2.8.5 fills hundreds of
    megabytes. So lines are asked for from the end, more of them until the last known one is among
    them or there are no more.

    Args:
        container: one that logs to the engine.
        last: the engine's time stamp of the last line that is known; empty for none.
    """
    asked, before = FIRST_LINES, -1
    while True:
        log = bytes(container.logs(timestamps=True, tail=asked)).decode(errors="replace")
        lines = [line.partition(" ")[::2] for line in log.removesuffix("\n").split("\n") if line]
        if not lines or lines[0][0] <= last or len(lines) == before:
            return [(stamp, text) for stamp, text in lines if stamp > last]
        asked, before = asked * 8, len(lines)
