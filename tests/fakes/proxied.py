"""A proxy in two links to a service that answers, and who connects to it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from noetl_acceptance.link_proxy import CONTROL_VARIABLE
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.link_proxy.faults import Link, Traffic
from noetl_acceptance.sandbox.readiness import answers
from noetl_acceptance.support.ports import HOST, ReservedPorts

LINK: Link = "worker-postgres"
OTHER: Link = "worker-nats"
TOKEN = "a-word"  # noqa: S105 - made up
VARIABLE = "TEST_SERVICE"
SOON = 0.3
"""Seconds after which what may pass has passed, and what may not is held."""
PATIENCE = 10.0


@dataclass
class Target:
    """A service that answers each part with the same in capitals, and keeps what it got."""

    received: bytearray = field(default_factory=bytearray)
    connections: int = 0
    resets: int = 0

    def __post_init__(self) -> None:
        self.listening = socket.create_server((HOST, 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listening.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=[near], daemon=True).start()

    def _answer(self, near: socket.socket) -> None:
        with near:
            try:
                while data := near.recv(65536):
                    self.received += data
                    near.sendall(data.upper())
            except ConnectionResetError:
                self.resets += 1


@dataclass(frozen=True)
class Proxied:
    """A proxy in two links to the same target."""

    control: LinkProxy
    url: str
    ports: dict[str, int]
    target: Target

    def connect(self, link: str = LINK) -> socket.socket:
        client = socket.create_connection((HOST, self.ports[link]), timeout=PATIENCE)
        client.settimeout(PATIENCE)
        return client

    def traffic(self, link: str = LINK, source: str = "unknown") -> Traffic:
        found = [t for t in self.control.traffic() if (t.link, t.source) == (link, source)]
        return found[0] if found else Traffic(link, source)


@contextmanager
def running() -> Iterator[tuple[ReservedPorts, Target]]:
    """Run a proxy; yield the ports of its control and of both links, and the target."""
    target = Target()
    ports = ReservedPorts(3)
    control, *numbers = ports.numbers
    links = [
        f"{link}={port}:{HOST}:{target.port}"
        for link, port in zip((LINK, OTHER), numbers, strict=True)
    ]
    options = [f"--control-port={control}", f"--processes={VARIABLE}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "noetl_acceptance.link_proxy", *options, *links],
        env={CONTROL_VARIABLE: TOKEN},
    )
    try:
        wait_for(lambda: answers(f"http://{HOST}:{control}/health"))
        yield ports, target
    finally:
        process.kill()
        process.wait()
        target.listening.close()
        ports.release()


@contextmanager
def proxied(ports: ReservedPorts, target: Target) -> Iterator[Proxied]:
    """Yield a proxy that disturbs nothing, and leave it so."""
    control, first, second = ports.numbers
    url = f"http://{HOST}:{control}"
    target.received.clear()
    with closing(LinkProxy(url, TOKEN)) as client:
        yield Proxied(client, url, {LINK: first, OTHER: second}, target)
        client.clear()


def wait_for(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < until
        time.sleep(0.01)


def ask(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    return take(client, len(text))


def take(client: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (data := client.recv(count - len(found))):
        found += data
    return found


def nothing_comes(client: socket.socket) -> bool:
    client.settimeout(SOON)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE)
    return False
