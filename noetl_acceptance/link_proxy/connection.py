"""One connection through the proxy: bytes are handed on both ways, in order, when they may."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

from noetl_acceptance.link_proxy.faults import Direction, Traffic
from noetl_acceptance.link_proxy.gate import Gate

_CHUNK = 65536
_CHUNKS = 64
"""How many chunks that may not pass are taken in; then the sender has to wait."""

_RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: a close sends RST, and nothing that is still to be sent."""


def reset(end: socket.socket) -> None:
    """Close a socket with RST."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.close()


class _Flow:
    """The bytes of one direction, in the order of their arrival, until they may pass.

    Args:
        gate: of the link.
        traffic: counts what arrives and passes.
        direction: which.
    """

    def __init__(self, gate: Gate, traffic: Traffic, direction: Direction) -> None:
        self._gate = gate
        self._traffic = traffic
        self._direction = direction
        self._chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS)
        self._was_reset = False
        self._over = False
        self._waiting = 0  # bytes that have arrived and are not passed on
        self._held = 0  # those of them that a fault has kept

    @property
    def given_up(self) -> bool:
        """Whether who sends has gone while a fault kept what it sent.

        One that has only closed its sending side counts as gone: no client of NoETL's does so.
        """
        return self._over and self._held > 0

    async def read(self, end: socket.socket) -> None:
        """Take in what one side sends, to its end."""
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(end, _CHUNK):
                self._traffic.arrived(self._direction, len(data))
                self._waiting += len(data)
                self._hold()
                await self._chunks.put((loop.time(), data))
        except OSError:
            self._was_reset = True
        self._over = True
        await self._chunks.put((loop.time(), b""))

    async def write(self, end: socket.socket) -> None:
        """Hand on to the other side what may pass, and at last that it was all.

        A side that takes nothing more ends nothing: it tells its end by the other direction.

        Raises:
            ConnectionResetError: the side that sends has reset the connection.
        """
        broken = False
        while True:
            arrived, data = await self._chunks.get()
            if not data:
                break
            while data:
                count = await self._admit(arrived, len(data))
                broken = broken or not await self._send(end, data[:count])
                self._waiting -= count
                self._release(count)
                data = data[count:]
        await self._admit(arrived, 0)
        if self._was_reset:
            raise ConnectionResetError
        with suppress(OSError):
            end.shutdown(socket.SHUT_WR)

    def end(self) -> None:
        """Hold nothing any more: the connection has ended."""
        self._release(self._held)

    def _hold(self) -> None:
        """Count what waits as held, where a fault is why: for a moment all bytes do."""
        if self._gate.holds(self._traffic.source, self._direction):
            self._traffic.change_held(self._direction, self._waiting - self._held)
            self._held = self._waiting

    def _release(self, count: int) -> None:
        """Count bytes as held no more, if they were; they are the oldest."""
        count = min(count, self._held)
        self._traffic.change_held(self._direction, -count)
        self._held -= count

    async def _admit(self, arrived: float, count: int) -> int:
        self._hold()
        return await self._gate.admit(self._traffic.source, self._direction, arrived, count)

    async def _send(self, end: socket.socket, data: bytes) -> bool:
        try:
            await asyncio.get_running_loop().sock_sendall(end, data)
        except OSError:
            return False
        self._traffic.passed(self._direction, len(data))
        return True


class Connection:
    """A connection that was taken, and the one to the target.

    Args:
        near: who has connected.
        target: host and port to connect to.
        gate: of the link.
        traffic: counts what passes.
    """

    def __init__(
        self, near: socket.socket, target: tuple[str, int], gate: Gate, traffic: Traffic
    ) -> None:
        self._near = near
        self._target = target
        self._gate = gate
        self._traffic = traffic
        self._task: asyncio.Task[None] | None = None

    @property
    def source(self) -> str:
        """The service that has connected."""
        return self._traffic.source

    def cut(self) -> None:
        """Reset both sides."""
        self._traffic.cut += 1
        if self._task is not None:
            self._task.cancel()

    async def serve(self) -> None:
        """Hand bytes on until both sides have ended, or the connection is cut."""
        self._task = asyncio.current_task()
        self._traffic.opened += 1
        self._traffic.open += 1
        ends = [self._near]
        ended = False
        try:
            await self._relay(ends)
            ended = True
        except* OSError:
            pass  # one side has gone
        finally:
            self._traffic.open -= 1
            for end in ends:
                end.close() if ended else reset(end)

    async def _relay(self, ends: list[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        requests = _Flow(self._gate, self._traffic, "requests")
        answers = _Flow(self._gate, self._traffic, "answers")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(requests.read(self._near))
                # Where nothing passes, the target hears nothing of a new connection either.
                await self._gate.admit(self.source, "requests", loop.time(), 0)
                if requests.given_up:
                    raise ConnectionResetError
                far = await _connected(self._target)
                ends.append(far)
                tasks.create_task(requests.write(far))
                tasks.create_task(answers.read(far))
                tasks.create_task(answers.write(self._near))
        finally:
            requests.end()
            answers.end()


async def _connected(target: tuple[str, int]) -> socket.socket:
    """Return a connection to the target.

    Raises:
        OSError: it takes none.
    """
    loop = asyncio.get_running_loop()
    host, port = target
    family, kind, protocol, _, address = (
        await loop.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_STREAM)
    )[0]
    far = socket.socket(family, kind, protocol)
    far.setblocking(False)
    far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        await loop.sock_connect(far, address)
    except BaseException:
        far.close()
        raise
    return far
