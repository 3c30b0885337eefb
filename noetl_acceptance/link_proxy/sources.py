"""Which service is at the other end of a connection."""

from __future__ import annotations

import re
import socket
import struct
from contextlib import suppress
from pathlib import Path

Address = tuple[str, int]

UNKNOWN = "unknown"
"""The source of a connection whose other end has gone, or is none of a service's."""

_CONTAINER = re.compile(r".*-([a-z]+)-(\d+)\.")


def by_container(peer: Address, _own: Address) -> str:
    """Return the service of the container that has an address, a worker with its number.

    The engine's resolver names each container of the network, also one that was started anew and
    has another's address of before.
    """
    with suppress(OSError):
        return service_in(socket.gethostbyaddr(peer[0])[0])
    return UNKNOWN


def service_in(host: str) -> str:
    """Return the service in a container's name: ``PROJECT-worker-3.NETWORK`` is ``worker-3``."""
    found = _CONTAINER.match(host)
    if found is None:
        return UNKNOWN
    service, number = found.groups()
    return f"{service}-{number}" if service == "worker" else service


class ByProcess:
    """Tells the service by the process that holds the other end, on this machine.

    Args:
        variable: the environment variable in which a service's processes have its name.
        proc: where the kernel tells of processes.
    """

    def __init__(self, variable: str, proc: Path = Path("/proc")) -> None:
        self._prefix = f"{variable}=".encode()
        self._proc = proc
        self._services: list[str] = []

    def __call__(self, peer: Address, own: Address) -> str:
        """Return the service's name."""
        inode = self._inode(peer, own)
        if inode is None:
            return UNKNOWN
        held = f"socket:[{inode}]"
        holder = self._holder(held)
        if holder is None:  # a process that is new
            numbers = [each.name for each in self._proc.iterdir() if each.name.isdecimal()]
            self._services = [each for each in numbers if self._name(each)]
            holder = self._holder(held)
        return self._name(holder or "") or UNKNOWN

    def _inode(self, local: Address, remote: Address) -> str | None:
        wanted = [_in_hex(local), _in_hex(remote)]
        with suppress(OSError):
            for line in (self._proc / "net" / "tcp").read_text().splitlines():
                fields = line.split()
                if fields[1:3] == wanted and fields[9] != "0":
                    return fields[9]
        return None

    def _holder(self, held: str) -> str | None:
        """Return the process of a service that holds a socket."""
        for process in self._services:
            with suppress(OSError):
                for descriptor in (self._proc / process / "fd").iterdir():
                    with suppress(OSError):
                        if str(descriptor.readlink()) == held:
                            return process
        return None

    def _name(self, process: str) -> str:
        """Return the service that a process belongs to; empty for none."""
        with suppress(OSError):
            for variable in (self._proc / process / "environ").read_bytes().split(b"\0"):
                if variable.startswith(self._prefix):
                    return variable.removeprefix(self._prefix).decode("utf-8", "replace")
        return ""


def _in_hex(address: Address) -> str:
    """Return an address as /proc/net/tcp writes it."""
    host, port = address
    (number,) = struct.unpack("=I", socket.inet_aton(host))
    return f"{number:08X}:{port:04X}"
