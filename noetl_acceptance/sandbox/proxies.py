"""The proxies that NoETL's services are given: the sink, or none."""

from __future__ import annotations

from collections.abc import Sequence

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY")

NO_PROXY = {name: "" for each in PROXIES for name in (each, each.lower())}
"""Set for containers: Docker's settings may name proxies for all that leave these open."""


def proxy_variables(sink: str, own_hosts: Sequence[str]) -> dict[str, str]:
    """Return what turns every HTTP client of NoETL to the sink, but for the sandbox's own hosts.

    Args:
        sink: the address of the proxy that refuses.
        own_hosts: names or addresses that are reached directly.
    """
    variables = {"HTTP_PROXY": sink, "HTTPS_PROXY": sink, "NO_PROXY": ",".join(own_hosts)}
    return {**variables, **{name.lower(): value for name, value in variables.items()}}
