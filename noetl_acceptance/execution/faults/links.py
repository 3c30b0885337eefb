"""Faults of the links between services, with what proves their effect and their healing."""

from __future__ import annotations

from collections.abc import Iterable

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.link_proxy.faults import Link, LinkFault, Traffic
from noetl_acceptance.model.wording import counted


class DisturbedLink:
    """Disturbs one link; see ``Injection``.

    Args:
        proxy: that stands in the links.
        link: which.
        fault: what is done to it.
    """

    def __init__(self, proxy: LinkProxy, link: Link, fault: LinkFault) -> None:
        self._proxy = proxy
        self._link = link
        self._fault = fault
        self._resets = 0
        self._name = f"{link} of {fault.source}" if fault.source else link

    def make(self) -> None:
        """Begin it."""
        self._resets = _resets(self._traffic())
        self._proxy.set(self._link, self._fault)

    def felt(self) -> str:
        """Return what proves its effect, in words; empty while nothing does."""
        traffic = self._traffic()
        if self._fault.mode == "cut":
            resets = _resets(traffic) - self._resets
            return f"{counted(resets, 'connection')} of {self._name} reset" if resets else ""
        held = sum(each.held(self._fault.direction) for each in traffic)
        return f"{counted(held, 'byte')} of {self._name} held" if held else ""

    def unfelt(self, seconds: float) -> Exception:
        """Return that nobody has used the link."""
        told = f"for {seconds:.0f} s nothing has come by it"
        return NotJudgedError(f"{self._name} was to be {self._fault.mode}, and {told}")

    def heal(self) -> None:
        """End it, and whatever else disturbs a link."""
        self._proxy.clear()

    def healed(self) -> str:
        """Return what proves that it is over, in words; empty while nothing does."""
        if self._proxy.faults(self._link):
            return ""
        if any(each.held("both") for each in self._traffic()):
            return ""
        return f"the proxy refuses and holds nothing of {self._name}"

    def unhealed(self, seconds: float) -> Exception:
        """Return that the proxy still disturbs the link: the sandbox's failure."""
        return SandboxError(
            f"{self._name} was healed, and after {seconds:.0f} s the proxy still refuses or holds",
            "see logs/links.log in the run's folder",
        )

    def _traffic(self) -> list[Traffic]:
        """Return the traffic of the link that the fault is for."""
        return [
            each
            for each in self._proxy.traffic()
            if each.link == self._link and self._fault.source in ("", each.source)
        ]


def _resets(traffic: Iterable[Traffic]) -> int:
    return sum(each.cut + each.refused for each in traffic)
