"""The proxy in the links: each mode is seen where it is set, and nowhere else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noetl_acceptance.link_proxy.faults import LinkFault
from noetl_acceptance.support.ports import HOST, ReservedPorts
from noetl_acceptance.support.tcp_forward import TcpForward
from tests.fakes import proxied as links
from tests.fakes.proxied import (
    LINK,
    OTHER,
    PATIENCE,
    SOON,
    Proxied,
    Target,
    ask,
    nothing_comes,
    take,
    wait_for,
)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[ReservedPorts, Target]]:
    with links.running() as started:
        yield started


@pytest.fixture
def proxied(running: tuple[ReservedPorts, Target]) -> Iterator[Proxied]:
    with links.proxied(*running) as clean:
        yield clean


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


def test_what_waits_for_its_reader_is_not_held_until_a_fault_keeps_it(proxied: Proxied) -> None:
    """Else a fault that was never made counts as felt."""
    before, size = proxied.traffic(), 20_000_000
    with proxied.connect() as client:
        threading.Thread(target=client.sendall, args=[b"a" * size], daemon=True).start()

        def waiting() -> int:
            now = proxied.traffic()
            arrived = now.answers_arrived - before.answers_arrived
            return arrived - (now.answers_passed - before.answers_passed)

        wait_for(lambda: waiting() > 0)
        assert proxied.traffic().held("both") == 0
        proxied.control.set(LINK, LinkFault("silent"))
        part = size // 2  # more than lies on its way: what comes next meets the fault
        taken = threading.Thread(target=take, args=[client, part], daemon=True)
        taken.start()
        wait_for(lambda: proxied.traffic().held("both") > 0)
        proxied.control.clear()
        taken.join()
        assert len(take(client, size - part)) == size - part
        wait_for(lambda: waiting() == 0)
        assert proxied.traffic().held("both") == 0


def test_who_has_gone_before_its_connection_is_made_reaches_nobody(proxied: Proxied) -> None:
    """No link that is silent has a handshake, so nothing of it arrives when that is over."""
    received = bytes(proxied.target.received)
    connections = proxied.target.connections
    proxied.control.set(LINK, LinkFault("silent"))
    client = proxied.connect()
    client.sendall(b"gone")
    wait_for(lambda: proxied.traffic().requests_held == 4)
    client.close()
    time.sleep(SOON)
    proxied.control.clear()
    wait_for(lambda: proxied.traffic().open == 0)
    assert bytes(proxied.target.received) == received
    assert proxied.target.connections == connections


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
