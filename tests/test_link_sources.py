"""The proxy in the links: whose connections are meant, and who may say so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.link_proxy.faults import LinkFault
from noetl_acceptance.link_proxy.sources import service_in
from noetl_acceptance.support.ports import ReservedPorts
from tests.fakes import proxied as links
from tests.fakes.proxied import (
    LINK,
    PATIENCE,
    VARIABLE,
    Proxied,
    Target,
    ask,
)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[ReservedPorts, Target]]:
    with links.running() as started:
        yield started


@pytest.fixture
def proxied(running: tuple[ReservedPorts, Target]) -> Iterator[Proxied]:
    with links.proxied(*running) as clean:
        yield clean


CLIENT = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) as client:
    for line in sys.stdin:
        try:
            client.sendall(line.encode())
            print(client.recv(100).decode().strip() or "closed", flush=True)
        except OSError as error:
            print(type(error).__name__, flush=True)
            break
"""


@dataclass
class Worker:
    """A process with a service's name, and a connection."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, name: str, port: int) -> Worker:
        return cls(
            subprocess.Popen(
                [sys.executable, "-c", CLIENT, str(port)],
                env={VARIABLE: name},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )

    def ask(self, text: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate(timeout=PATIENCE)


def test_a_fault_of_one_source_leaves_the_others_alone(proxied: Proxied) -> None:
    workers = [Worker.start(f"worker-{number}", proxied.ports[LINK]) for number in (1, 2)]
    try:
        assert [each.ask("hello") for each in workers] == ["HELLO", "HELLO"]
        assert proxied.traffic(source="worker-1").requests_passed == 6
        proxied.control.set(LINK, LinkFault("cut", source="worker-1"))
        assert [each.ask("more") for each in workers] == ["ConnectionResetError", "MORE"]
        again = Worker.start("worker-1", proxied.ports[LINK])
        workers.append(again)
        assert again.ask("hello") == "ConnectionResetError"
        assert proxied.traffic(source="worker-1").refused == 1
        assert proxied.traffic(source="worker-2").cut == 0
    finally:
        for each in workers:
            each.end()


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("noetl-acceptance-20261128-1-f6d2ca-2-worker-3.noetl_sandbox", "worker-3"),
        ("noetl-acceptance-20261128-1-f6d2ca-server-1.noetl_sandbox", "server"),
        ("localhost", "unknown"),
    ],
)
def test_a_container_s_name_tells_its_service(host: str, service: str) -> None:
    assert service_in(host) == service


def test_who_does_not_say_the_word_steers_nothing(proxied: Proxied) -> None:
    with closing(LinkProxy(proxied.url, "another")) as stranger:
        for attempt in (
            lambda: stranger.set(LINK, LinkFault("cut")),
            stranger.clear,
            stranger.traffic,
        ):
            with pytest.raises(SandboxError, match="the proxy of the links did not answer"):
                attempt()
    with proxied.connect() as client:
        assert ask(client, b"hello") == b"HELLO"
