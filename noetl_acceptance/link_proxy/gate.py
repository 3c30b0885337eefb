"""When bytes of a link may pass, under the faults of now."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress

from noetl_acceptance.link_proxy.faults import Direction, LinkFault

_PIECES_A_SECOND = 20
"""In how many pieces a throttled link passes on what it may in a second."""


class _Pacer:
    """Spaces bytes out over time.

    Args:
        rate: bytes a second.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._free = -math.inf

    def due(self, count: int, now: float) -> float:
        """Return when so many more bytes have passed."""
        self._free = max(now, self._free) + count / self._rate
        return self._free

    def piece(self, count: int) -> int:
        """Return how many of so many bytes are passed on at once."""
        return min(count, max(1, self._rate // _PIECES_A_SECOND))


class Gate:
    """The faults of one link, by the service whose connections they are for."""

    def __init__(self) -> None:
        self._faults: dict[str, LinkFault] = {}
        self._pacers: dict[tuple[str, Direction], _Pacer] = {}
        self._changed = asyncio.Event()

    def set(self, fault: LinkFault) -> None:
        """Have a fault take effect, in place of an earlier one for the same source."""
        self._faults[fault.source] = fault
        for direction in ("requests", "answers"):
            self._pacers.pop((fault.source, direction), None)
        self._wake()

    def clear(self) -> None:
        """Let everything pass."""
        self._faults.clear()
        self._pacers.clear()
        self._wake()

    def faults(self) -> list[LinkFault]:
        """Return the faults of now."""
        return list(self._faults.values())

    def fault_of(self, source: str) -> LinkFault | None:
        """Return the fault that a service's connections are under: its own, else that of all."""
        return self._faults.get(source) or self._faults.get("")

    def holds(self, source: str, direction: Direction) -> bool:
        """Whether bytes of a service's connections may not pass at once."""
        fault = self.fault_of(source)
        return fault is not None and fault.touches(direction)

    async def admit(self, source: str, direction: Direction, arrived: float, count: int) -> int:
        """Wait until bytes may pass; return how many of them may at once.

        Args:
            source: the service that has connected.
            direction: of the bytes.
            arrived: when they came, by the event loop's clock.
            count: how many they are; 0 for the news that one side has closed.
        """
        while True:
            fault = self.fault_of(source)
            if fault is None or not fault.touches(direction):
                return count
            piece, due = self._due(fault, direction, arrived, count)
            if not await self._changed_before(due):
                return piece

    def _due(
        self, fault: LinkFault, direction: Direction, arrived: float, count: int
    ) -> tuple[int, float]:
        if fault.mode == "delayed":
            return count, arrived + fault.seconds
        if fault.mode == "throttled":
            key = (fault.source, direction)
            pacer = self._pacers.setdefault(key, _Pacer(fault.bytes_per_second))
            piece = pacer.piece(count)
            return piece, pacer.due(piece, asyncio.get_running_loop().time())
        return count, math.inf

    async def _changed_before(self, due: float) -> bool:
        """Wait until a moment, or until the faults are others; return whether they are."""
        changed = self._changed
        with suppress(TimeoutError):
            async with asyncio.timeout_at(None if due == math.inf else due):
                await changed.wait()
        return changed.is_set()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
