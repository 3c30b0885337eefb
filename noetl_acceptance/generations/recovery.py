"""How long a release of NoETL may be silent before it takes up what was left lying."""

from __future__ import annotations

import re

from noetl_acceptance.generations.editions import is_rust

SOON = 35.0
"""Seconds. What was not acknowledged NATS hands out again after 30 s (its ``ack_wait``). A claim of
2.8.x can be taken over when its heartbeat is 30 s old; until then its message is handed out again
and again. The Rust server looks every 8 s whether an execution is to go on."""

LATE = 185.0
"""Seconds, from 2.10.4 on. There a reaper looks every 60 s for commands whose worker was last heard
of 60 s ago, and for those that nobody has claimed within 60 s; a claim may be taken over when its
lease of 120 s is over (``noetl/server/command_reaper.py``, ``_CLAIM_LEASE_SECONDS`` of 4.26.0)."""

_REAPER_SINCE = (2, 10, 4)

_RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def recovery_seconds(noetl: str) -> float:
    """Return after how many seconds of silence nothing takes up an open command any more.

    Args:
        noetl: as it tells its version; of one that tells none nothing is known, so it gets as long
            as any.
    """
    if is_rust(noetl):
        return SOON
    release = _RELEASE.match(noetl)
    if release is None:
        return LATE
    return LATE if tuple(map(int, release.groups())) >= _REAPER_SINCE else SOON
