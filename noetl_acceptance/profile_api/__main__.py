"""Runs the mock profile API: ``python -m noetl_acceptance.profile_api``."""

from __future__ import annotations

import argparse
import asyncio
import signal

from hypercorn.asyncio import serve
from hypercorn.config import Config

from noetl_acceptance.profile_api.app import create_app


async def _run(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    async def stopped() -> None:
        await stop.wait()

    await serve(create_app(), config, shutdown_trigger=stopped)  # type: ignore[arg-type]


def main() -> None:
    """Serve until SIGINT or SIGTERM, over HTTP/1.1 and HTTP/2."""
    parser = argparse.ArgumentParser(prog="python -m noetl_acceptance.profile_api")
    parser.description = "The mock profile API: answers like httpbin's /anything, keeps a journal."
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (%(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to bind (%(default)s)")
    options = parser.parse_args()
    config = Config()
    config.bind = [f"{options.host}:{options.port}"]
    config.backlog = 1024
    config.graceful_timeout = 0.5
    config.keep_alive_timeout = 300  # longer than any client keeps its connection
    asyncio.run(_run(config))


if __name__ == "__main__":
    main()
