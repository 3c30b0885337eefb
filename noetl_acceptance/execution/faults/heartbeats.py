"""Waits until NoETL knows its workers, as it does where it has been up for a while."""

from __future__ import annotations

from contextlib import suppress

from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.generations.editions import is_rust
from noetl_acceptance.noetl.registered_workers import beating
from noetl_acceptance.support.measuring import services_pace
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually

BEAT_SECONDS = 40.0
"""How long to wait: a worker of the Python releases beats its heart every 15 s, and the first time
may come to nothing where the server is not up yet."""


def await_heartbeats(connected: ConnectedSandbox) -> None:
    """Go on when the heart of each worker has beaten, or some time has passed.

    Of a worker whose heart has not beaten yet a Python release does not know that it is dead: its
    command is taken over after 120 s, and not after 30 (2.8.9). The Rust server asks no heart.
    """
    if is_rust(connected.sandbox.noetl_version):
        return
    workers = connected.sandbox.workers
    with suppress(DeadlineError, StarvedError), connected.console.phase("waiting for heartbeats"):
        eventually(
            lambda: beating(connected.connection),
            lambda known: known >= workers,
            seconds=BEAT_SECONDS,
            what=f"a heartbeat of {workers} workers",
            every=0.5,
            pace=services_pace(connected.reader),
        )
