"""Services that somebody kills or freezes, and whose failure that is; the run goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import psycopg
import pytest

from noetl_acceptance.bdd.session import Session
from noetl_acceptance.model.request import ExecutionRequest, Workload
from noetl_acceptance.options import load_settings
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.verdict import policy
from tests.live.test_lifecycle import KINDS

SIZES = Workload(seed_rows=20, batch_size=10, max_batches=2)
SLOW = (Rule(kind="delay", seconds=0.4),)


@pytest.fixture(params=KINDS)
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    session = Session(load_settings({"sandbox": request.param, "runs": str(tmp_path)}))
    session.open()
    yield session
    session.close(failed=False)


def strike(session: Session, service: str, number: int) -> None:
    """Send a signal to a service's last process once the execution has made calls."""
    connected = session.sandbox()
    pids = connected.sandbox.processes()[service]

    def when_at_work() -> None:
        rows = "SELECT count(*) FROM noetl.event WHERE event_type = 'call.done'"

        with psycopg.connect(connected.sandbox.endpoints.database, autocommit=True) as database:
            first = database.execute(rows).fetchone()
            eventually(
                lambda: database.execute(rows).fetchone(),
                lambda now: bool(now and first and now[0] >= first[0] + 4),
                seconds=60,
                what="calls",
            )
        psutil.Process(pids[-1]).send_signal(number)

    threading.Thread(target=when_at_work, daemon=True).start()


def verdict_of(session: Session, request: ExecutionRequest) -> str:
    """Run a scenario of one request and return its verdict."""
    error: Exception | None = None
    try:
        session.execute(request, seconds=60)
    except Exception as raised:  # noqa: BLE001 - its verdict is what is asked
        error = session.weigh(raised)
    passed = SimpleNamespace(is_passed=lambda: error is None)
    owner: Any = SimpleNamespace(name="A scenario", status=passed, effective_tags=())
    session.seen_in(owner)
    return "passed" if error is None else policy.of_error(error)


STRIKES = [
    ("server", signal.SIGTERM, "skipped"),
    ("worker-2", signal.SIGSEGV, "product"),
    ("nats", signal.SIGKILL, "sandbox"),
]


def test_whoever_ends_a_service_is_told_from_one_that_ends_by_itself(session: Session) -> None:
    told = []
    for turn, (service, number, _) in enumerate(STRIKES):
        strike(session, service, number)
        request = ExecutionRequest(workload=SIZES, rules=SLOW, max_in_flight=25 - turn)
        told.append(verdict_of(session, request))
    assert told == [verdict for *_, verdict in STRIKES]
    assert verdict_of(session, ExecutionRequest(workload=SIZES)) == "passed"
