"""The proxy in the links: each mode is seen where it is set, and nowhere else."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.link_proxy import CONTROL_VARIABLE
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.link_proxy.faults import Link, LinkFault, Traffic
from noetl_acceptance.link_proxy.sources import service_in
from noetl_acceptance.sandbox.readiness import answers
from noetl_acceptance.support.ports import HOST, ReservedPorts
from noetl_acceptance.support.tcp_forward import TcpForward

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


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[ReservedPorts, Target]]:
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


@pytest.fixture
def proxied(running: tuple[ReservedPorts, Target]) -> Iterator[Proxied]:
    ports, target = running
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


def test_without_a_fault_everything_passes_and_is_counted(proxied: Proxied) -> None:
    before = proxied.traffic()
    with proxied.connect() as client:
        assert ask(client, b"hello") == b"HELLO"
        after = proxied.traffic()
    assert after.opened - before.opened == 1
    assert after.requests_arrived - before.requests_arrived == 5
    assert after.requests_passed - before.requests_passed == 5
    assert after.answers_arrived - before.answers_arrived == 5
    assert after.answers_passed - before.answers_passed == 5
    wait_for(lambda: proxied.traffic().open == 0)


@settings(deadline=None, max_examples=25)
@given(parts=st.lists(st.binary(min_size=1, max_size=100_000), max_size=8))
def test_bytes_arrive_unchanged_and_in_order(
    running: tuple[ReservedPorts, Target], parts: list[bytes]
) -> None:
    ports, target = running
    target.received.clear()
    sent = b"".join(parts)
    with socket.create_connection((HOST, ports.numbers[1]), timeout=PATIENCE) as client:

        def send() -> None:
            for part in parts:
                client.sendall(part)
            client.shutdown(socket.SHUT_WR)

        threading.Thread(target=send, daemon=True).start()
        found = b""
        while data := client.recv(65536):
            found += data
    assert bytes(target.received) == sent
    assert found == sent.upper()


def test_a_cut_resets_both_sides_and_whoever_comes_next(proxied: Proxied) -> None:
    with proxied.connect() as client:
        assert ask(client, b"hello") == b"HELLO"
        before, resets = proxied.traffic(), proxied.target.resets
        proxied.control.set(LINK, LinkFault("cut"))
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        wait_for(lambda: proxied.target.resets == resets + 1)
    with pytest.raises(ConnectionResetError), proxied.connect() as client:
        client.recv(1)
    after = proxied.traffic()
    assert (after.cut - before.cut, after.refused - before.refused) == (1, 1)
    assert after.open == 0
    proxied.control.clear()
    with proxied.connect() as client:
        assert ask(client, b"again") == b"AGAIN"


def test_a_silent_link_holds_what_comes_closes_nothing_and_lets_it_go_later(
    proxied: Proxied,
) -> None:
    with proxied.connect() as old:
        assert ask(old, b"hello") == b"HELLO"
        connections = proxied.target.connections
        proxied.control.set(LINK, LinkFault("silent"))
        before = proxied.traffic()
        with proxied.connect() as new:
            old.sendall(b"old")
            new.sendall(b"new")
            wait_for(lambda: proxied.traffic().requests_held == 6)
            assert nothing_comes(old)
            assert nothing_comes(new)
            during = proxied.traffic()
            assert during.requests_arrived - before.requests_arrived == 6
            assert during.requests_passed == before.requests_passed
            assert during.answers_held == 0
            assert proxied.control.faults(LINK) == [LinkFault("silent")]
            assert during.open - before.open == 1
            assert proxied.target.connections == connections
            proxied.control.clear()
            assert take(old, 3) == b"OLD"
            assert take(new, 3) == b"NEW"
    assert proxied.control.faults(LINK) == []
    assert proxied.traffic().held("both") == 0


def test_a_silent_link_does_not_tell_that_a_side_has_closed(proxied: Proxied) -> None:
    client = proxied.connect()
    assert ask(client, b"hello") == b"HELLO"
    proxied.control.set(LINK, LinkFault("silent"))
    client.close()
    time.sleep(SOON)
    assert proxied.traffic().open == 1
    proxied.control.clear()
    wait_for(lambda: proxied.traffic().open == 0)


def test_held_answers_leave_the_writer_not_knowing(proxied: Proxied) -> None:
    with proxied.connect() as client:
        assert ask(client, b"hello") == b"HELLO"
        proxied.control.set(LINK, LinkFault("silent", direction="answers"))
        client.sendall(b" stored")
        wait_for(lambda: bytes(proxied.target.received) == b"hello stored")
        assert nothing_comes(client)
        wait_for(lambda: proxied.traffic().held("answers") == len(b" stored"))
        proxied.control.clear()
        assert take(client, 7) == b" STORED"


def test_held_answers_are_lost_where_a_cut_follows(proxied: Proxied) -> None:
    with proxied.connect() as client:
        assert ask(client, b"hello") == b"HELLO"
        proxied.control.set(LINK, LinkFault("silent", direction="answers"))
        client.sendall(b" stored")
        wait_for(lambda: bytes(proxied.target.received) == b"hello stored")
        proxied.control.set(LINK, LinkFault("cut"))
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert proxied.traffic().held("both") == 0


def test_held_requests_do_not_reach_the_other_side(proxied: Proxied) -> None:
    with proxied.connect() as client:
        assert ask(client, b"hello") == b"HELLO"
        proxied.control.set(LINK, LinkFault("silent", direction="requests"))
        client.sendall(b" more")
        assert nothing_comes(client)
        assert bytes(proxied.target.received) == b"hello"


def test_a_delay_holds_each_part_as_long_and_not_one_after_the_other(proxied: Proxied) -> None:
    with proxied.connect() as client:
        assert ask(client, b"hello") == b"HELLO"
        proxied.control.set(LINK, LinkFault("delayed", direction="answers", seconds=1.0))
        began = time.monotonic()
        for letter in (b"a", b"b", b"c", b"d", b"e"):
            client.sendall(letter)
            time.sleep(0.05)
        assert take(client, 1) == b"A"
        assert time.monotonic() - began >= 1.0
        assert take(client, 4) == b"BCDE"
        assert 1.2 <= time.monotonic() - began < 4.0


def test_a_throttled_link_passes_no_more_than_it_may(proxied: Proxied) -> None:
    with proxied.connect() as client:
        fault = LinkFault("throttled", direction="answers", bytes_per_second=10_000)
        proxied.control.set(LINK, fault)
        began = time.monotonic()
        assert ask(client, b"a" * 5_000) == b"A" * 5_000
        assert time.monotonic() - began >= 0.49
        client.sendall(b"b" * 100_000)
        proxied.control.clear()
        assert take(client, 100_000) == b"B" * 100_000
        assert time.monotonic() - began < 5


def test_a_fault_of_one_link_leaves_the_others_alone(proxied: Proxied) -> None:
    proxied.control.set(LINK, LinkFault("cut"))
    with proxied.connect(OTHER) as client:
        assert ask(client, b"hello") == b"HELLO"


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


def test_a_target_that_takes_no_connection_is_told_as_a_reset() -> None:
    ports = ReservedPorts(1)
    with closing(TcpForward(HOST, ports.numbers[0])) as forward:
        client = socket.create_connection((HOST, forward.port), timeout=PATIENCE)
        with client, pytest.raises(ConnectionResetError):
            client.recv(1)
    ports.release()


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "broken"},
        {"mode": "cut", "direction": "answers"},
        {"mode": "silent", "direction": "up"},
        {"mode": "delayed"},
        {"mode": "silent", "seconds": 1.0},
        {"mode": "throttled"},
        {"mode": "delayed", "seconds": 1.0, "bytes_per_second": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        LinkFault(**fields)


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
