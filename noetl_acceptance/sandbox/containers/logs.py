"""Reads what a container has logged, in parts: all, or since the last time, from the log's end."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime

from docker import APIClient
from docker.models.containers import Container

from noetl_acceptance.sandbox.log_files import joined

FIRST_LINES = 20
"""How many lines are asked for first. Most services have logged less since the last time, and each
line costs the engine and its client more than a second question does."""

MORE = 4
"""How many times as many lines are asked for next."""

_CHUNK = 256 * 1024

_HEADER = 8
"""Bytes before each piece of a log; the last four are its length ("Stream format" of the Engine
API's ContainerAttach)."""


def log_in_parts(
    container: Container,
    *,
    timestamps: bool = False,
    tail: int | None = None,
    since: datetime | None = None,
) -> Iterator[str]:
    """Yield a container's log as text, in parts of whole lines.

    The client library's own way reads piece by piece, each a line, and takes three times as long:
    8 s of CPU for 60 MB, which is what a server of 2.8.5 has logged after a few executions.

    Args:
        container: one that logs to the engine.
        timestamps: whether each line begins with the engine's time stamp and a blank.
        tail: how many of the last lines; None for all.
        since: the engine's time from which on; None for all.

    Raises:
        OSError: the engine does not answer, or refuses.
    """
    api: APIClient = container.client.api  # type: ignore[union-attr] # of a list: it has one
    asked = {
        "stdout": 1,
        "stderr": 1,
        "timestamps": int(timestamps),
        "tail": "all" if tail is None else tail,
        "since": int(since.timestamp()) if since is not None else 0,
    }
    url = f"{api.base_url}/v{api.api_version}/containers/{container.id}/logs"
    with api.get(url, params=asked, stream=True, timeout=api.timeout) as response:
        response.raise_for_status()
        for part in joined(payloads(response.iter_content(_CHUNK))):
            yield part.decode(errors="replace")


def payloads(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what is in a stream of the engine's pieces, whose chunks are cut anywhere."""
    held = b""
    for chunk in chunks:
        held += chunk
        found, start = [], 0
        while len(held) >= start + _HEADER:
            begin = start + _HEADER
            end = begin + int.from_bytes(held[begin - 4 : begin])
            if len(held) < end:
                break
            found.append(held[begin:end])
            start = end
        held = held[start:]
        yield b"".join(found)


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
        asked, before = asked * MORE, first
    for part in itertools.chain([start], parts):
        lines = (line.partition(" ") for line in part.removesuffix("\n").split("\n") if line)
        new = [(stamp, text) for stamp, _, text in lines if stamp > last]
        if new:
            yield new[-1][0], "".join(f"{text}\n" for _, text in new)


def moment_of(stamp: str) -> datetime | None:
    """Return the time that the engine writes before a line; None for no stamp."""
    return datetime.fromisoformat(f"{stamp[:26]}+00:00") if stamp else None
