"""A link that is held so that somebody does not learn of something."""

from __future__ import annotations

from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.link_proxy.faults import Direction, Link, LinkFault


class HeldLink:
    """Has one direction of a link be silent for a while.

    Args:
        proxy: stands in the link.
        link: which.
        direction: which bytes are held.
        source: the service whose connections are meant; empty for all.
        drops: whether what is held is lost in the end, with its connections: whoever has sent it
            is no more, and nobody sends it again.
    """

    def __init__(
        self,
        proxy: LinkProxy,
        link: Link,
        direction: Direction,
        source: str = "",
        *,
        drops: bool = False,
    ) -> None:
        self._proxy = proxy
        self._link = link
        self._fault = LinkFault("silent", source=source, direction=direction)
        self._drops = drops

    def hold(self) -> None:
        """Begin it."""
        self._proxy.set(self._link, self._fault)

    @property
    def held(self) -> int:
        """How many bytes are held."""
        return sum(
            each.held(self._fault.direction)
            for each in self._proxy.traffic()
            if each.link == self._link and self._fault.source in ("", each.source)
        )

    @property
    def told(self) -> str:
        """Where they are held, in words."""
        whose = f" of {self._fault.source}" if self._fault.source else ""
        return f"among the {self._fault.direction} of {self._link}{whose}"

    def release(self) -> None:
        """End it, unless the link is under another fault by now, or free."""
        if self._fault not in self._proxy.faults(self._link):
            return
        if self._drops:
            self._proxy.set(self._link, LinkFault("cut", source=self._fault.source))
        self._proxy.clear()
