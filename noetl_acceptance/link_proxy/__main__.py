"""Runs the proxy: ``python -m noetl_acceptance.link_proxy``."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import threading
from collections.abc import Sequence

from noetl_acceptance.link_proxy import CONTROL_VARIABLE
from noetl_acceptance.link_proxy.control import ControlServer, Links
from noetl_acceptance.link_proxy.listener import Listener, SourceOf
from noetl_acceptance.link_proxy.sources import ByProcess, by_container


async def _run(host: str, links: Sequence[str], control: int, source_of: SourceOf) -> None:
    listeners = {}
    for each in links:
        name, _, addresses = each.partition("=")
        port, target, target_port = addresses.split(":")
        listening = socket.create_server((host, int(port)), backlog=1024)
        listeners[name] = Listener(name, listening, (target, int(target_port)), source_of)
    steered = Links(listeners, asyncio.get_running_loop())
    server = ControlServer((host, control), steered, os.environ.get(CONTROL_VARIABLE, ""))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    async with asyncio.TaskGroup() as serving:
        for listener in listeners.values():
            serving.create_task(listener.serve())


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m noetl_acceptance.link_proxy")
    parser.description = "A TCP proxy in the links between services, which it can disturb."
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (%(default)s)")
    parser.add_argument("--control-port", type=int, required=True, help="port to be steered at")
    parser.add_argument(
        "--processes",
        metavar="VARIABLE",
        help="tell who connects by this variable of his process; else by his container's name",
    )
    parser.add_argument(
        "links", nargs="+", metavar="NAME=PORT:HOST:PORT", help="a port to bind, and its target"
    )
    options = parser.parse_args()
    source_of = ByProcess(options.processes) if options.processes else by_container
    asyncio.run(_run(options.host, options.links, options.control_port, source_of))


if __name__ == "__main__":
    main()
