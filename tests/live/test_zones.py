"""Events' times on a real NoETL whose database has another time zone than UTC."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from noetl_acceptance.checks.runtime import calls_inside_http
from noetl_acceptance.ddl import noetl_tables
from noetl_acceptance.ddl.noetl_tables import apply_ddl
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.pair_under_test import pair_under_test
from noetl_acceptance.generations.python_runtime import PythonServices
from noetl_acceptance.generations.services import Surroundings
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import ExecutionRequest, Workload
from noetl_acceptance.options import load_settings
from tests.live.test_reproductions import connected

INDIA = "Asia/Kolkata"


def enrich(at: ConnectedSandbox) -> ExecutionRecord:
    """Return the record of an execution on a sandbox."""
    request = ExecutionRequest(workload=Workload(seed_rows=6, batch_size=3, max_batches=2))
    pair = pair_under_test(load_settings({}))
    at.register_playbooks(pair)
    at.set_credential(request.credential)
    at.profile_api.scenario("zones", ())
    started = at.recorder.start(request, pair, at.connection, journal="zones")
    kept: list[ExecutionRecord] = []
    at.recorder.finish([started], seconds=120, keep=kept.append)
    return kept[0]


def apart(at: ConnectedSandbox, record: ExecutionRecord) -> float:
    """Return by how many seconds the table of events has another time than the record."""
    row = at.connection.execute(
        "SELECT extract(epoch FROM min(created_at) AT TIME ZONE 'UTC')::float8 FROM noetl.event "
        "WHERE execution_id = %s",
        (record.execution_id,),
    ).fetchone()
    assert row is not None
    return float(round(row[0] - record.events[0].at))


def test_a_zone_of_the_database_reaches_no_session_of_a_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_india(connection: psycopg.Connection[Any], text: str) -> None:
        apply_ddl(connection, text)
        connection.execute(f"ALTER DATABASE noetl SET timezone TO '{INDIA}'")

    monkeypatch.setattr(noetl_tables, "apply_ddl", in_india)
    with connected(tmp_path, workers=2, inflight=1) as at:
        with psycopg.connect(at.sandbox.endpoints.database) as other:
            assert other.execute("SHOW timezone").fetchone() == ("UTC",)
        run = enrich(at)
        assert apart(at, run) == 0
    assert calls_inside_http(run) == []


def test_events_in_another_zone_are_taken_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = PythonServices.variables

    def in_india(services: PythonServices, surroundings: Surroundings) -> dict[str, str]:
        return {**usual(services, surroundings), "PGTZ": INDIA}

    monkeypatch.setattr(PythonServices, "variables", in_india)
    with connected(tmp_path, workers=2, inflight=1) as at:
        run = enrich(at)
        assert apart(at, run) == 5.5 * 3600
    assert run.end == "playbook.completed"
    assert run.started_at <= run.events[0].at <= run.ended_at <= run.outcome.read_at
    assert calls_inside_http(run) == []
