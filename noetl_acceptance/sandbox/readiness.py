"""When the services of a sandbox are ready, whatever kind it is."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.sandbox.broker import broker_state
from noetl_acceptance.sandbox.starting import ServiceEndedError
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.measuring import Processes, Reader, services_pace
from noetl_acceptance.support.plain_http import NO_AUTHORITIES
from noetl_acceptance.support.polling import REAL_CLOCK, Clock, DeadlineError, eventually

BRING_UP_SECONDS = 120.0
"""The longest that a whole bring-up may take; a service that exits ends it."""

SERVICES_SECONDS = 1.0
"""How often to see whether all services run: to list containers costs more than all else here."""


def wait_until(
    ready: Callable[[], bool],
    what: str,
    check_services: Callable[[], None],
    console: Console,
    processes: Processes,
    clock: Clock = REAL_CLOCK,
) -> None:
    """Wait until a sandbox is ready.

    Args:
        ready: whether it is.
        what: what is waited for, for messages.
        check_services: raises when a service has exited.
        console: shows how long it may take.
        processes: of the services, to tell a slow machine.
        clock: what time is told by.

    Raises:
        SandboxError: not ready in time, or a service exited.
    """
    due = clock.now()

    def observe() -> bool:
        nonlocal due
        if clock.now() >= due:
            check_services()
            due = clock.now() + SERVICES_SECONDS
        return ready()

    pace = services_pace(Reader(processes))
    try:
        with console.phase(f"waiting for {what}", BRING_UP_SECONDS):
            eventually(
                observe,
                bool,
                seconds=BRING_UP_SECONDS,
                what=what,
                every=0.1,
                pace=pace,
                clock=clock,
            )
    except ServiceEndedError as ended:
        pace.look()
        ended.pace = pace.value
        raise
    except DeadlineError as late:
        raise SandboxError(
            f"{what} did not happen within {BRING_UP_SECONDS:.0f} s",
            "see the logs folder of the run",
            str(late),
        ) from late


def answers(url: str) -> bool:
    """Whether an HTTP GET is answered with success."""
    try:
        return httpx.get(url, timeout=2, trust_env=False, verify=NO_AUTHORITIES).is_success
    except httpx.HTTPError:
        return False


def waiting_pulls(nats_monitor: str) -> int:
    """Return how many pulls wait at NoETL's NATS consumers: one for each subscribed worker.

    NoETL 2.8.x loses a command that is sent before a worker has subscribed.
    """
    broker = broker_state(nats_monitor)
    return broker.waiting if broker is not None else 0


def told_version(server: str) -> str:
    """Return the version that a running server tells with its health.

    Args:
        server: its address.

    Raises:
        SandboxError: it tells none.
    """
    try:
        answer = httpx.get(
            f"{server}/api/health", timeout=10, trust_env=False, verify=NO_AUTHORITIES
        )
        return str(answer.raise_for_status().json()["version"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise SandboxError(
            f"NoETL's server tells no version: {error}", "see logs/server.log in the run's folder"
        ) from error
