"""Ports of this machine that nobody else gets while the services start."""

from __future__ import annotations

import socket
import sys

HOST = "127.0.0.1"


class ReservedPorts:
    """Free ports, all different, kept for the services of one sandbox.

    A service takes its port seconds after it was chosen, time enough for another run, or for any
    outgoing connection, to be given the same one. So each port stays bound here. Linux lets a
    service that sets SO_REUSEADDR (servers do) listen on it beside a socket that set it too and
    does not listen, and gives it to nobody who asks for any free port. Other systems do not allow
    that; there the port is merely free when it is chosen.
    """

    def __init__(self, count: int) -> None:
        self._sockets = [socket.socket() for _ in range(count)]
        for each in self._sockets:
            each.bind((HOST, 0))
        self.numbers: list[int] = [each.getsockname()[1] for each in self._sockets]
        if sys.platform == "linux":
            for each in self._sockets:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            self.release()

    def release(self) -> None:
        """Give the ports back; safe to call twice."""
        for each in self._sockets:
            each.close()
