"""A plain TCP forward to a service, as ``kubectl port-forward`` makes one."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

from noetl_acceptance.link_proxy.listener import Listener
from noetl_acceptance.support.ports import HOST


class TcpForward:
    """Hands every connection to a port of its own on to a target, bytes as they come.

    Args:
        host: the target's.
        port: the target's.
    """

    def __init__(self, host: str, port: int) -> None:
        listening = socket.create_server((HOST, 0))
        self.port: int = listening.getsockname()[1]
        self._listener = Listener("forward", listening, (host, port), lambda *_: "")
        self._loop = asyncio.new_event_loop()
        self._serving = self._loop.create_task(self._listener.serve())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no connection any more, and end those that there are; safe to call twice."""
        with suppress(RuntimeError):  # closed already
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_closed())

    async def _until_closed(self) -> None:
        with suppress(asyncio.CancelledError):
            await self._serving
