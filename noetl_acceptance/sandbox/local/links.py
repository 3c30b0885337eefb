"""The proxy of the links as a process of this machine."""

from __future__ import annotations

import sys

from noetl_acceptance.link_proxy import CONTROL_VARIABLE
from noetl_acceptance.link_proxy.faults import LINKS
from noetl_acceptance.places import PACKAGE
from noetl_acceptance.sandbox import links
from noetl_acceptance.support.ports import HOST, ReservedPorts


class LocalLinks:
    """How it is started, and where it listens then.

    Args:
        targets: where each link leads.
        variable: the environment variable in which each service's processes have its name.
        token: what its control endpoints are to ask for.
    """

    def __init__(self, targets: links.Addresses, variable: str, token: str) -> None:
        self._reserved = ReservedPorts(1 + len(LINKS))  # as long as it is started
        control, *numbers = self._reserved.numbers
        ports = dict(zip(LINKS, numbers, strict=True))
        options = [f"--control-port={control}", f"--processes={variable}"]
        arguments = links.proxy_arguments(targets, ports)
        self.command = [sys.executable, "-m", "noetl_acceptance.link_proxy", *options, *arguments]
        self.variables = {"PYTHONPATH": str(PACKAGE.parent), CONTROL_VARIABLE: token}
        self.url = f"http://{HOST}:{control}"
        self.addresses = {link: (HOST, port) for link, port in ports.items()}

    def release(self) -> None:
        """Give up what kept the ports free; it has them now."""
        self._reserved.release()
