"""A plain TCP forward to a service, as ``kubectl port-forward`` makes one."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from noetl_acceptance.sandbox.ports import HOST


class TcpForward:
    """Hands every connection to a port of its own on to a target, bytes as they come.

    Args:
        host: the target's.
        port: the target's.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no connection any more; safe to call twice."""
        with suppress(OSError):  # on Linux it is this that wakes the thread in accept()
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[near], daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(self._target) as far:
            back = threading.Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            _pump(near, far)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Hand bytes on until one side has said all; tell the other, which may still answer."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
