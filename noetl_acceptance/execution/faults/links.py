"""Faults of the links between services, with what proves their effect and their healing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.link_proxy.faults import Link, LinkFault, Traffic
from noetl_acceptance.model.wording import counted


class DisturbedLinks:
    """Disturbs a link, or several at once; see ``Injection``.

    Args:
        proxy: that stands in the links.
        links: which.
        fault: what is done to each.
    """

    def __init__(self, proxy: LinkProxy, links: Sequence[Link], fault: LinkFault) -> None:
        self._proxy = proxy
        self._links = links
        self._fault = fault
        self._resets: dict[Link, int] = {}
        self._names = " and ".join(map(self._named, links))
        self._were, self._it = f"{self._names} was", "it"
        if len(links) > 1:
            self._were, self._it = f"{self._names} were", "any of them"

    def make(self) -> None:
        """Begin it."""
        self._resets = {link: _resets(self._traffic(link)) for link in self._links}
        for link in self._links:
            self._proxy.set(link, self._fault)

    def felt(self) -> str:
        """Return in words what proves its effect on at least one link; empty while nothing does."""
        return ", ".join(filter(None, map(self._felt_of, self._links)))

    def _felt_of(self, link: Link) -> str:
        traffic = self._traffic(link)
        if self._fault.mode == "cut":
            resets = _resets(traffic) - self._resets.get(link, 0)
            return f"{counted(resets, 'connection')} of {self._named(link)} reset" if resets else ""
        held = sum(each.held(self._fault.direction) for each in traffic)
        return f"{counted(held, 'byte')} of {self._named(link)} held" if held else ""

    def unfelt(self, seconds: float) -> Exception:
        """Return that nobody has used any of the links."""
        told = f"for {seconds:.0f} s nothing has come by {self._it}"
        return NotJudgedError(f"{self._were} to be {self._fault.mode}, and {told}")

    def heal(self) -> None:
        """End it, and whatever else disturbs a link."""
        self._proxy.clear()

    def healed(self) -> str:
        """Return what proves that it is over, in words; empty while nothing does."""
        if any(self._proxy.faults(link) for link in self._links):
            return ""
        if any(each.held("both") for link in self._links for each in self._traffic(link)):
            return ""
        return f"the proxy refuses and holds nothing of {self._names}"

    def unhealed(self, seconds: float) -> Exception:
        """Return that the proxy still disturbs the link: the sandbox's failure."""
        return SandboxError(
            f"{self._were} healed, and after {seconds:.0f} s the proxy still refuses or holds",
            "see logs/links.log in the run's folder",
        )

    def _named(self, link: Link) -> str:
        return f"{link} of {self._fault.source}" if self._fault.source else link

    def _traffic(self, link: Link) -> list[Traffic]:
        """Return the traffic of a link that the fault is for."""
        return [
            each
            for each in self._proxy.traffic()
            if each.link == link and self._fault.source in ("", each.source)
        ]


def _resets(traffic: Iterable[Traffic]) -> int:
    return sum(each.cut + each.refused for each in traffic)
