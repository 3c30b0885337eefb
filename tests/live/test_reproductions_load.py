"""What is recorded of NoETL under load and of cancelling shows without the traveler playbooks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.noetl import event_log
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.support.polling import eventually
from tests.live.test_reproductions import PATH, connected, register

LONG = 5.0
"""How long a call takes: longer than two looks of a parent at its child."""


def started(at: ConnectedSandbox, journal: str) -> str:
    at.profile_api.scenario(journal, [Rule("delay", seconds=LONG)])
    url = f"{at.sandbox.endpoints.profile_api_inside}/s/{journal}/call"
    return str(at.api.execute(f"{PATH}/waiting_parent", {"url": url})["execution_id"])


def cancelled_at_its_first_call(at: ConnectedSandbox) -> str:
    """Cancel an execution as soon as one of its four calls is in flight."""
    register(at, "waiting_child")
    register(at, "waiting_parent")
    execution_id = started(at, "calls")
    eventually(
        lambda: at.profile_api.counts("calls").open,
        bool,
        seconds=60,
        what="a call in flight",
    )
    at.api.cancel(execution_id)
    return execution_id


@pytest.mark.parametrize("release", ["2.8.9", "rust"])
def test_parents_that_wait_hold_all_workers(release: str, tmp_path: Path) -> None:
    with connected(tmp_path, workers=2, inflight=1, noetl=release) as at:
        register(at, "waiting_child")
        register(at, "waiting_parent")
        for journal in ("one", "two"):
            started(at, journal)
        eventually(
            lambda: event_log.at_work(at.connection),
            lambda executions: executions == 4,
            seconds=60,
            what="commands of two parents and of two children",
        )
        time.sleep(20)
        assert [at.profile_api.counts(each).calls for each in ("one", "two")] == [0, 0]
        assert event_log.at_work(at.connection) == 4


@pytest.mark.parametrize("release", ["2.8.5", "2.8.9"])
def test_a_cancelled_execution_is_never_told_as_ended(release: str, tmp_path: Path) -> None:
    with connected(tmp_path, workers=3, inflight=1, noetl=release) as at:
        execution_id = cancelled_at_its_first_call(at)
        time.sleep(2 * LONG)
        status = at.api.status(execution_id)
        assert at.profile_api.counts("calls").open == 0
        assert event_log.at_work(at.connection) == 0
    assert (status.completed, status.failed, status.cancelled) == (False, False, False)


def test_the_child_of_a_cancelled_execution_goes_on(tmp_path: Path) -> None:
    with connected(tmp_path, workers=3, inflight=1, noetl="rust") as at:
        execution_id = cancelled_at_its_first_call(at)
        assert at.api.status(execution_id).cancelled
        eventually(
            lambda: at.profile_api.counts("calls").calls,
            lambda calls: calls == 4,
            seconds=60,
            what="all four calls",
        )
