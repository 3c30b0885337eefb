"""The links between containers, and the proxy in them."""

from __future__ import annotations

from dataclasses import dataclass

from noetl_acceptance.generations.services import Backends
from noetl_acceptance.link_proxy.faults import LINKS
from noetl_acceptance.sandbox import links

CONTROL_PORT = 8099
"""Where the proxy is steered, in its container."""

_PORTS = {link: 7001 + number for number, link in enumerate(LINKS)}


@dataclass(frozen=True, slots=True)
class ContainerLinks:
    """What the containers connect to.

    Args:
        backends: Postgres and NATS themselves.
        proxied: whether the proxy stands in all links, or in none.
    """

    backends: Backends
    proxied: bool

    @property
    def variables(self) -> dict[str, str]:
        """What compose.yaml takes of the proxy: how many there are, and what it is told."""
        arguments = links.proxy_arguments(self._targets, _PORTS)
        return {"LINK_PROXIES": str(int(self.proxied)), "LINKS": " ".join(arguments)}

    @property
    def addresses(self) -> links.Addresses:
        """Where the clients of each link find what they connect to."""
        if not self.proxied:
            return self._targets
        return {link: (links.SERVICE, port) for link, port in _PORTS.items()}

    @property
    def services(self) -> list[str]:
        """The proxy, where there is one."""
        return [links.SERVICE] if self.proxied else []

    @property
    def _targets(self) -> links.Addresses:
        return links.direct(self.backends, ("server", 8082), ("profile-api", 8080))
