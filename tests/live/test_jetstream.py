"""What NATS keeps is deleted in a real NATS, by a client of a few lines."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.services import USER
from noetl_acceptance.sandbox import readiness
from noetl_acceptance.sandbox.broker import broker_parts, broker_state
from noetl_acceptance.sandbox.control import BrokerPart
from noetl_acceptance.sandbox.jetstream import JetStream
from noetl_acceptance.sandbox.local import nats
from noetl_acceptance.sandbox.local.processes import Service, stop_all
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.ports import HOST, ReservedPorts

PASSWORD = 'of-this "test" only'  # noqa: S105 - a NATS that lives for seconds
STREAM = {"name": "COMMANDS", "subjects": ["commands"], "storage": "memory"}
CONSUMER = {
    "stream_name": "COMMANDS",
    "config": {"durable_name": "workers", "ack_policy": "explicit"},
}


class Running:
    """A NATS with one stream and its consumer."""

    def __init__(self, port: int, monitor: str) -> None:
        self.port, self.monitor = port, monitor
        self.client = JetStream(HOST, port, USER, PASSWORD)

    def ask(self, subject: str, body: dict[str, Any]) -> None:
        """Have JetStream make something."""
        account, text = {"user": USER, "pass": PASSWORD, "verbose": False}, json.dumps(body)
        with socket.create_connection((HOST, self.port), timeout=5) as wire:
            orders = f"CONNECT {json.dumps(account)}", f"PUB {subject} {len(text)}", text, "PING"
            wire.sendall("".join(f"{each}\r\n" for each in orders).encode())
            seen = b""
            while b"PONG" not in seen:
                seen += wire.recv(65536)

    def has_stream(self) -> bool:
        """Whether its stream is there, with a consumer or without."""
        state = broker_state(self.monitor)
        return state is not None and state.streams > 0

    def parts(self, kind: Any) -> frozenset[BrokerPart]:
        """Return what it has."""
        return broker_parts(self.monitor, kind) or frozenset()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    ports = ReservedPorts(2)
    port, monitor_port = ports.numbers
    command = nats.command(tmp_path / "nats", PASSWORD, port, monitor_port)
    service = Service.start("nats", command, {}, tmp_path / "log", folder=tmp_path)
    made = Running(port, f"http://{HOST}:{monitor_port}")
    try:
        healthy = f"{made.monitor}/healthz"
        eventually(lambda: readiness.answers(healthy), bool, seconds=30, what="NATS")
        made.ask("$JS.API.STREAM.CREATE.COMMANDS", STREAM)
        # JetStream answers later than it takes an order, and refuses a consumer of no stream.
        eventually(made.has_stream, bool, seconds=10, what="the stream")
        made.ask("$JS.API.CONSUMER.DURABLE.CREATE.COMMANDS.workers", CONSUMER)
        eventually(lambda: made.parts("consumers"), bool, seconds=10, what="the consumer")
        yield made
    finally:
        stop_all([service])
        ports.release()


def test_a_consumer_is_deleted_and_its_stream_stays(running: Running) -> None:
    (consumer,) = running.parts("consumers")
    running.client.delete(consumer)
    assert running.parts("consumers") == frozenset()
    running.ask("$JS.API.CONSUMER.DURABLE.CREATE.COMMANDS.workers", CONSUMER)
    again = eventually(lambda: running.parts("consumers"), bool, seconds=10, what="another one")
    assert consumer not in again


def test_a_stream_is_deleted_with_its_consumer(running: Running) -> None:
    (stream,) = running.parts("streams")
    assert stream.stream == "COMMANDS"
    running.client.delete(stream)
    assert running.parts("consumers") == frozenset()
    with pytest.raises(SandboxError, match="did not delete the stream COMMANDS: stream not found"):
        running.client.delete(stream)


def test_who_may_not_or_cannot_is_told(running: Running) -> None:
    (stream,) = running.parts("streams")
    for client in (JetStream(HOST, running.port, USER, "wrong"), JetStream(HOST, 1, USER, "any")):
        with pytest.raises(SandboxError, match="NATS did not delete the stream COMMANDS: "):
            client.delete(stream)
    assert running.parts("streams") == {stream}
