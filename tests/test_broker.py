"""What NATS's monitor tells of NoETL's consumers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from noetl_acceptance.sandbox.broker import broker_parts, broker_state
from noetl_acceptance.sandbox.control import BrokerPart, BrokerState
from noetl_acceptance.sandbox.readiness import waiting_pulls


@contextmanager
def monitor(answer: bytes, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/jsz?consumers=true" else 404)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def consumer(seq: int, pending: int, unacknowledged: int, waiting: int) -> dict[str, Any]:
    return {
        "delivered": {"consumer_seq": seq, "stream_seq": 1},
        "num_pending": pending,
        "num_ack_pending": unacknowledged,
        "num_waiting": waiting,
    }


def test_the_consumers_of_all_streams_are_added_up() -> None:
    streams = [
        {"consumer_detail": [consumer(7, 1, 2, 3), consumer(1, 1, 1, 1)]},
        {"consumer_detail": [consumer(10, 20, 30, 40)]},
        {"name": "without consumers"},
    ]
    told = {"account_details": [{"stream_detail": streams}, {"name": "without streams"}]}
    with monitor(json.dumps(told).encode()) as url:
        assert broker_state(url) == BrokerState(3, 3, 18, 22, 33, 44)
        assert waiting_pulls(url) == 44


def test_a_nats_without_streams_has_none() -> None:
    with monitor(b"{}") as url:
        assert broker_state(url) == BrokerState()


@pytest.mark.parametrize(("answer", "status"), [(b"", 200), (b"{}", 503)])
def test_a_nats_that_does_not_answer_as_it_should_tells_nothing(answer: bytes, status: int) -> None:
    with monitor(answer, status) as url:
        assert broker_state(url) is None
    assert broker_state(url) is None  # it has gone
    assert waiting_pulls(url) == 0


def test_streams_that_nobody_consumes_are_no_part_of_noetls_commands() -> None:
    used = {"name": "COMMANDS", "created": "at eight"}
    consumers = [{"name": name, "created": "at nine"} for name in ("one", "two")]
    streams = [{**used, "consumer_detail": consumers}, {"name": "KV_loops", "created": "at ten"}]
    told = {"account_details": [{"stream_detail": streams}]}
    with monitor(json.dumps(told).encode()) as url:
        assert broker_parts(url, "streams") == frozenset({BrokerPart("COMMANDS", "at eight")})
        assert broker_parts(url, "consumers") == frozenset(
            BrokerPart("COMMANDS", "at nine", name) for name in ("one", "two")
        )
    assert broker_parts(url, "streams") is None
