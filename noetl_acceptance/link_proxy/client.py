"""The control client of the proxy."""

from __future__ import annotations

from typing import Any

import httpx

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.link_proxy import CONTROL_HEADER
from noetl_acceptance.link_proxy.faults import Link, LinkFault, Traffic


class LinkProxy:
    """Disturbs the links of one sandbox and tells of their traffic.

    Args:
        url: of the proxy's control endpoints.
        token: what they ask for; empty for nothing.

    Every method raises SandboxError when the proxy does not answer as it should.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={CONTROL_HEADER: token} if token else {},
            timeout=10,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def set(self, link: Link, fault: LinkFault) -> None:
        """Have a fault take effect, in place of an earlier one of the link for the same source."""
        self._ask("PUT", f"/links/{link}", json=fault.to_json())

    def clear(self) -> None:
        """Let everything pass on every link: what is held now, and what comes."""
        self._ask("DELETE", "/links")

    def faults(self, link: Link) -> list[LinkFault]:
        """Return the faults that a link is under."""
        found = self._ask("GET", "/links").json()[link]
        return [LinkFault.from_json(each) for each in found]

    def traffic(self) -> list[Traffic]:
        """Return what has come by each link from each service until now."""
        return [Traffic(**each) for each in self._ask("GET", "/traffic").json()]

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            response = self._client.request(method, path, **more)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise SandboxError(
                f"the proxy of the links did not answer {method} {path}: "
                f"{error or type(error).__name__}",
                "see logs/links.log in the run's folder",
            ) from error
        return response
