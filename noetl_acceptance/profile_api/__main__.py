"""Runs the mock profile API: ``python -m noetl_acceptance.profile_api``."""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from hypercorn.asyncio import serve
from hypercorn.config import Config

from noetl_acceptance.profile_api import CERTIFICATE_VARIABLE, CONTROL_VARIABLE
from noetl_acceptance.profile_api.control import create_app
from noetl_acceptance.profile_api.sink import Sink


async def _run(config: Config, sink: Sink, token: str, host: str, sink_port: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    async def stopped() -> None:
        await stop.wait()

    if sink_port is not None:
        await sink.listen(host, sink_port)
    await serve(create_app(sink, token), config, shutdown_trigger=stopped)  # type: ignore[arg-type]


@contextmanager
def _certified(config: Config, tls_bind: str | None) -> Iterator[None]:
    """Add the TLS port; its key comes by the environment and is in a private file meanwhile."""
    if tls_bind is None:
        yield
        return
    with tempfile.NamedTemporaryFile() as file:  # only its user can read it
        file.write(base64.b64decode(os.environ[CERTIFICATE_VARIABLE]))
        file.flush()
        config.certfile = config.keyfile = file.name
        config.insecure_bind, config.bind = config.bind, [tls_bind]
        yield


def main() -> None:
    """Serve until SIGINT or SIGTERM, over HTTP/1.1 and HTTP/2."""
    parser = argparse.ArgumentParser(prog="python -m noetl_acceptance.profile_api")
    parser.description = "The mock profile API: answers like httpbin's /anything, keeps a journal."
    parser.epilog = (
        f"Where {CONTROL_VARIABLE} is set, only who sends it in a header may control the API and "
        "read its journal: set the same for the suite."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (%(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to bind (%(default)s)")
    parser.add_argument("--second-port", type=int, help="one more, another origin to a client")
    parser.add_argument(
        "--tls-port", type=int, help=f"one more with TLS; {CERTIFICATE_VARIABLE} has the key"
    )
    parser.add_argument("--sink-port", type=int, help="port of a proxy that refuses every request")
    options = parser.parse_args()
    token = os.environ.get(CONTROL_VARIABLE, "")
    config = Config()
    plain = [port for port in (options.port, options.second_port) if port is not None]
    config.bind = [f"{options.host}:{port}" for port in plain]
    config.backlog = 1024
    config.graceful_timeout = 0.5
    config.keep_alive_timeout = 300  # longer than any client keeps its connection
    tls_bind = f"{options.host}:{options.tls_port}" if options.tls_port else None
    with _certified(config, tls_bind):
        asyncio.run(_run(config, Sink(), token, options.host, options.sink_port))


if __name__ == "__main__":
    main()
