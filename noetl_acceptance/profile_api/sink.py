"""The sink: a proxy that lets nothing out, and notes what wanted to go there."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

REFUSAL = "the sandbox reaches nothing outside of it"
SECONDS = 10.0
"""How long a client may take to say what it wants."""


class Sink:
    """Refuses every request that a proxy gets; ``attempts`` has them as ``METHOD HOST:PORT``."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        """Take connections until the event loop ends.

        Raises:
            OSError: the port cannot be bound.
        """
        self._server = await asyncio.start_server(self._refuse, host, port)

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note one request and answer 403; each has a connection of its own."""
        try:
            async with asyncio.timeout(SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            head = b""
        self.attempts.append(attempt(head))
        answer = f"{REFUSAL}: {self.attempts[-1]}\n"
        print(answer, end="")
        writer.write(
            f"HTTP/1.1 403 Outside of the sandbox\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(answer.encode())}\r\nConnection: close\r\n\r\n{answer}".encode()
        )
        try:
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except OSError:
            return  # the client has gone


def attempt(head: bytes) -> str:
    """Return what the head of a request asks for, as ``METHOD HOST:PORT``.

    Args:
        head: up to the empty line; what is no request of a proxy gives ``unknown``.
    """
    words = head.split(b"\r\n", 1)[0].decode("ascii", "replace").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return "unknown"
    method, target, _ = words
    host = target if method == "CONNECT" else urlsplit(target).netloc.rpartition("@")[2]
    return f"{method} {host}" if host else "unknown"
