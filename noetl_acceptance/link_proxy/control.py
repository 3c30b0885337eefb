"""The proxy's control endpoints, for the suite alone."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from noetl_acceptance.link_proxy import CONTROL_HEADER
from noetl_acceptance.link_proxy.faults import LinkFault
from noetl_acceptance.link_proxy.listener import Listener

_LOOP_SECONDS = 10.0
"""How long the event loop may take to do what was asked for."""

_T = TypeVar("_T")


class Links:
    """All links of a proxy, for threads other than that of their event loop.

    Args:
        listeners: the links, by name.
        loop: the event loop that they belong to.
    """

    def __init__(self, listeners: Mapping[str, Listener], loop: asyncio.AbstractEventLoop) -> None:
        self._listeners = listeners
        self._loop = loop

    def set(self, link: str, fault: LinkFault) -> None:
        """Have a fault take effect on a link.

        Raises:
            KeyError: there is no such link.
        """
        listener = self._listeners[link]
        self._in_loop(lambda: listener.set(fault))

    def clear(self) -> None:
        """Let everything pass on every link."""

        def clear() -> None:
            for each in self._listeners.values():
                each.clear()

        self._in_loop(clear)

    def faults(self) -> dict[str, list[dict[str, Any]]]:
        """Return the faults of each link as JSON's types."""
        listeners = self._listeners.items()
        return self._in_loop(
            lambda: {name: [fault.to_json() for fault in each.faults()] for name, each in listeners}
        )

    def traffic(self) -> list[dict[str, Any]]:
        """Return the traffic of every link as JSON's types."""
        listeners = self._listeners.values()
        return self._in_loop(lambda: [asdict(one) for each in listeners for one in each.traffic()])

    def _in_loop(self, call: Callable[[], _T]) -> _T:
        async def do() -> _T:
            return call()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result(_LOOP_SECONDS)


class ControlServer(ThreadingHTTPServer):
    """Serves the control endpoints; that of the health asks for no token.

    Args:
        address: host and port to bind.
        links: what is steered.
        token: what a request must say in ``CONTROL_HEADER``; empty for nothing.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], links: Links, token: str) -> None:
        super().__init__(address, _Handler)
        self.links = links
        self.token = token.encode()


class _Handler(BaseHTTPRequestHandler):
    server: ControlServer

    def do_GET(self) -> None:
        if self.path == "/health":
            self._answer({"status": "ok"})
        elif self.path == "/links" and self._allowed():
            self._answer(self.server.links.faults())
        elif self.path == "/traffic" and self._allowed():
            self._answer(self.server.links.traffic())
        else:
            self._answer(None, HTTPStatus.NOT_FOUND)

    def do_DELETE(self) -> None:
        if self.path == "/links" and self._allowed():
            self.server.links.clear()
            self._answer({})
        else:
            self._answer(None, HTTPStatus.NOT_FOUND)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        folder, _, link = self.path.rpartition("/")
        if folder != "/links" or not self._allowed():
            self._answer(None, HTTPStatus.NOT_FOUND)
            return
        try:
            self.server.links.set(link, LinkFault.from_json(json.loads(body)))
        except KeyError:
            self._answer({"error": f"no link {link}"}, HTTPStatus.NOT_FOUND)
        except (TypeError, ValueError) as error:
            self._answer({"error": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
        else:
            self._answer({})

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log what is set and cleared, and not that somebody looks."""
        if self.command != "GET":
            super().log_request(code, size)

    def _allowed(self) -> bool:
        said = self.headers.get(CONTROL_HEADER, "").encode()
        return not self.server.token or secrets.compare_digest(said, self.server.token)

    def _answer(self, document: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
