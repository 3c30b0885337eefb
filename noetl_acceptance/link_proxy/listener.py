"""One link: takes connections and hands them on to a target, under the faults that are set."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace

from noetl_acceptance.link_proxy.connection import Connection, reset
from noetl_acceptance.link_proxy.faults import LinkFault, Traffic
from noetl_acceptance.link_proxy.gate import Gate

Address = tuple[str, int]

SourceOf = Callable[[Address, Address], str]
"""Returns the service that has connected, by its address and the proxy's; it may block."""


class Listener:
    """Takes the connections of one link; it belongs to one event loop.

    Args:
        link: its name.
        listening: a socket that listens.
        target: where connections are handed on to.
        source_of: tells who has connected.
    """

    def __init__(
        self, link: str, listening: socket.socket, target: Address, source_of: SourceOf
    ) -> None:
        self.link = link
        listening.setblocking(False)
        self._listening = listening
        self._target = target
        self._source_of = source_of
        self._gate = Gate()
        self._traffic: dict[str, Traffic] = {}
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def set(self, fault: LinkFault) -> None:
        """Have a fault take effect, in place of an earlier one for the same source."""
        self._gate.set(fault)
        if fault.mode == "cut":
            for connection in [each for each in self._connections if self._is_cut(each.source)]:
                connection.cut()

    def clear(self) -> None:
        """Let everything pass: what is held now, and what comes."""
        self._gate.clear()

    def faults(self) -> list[LinkFault]:
        """Return the faults of now."""
        return self._gate.faults()

    def traffic(self) -> list[Traffic]:
        """Return what has come from each service until now."""
        return [replace(each) for each in self._traffic.values()]

    async def serve(self) -> None:
        """Take connections until this is cancelled; those that there are go on."""
        loop = asyncio.get_running_loop()
        with self._listening:
            while True:
                near, peer = await loop.sock_accept(self._listening)
                near.setblocking(False)
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                task = loop.create_task(self._take(near, peer[:2]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _take(self, near: socket.socket, peer: Address) -> None:
        try:
            source = await asyncio.to_thread(self._source_of, peer, near.getsockname()[:2])
        except BaseException:
            near.close()
            raise
        traffic = self._traffic.setdefault(source, Traffic(self.link, source))
        if self._is_cut(source):
            traffic.refused += 1
            reset(near)
            return
        connection = Connection(near, self._target, self._gate, traffic)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)

    def _is_cut(self, source: str) -> bool:
        fault = self._gate.fault_of(source)
        return fault is not None and fault.mode == "cut"
