"""Which release a NoETL that is up tells of itself."""

from __future__ import annotations

from typing import Any

import httpx

from noetl_acceptance.generations.editions import RUST


def told_release(noetl: str) -> str:
    """Return the release that a server tells, ``rust 3.54.0``; empty where it tells none.

    The Python runtime tells none: from 2.8.4 to 4.26.0 its API says a constant.

    Args:
        noetl: its URL.
    """
    try:
        health: Any = httpx.get(f"{noetl}/api/health", timeout=5, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return ""
    if not isinstance(health, dict) or "nats" not in health or "version" not in health:
        return ""
    return f"{RUST} {health['version']}"
