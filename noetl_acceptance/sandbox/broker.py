"""What NATS tells of NoETL's consumers, from its monitor."""

from __future__ import annotations

from typing import Any

import httpx

from noetl_acceptance.sandbox.control import BrokerPart, BrokerPartKind, BrokerState
from noetl_acceptance.support.plain_http import NO_AUTHORITIES

ANSWER_SECONDS = 2.0
"""How long the monitor may take to answer."""


def broker_state(monitor: str) -> BrokerState | None:
    """Return what NATS tells of its streams and consumers; None while it does not answer.

    Args:
        monitor: its address, without a trailing slash.
    """
    streams = _streams(monitor)
    if streams is None:
        return None
    consumers = [each for stream in streams for each in stream.get("consumer_detail") or []]
    return BrokerState(
        streams=len(streams),
        consumers=len(consumers),
        delivered=sum(each.get("delivered", {}).get("consumer_seq", 0) for each in consumers),
        pending=sum(each.get("num_pending", 0) for each in consumers),
        unacknowledged=sum(each.get("num_ack_pending", 0) for each in consumers),
        waiting=sum(each.get("num_waiting", 0) for each in consumers),
    )


def broker_parts(monitor: str, kind: BrokerPartKind) -> frozenset[BrokerPart] | None:
    """Return the consumers, or the streams that have any; None while NATS does not answer.

    Args:
        monitor: its address, without a trailing slash.
        kind: which of the two.
    """
    streams = _streams(monitor)
    if streams is None:
        return None
    used = [each for each in streams if each.get("consumer_detail")]
    if kind == "streams":
        return frozenset(BrokerPart(each["name"], each["created"]) for each in used)
    return frozenset(
        BrokerPart(each["name"], consumer["created"], consumer["name"])
        for each in used
        for consumer in each["consumer_detail"]
    )


def _streams(monitor: str) -> list[dict[str, Any]] | None:
    url = f"{monitor}/jsz?consumers=true"
    try:
        answer = httpx.get(url, timeout=ANSWER_SECONDS, trust_env=False, verify=NO_AUTHORITIES)
        told: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return None
    accounts = told.get("account_details") or []
    return [each for account in accounts for each in account.get("stream_detail") or []]
