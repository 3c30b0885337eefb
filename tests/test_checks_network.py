"""Checks of the wire: healthy probes have no finding, and each way to be wrong is named."""

from __future__ import annotations

import pytest

from noetl_acceptance.checks import network
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.probe_record import OUTSIDE, TWO_ADDRESSES, ProbeRecord
from noetl_acceptance.model.record import Call
from tests.runs import healthy_run

ADDRESS = "127.0.0.9:4711"


def call(number: int, connection: str, protocol: str = "HTTP/1.1", answer: str = "good") -> Call:
    """Return a call that arrives ``number`` seconds after the first and takes half a second."""
    return Call(
        number=number,
        arrived=100.0 + number,
        departed=100.5 + number,
        traveler_id=None,
        traveler_name=None,
        method="GET",
        path="/probe",
        status=200,
        answer=answer,
        trace="",
        connection=connection,
        protocol=protocol,
        user_agent=None,
    )


def probe(*calls: Call, asked: int | None = None, attempts: tuple[str, ...] = ()) -> ProbeRecord:
    return ProbeRecord(
        execution_id="1",
        target=OUTSIDE if attempts else TWO_ADDRESSES,
        asked=len(calls) if asked is None else asked,
        address=ADDRESS,
        end="playbook.completed",
        error="",
        calls=calls,
        attempts=attempts,
    )


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


KEPT = [call(1, "a"), call(2, "b"), call(3, "a"), call(4, "b")]
RENEWED = [call(1, "a"), call(2, "b"), call(3, "c"), call(4, "d")]


def test_connections_are_counted() -> None:
    assert network.made_over(probe(*KEPT), "HTTP/1.1", 2) == []
    assert network.made_over(probe(*RENEWED), "HTTP/1.1", 4) == []
    (found,) = network.made_over(probe(*RENEWED), "HTTP/1.1", 2)
    assert (found.kind, found.seen) == ("connections", 4)


@pytest.mark.parametrize(
    "probed",
    [probe(*KEPT, asked=6), probe(*KEPT[:3], call(4, "b", answer="abandoned")), probe(asked=4)],
)
def test_a_call_that_is_missing_or_not_answered_is_no_proof(probed: ProbeRecord) -> None:
    assert "calls" in kinds(network.made_over(probed, "HTTP/1.1", 2))
    assert "calls" in kinds(network.idle_between(probed))
    assert "calls" in kinds(network.reached(probed))


def test_every_call_must_speak_the_protocol() -> None:
    assert kinds(network.made_over(probe(*KEPT), "HTTP/2", 2)) == ["protocol"]
    mixed = probe(call(1, "a", "HTTP/2"), call(2, "a"))
    (found,) = network.made_over(mixed, "HTTP/2", 1)
    assert (found.kind, found.seen) == ("protocol", "HTTP/1.1, HTTP/2")


def test_the_shortest_pause_at_an_address_counts() -> None:
    slow = [call(2 * number, connection) for number, connection in enumerate("abab")]
    assert network.idle_between(probe(*slow)) == []
    assert kinds(network.idle_between(probe(*slow, call(6, "a")))) == ["not-idle"]
    assert kinds(network.idle_between(probe(*slow[:2]))) == ["not-idle"]


def test_a_call_outside_is_refused_only_if_it_is_noted_and_does_not_arrive() -> None:
    noted = f"GET {ADDRESS}"
    assert network.refused(probe(asked=2, attempts=(noted,))) == []
    assert kinds(network.refused(probe(asked=2))) == ["not-noted"]
    assert kinds(network.refused(probe(asked=2, attempts=("GET elsewhere",)))) == ["not-noted"]
    assert kinds(network.refused(probe(*KEPT))) == ["reached-outside", "not-noted"]


def test_a_call_outside_arrives_only_if_the_sink_has_not_had_it() -> None:
    assert network.reached(probe(*KEPT)) == []
    assert kinds(network.reached(probe(*KEPT, attempts=(f"GET {ADDRESS}",)))) == ["refused"]


def test_a_run_that_tries_something_outside_is_named() -> None:
    run = healthy_run()
    assert network.nothing_outside(run) == []
    run = run.model_copy(update={"attempts": ("CONNECT telemetry.example:443",) * 2})
    (found,) = network.nothing_outside(run)
    assert (found.kind, found.seen) == ("attempt-outside", 2)
    assert "2 attempts to reach a place outside: CONNECT telemetry.example:443" in found.message
