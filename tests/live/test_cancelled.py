"""A real execution that is cancelled is told so at once, not as one that takes too long."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from noetl_acceptance.checks.batch_ranges import children_are
from noetl_acceptance.execution.pair_under_test import pair_under_test
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import ExecutionRequest, Workload
from noetl_acceptance.options import load_settings
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.support.polling import eventually
from tests.live.test_reproductions import connected


def test_a_cancelled_execution_is_told_at_once(tmp_path: Path) -> None:
    request = ExecutionRequest(workload=Workload(seed_rows=20, batch_size=10, max_batches=2))
    pair = pair_under_test(load_settings({}))
    with connected(tmp_path, workers=3, inflight=1) as at:
        at.register_playbooks(pair)
        at.set_credential(request.credential)
        at.profile_api.scenario("cancelled", [Rule("delay", seconds=1.0)])
        started = at.recorder.start(request, pair, at.connection, journal="cancelled")
        eventually(
            lambda: len(at.profile_api.journal("cancelled")),
            lambda calls: calls > 1,
            seconds=60,
            what="the first calls",
        )
        url = f"{at.sandbox.endpoints.noetl}/api/executions/{started.execution_id}/cancel"
        asked = {"reason": "by this test", "cascade": True}
        assert httpx.post(url, json=asked, trust_env=False).is_success
        cancelled, began = time.time(), time.monotonic()
        kept: list[ExecutionRecord] = []
        at.recorder.finish([started], seconds=120, keep=kept.append)
        took = time.monotonic() - began
    (run,) = kept
    assert run.end == "execution.cancelled"
    assert took < 30
    assert " was cancelled (by this test)" in run.label
    assert abs(run.ended_at - cancelled) < 5
    assert "ended with execution.cancelled" in " ".join(f.message for f in children_are(run, 2))
