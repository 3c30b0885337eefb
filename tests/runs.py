"""Makes healthy records, for tests that then damage them."""

from __future__ import annotations

from typing import Any

from noetl_acceptance.model.documents import DEFAULT, EDITIONS
from noetl_acceptance.model.playbooks import Playbook, PlaybookPair
from noetl_acceptance.model.record import (
    Call,
    Event,
    ExecutionRecord,
    Outcome,
    RowCounts,
    SourceRow,
    StatusSample,
    StoredRow,
    StoredSample,
)
from noetl_acceptance.model.request import ExecutionRequest, Workload

PARENT = "1000"
PARENT_PATH = EDITIONS[DEFAULT].parent_path
WORKER_PATH = EDITIONS[DEFAULT].worker_path
WORKER_TEXT = """
workload: {}
workflow:
- step: start
  tool: {kind: postgres, command: SELECT 1}
- step: fetch
  loop: {in: x, iterator: t, spec: {mode: parallel, max_in_flight: 25}}
  tool: {kind: http, method: GET}
- step: shape
  tool: {kind: python, code: "import json\\nresult = {}"}
- step: end
  tool: {kind: python, code: "result = {}"}
"""
PARENT_TEXT = """
workload:
  seed_rows: 2000
  batch_size: 100
  max_batches: 20
  pg_auth: pg_k8s
  profile_api_url: https://httpbin.org/anything/traveler-profile
workflow:
- step: start
  tool: {kind: postgres, command: SELECT 1}
- step: run_batches
  tool: {kind: playbook, path: WORKER, return_step: end}
- step: summarize
  tool: {kind: python, code: "result = {}"}
"""
PAIR = PlaybookPair(
    parent=Playbook(
        path=PARENT_PATH, file="parent.yaml", text=PARENT_TEXT.replace("WORKER", WORKER_PATH)
    ),
    worker=Playbook(path=WORKER_PATH, file="worker.yaml", text=WORKER_TEXT),
)


class Log:
    """Collects events and gives each an id."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, execution: str, kind: str, node: str, at: float, **more: Any) -> None:
        fields: dict[str, Any] = {
            "event_id": len(self.events) + 1,
            "execution_id": execution,
            "parent_execution_id": None if execution == PARENT else PARENT,
            "event_type": kind,
            "node_name": node,
            "node_type": None,
            "status": None,
            "at": at,
            "worker_id": None,
            "error": None,
            "command_id": None,
            "result": None,
        }
        self.events.append(Event(**{**fields, **more}))

    def command(
        self, execution: str, step: str, kind: str, start: float, end: float, **more: Any
    ) -> None:
        """Add the events of one command from its issue to its completion."""
        command = f"{execution}:{step}:{len(self.events)}"
        worker = f"worker-{len(self.events) % 4}"
        self.add(execution, "command.issued", step, start, node_type=kind, command_id=command)
        self.add(
            execution, "command.claimed", step, start + 0.01, worker_id=worker, command_id=command
        )
        self.add(execution, "step.enter", step, start + 0.01)
        self.add(execution, "call.done", step, end, command_id=command)
        self.add(execution, "step.exit", step, end, command_id=command, **more)
        self.add(execution, "command.completed", step, end, command_id=command)


def name_of(traveler: int) -> str:
    """The name that the generated source gives a traveler."""
    return f" Traveler '{traveler}' "


def healthy_run(seed_rows: int = 10, batch_size: int = 4, max_batches: int = 3) -> ExecutionRecord:
    """Return a record with nothing to find, of any sizes."""
    workload = Workload(seed_rows=seed_rows, batch_size=batch_size, max_batches=max_batches)
    log, clock = Log(), 100.0
    calls: list[Call] = []
    log.add(PARENT, "playbook.initialized", "parent", clock)
    log.command(PARENT, "start", "postgres", clock, clock + 1)
    clock += 2
    for batch in range(1, max_batches + 1):
        child, begun = str(PARENT + str(batch)), clock
        log.add(child, "playbook.initialized", WORKER_PATH, clock)
        log.command(child, "start", "postgres", clock, clock + 1)
        clock += 2
        for traveler in workload.window(batch):
            log.command(child, "fetch", "http", clock, clock + 1)
            calls.append(call_of(len(calls) + 1, traveler, clock + 0.3, clock + 0.6))
            clock += 1
        log.command(child, "end", "python", clock, clock + 1)
        log.add(child, "playbook.completed", "worker", clock + 1)
        log.command(PARENT, "run_batches", "playbook", begun, clock + 2)
        clock += 3
    rows = workload.expected_rows
    log.command(PARENT, "validate_persisted_results", "postgres", clock, clock + 1)
    summary = {
        "status": "completed",
        "execution": {"batch_worker_iterations": max_batches},
        "data": {"expected_rows": rows, "stored_rows": rows, "missing_rows": 0},
    }
    result = {"data": {"result": summary}}
    log.command(PARENT, "summarize", "python", clock + 1, clock + 2, result=result)
    log.add(PARENT, "playbook.completed", "parent", clock + 3)
    return ExecutionRecord(
        execution_id=PARENT,
        answer={"execution_id": PARENT},
        request=ExecutionRequest(workload=workload),
        pair=PAIR,
        noetl_version="2.8.9",
        sandbox="embedded",
        workers=5,
        started_at=99.0,
        ended_at=clock + 3,
        end="playbook.completed",
        events=tuple(log.events),
        samples=(
            StoredSample(at=98.0, stored=0, valid=0, until=98.1),
            StoredSample(at=clock, stored=rows, valid=rows, until=clock + 0.1),
        ),
        others_before={},
        statuses=(status_at(clock, over=False), status_at(clock + 4, over=True)),
        outcome=Outcome(
            read_at=clock + 4,
            columns={},
            others={},
            source=tuple(
                SourceRow(traveler_id=i, name=name_of(i)) for i in range(1, seed_rows + 1)
            ),
            stored=tuple(row_of(i, workload.batch_of(i)) for i in workload.travelers),
            calls=tuple(calls),
        ),
        strays=(),
        misplaced=RowCounts(source=0, stored=0),
    )


def status_at(at: float, *, over: bool) -> StatusSample:
    return StatusSample(at=at, completed=over, failed=False, current_step=None)


def call_of(number: int, traveler: int, arrived: float, departed: float) -> Call:
    return Call(
        number=number,
        arrived=arrived,
        departed=departed,
        traveler_id=traveler,
        traveler_name=name_of(traveler),
        method="GET",
        path="/s/x/profile",
        status=200,
        answer="good",
        trace=f"Root=1-{number}",
        connection="1",
        protocol="HTTP/1.1",
        user_agent=None,
    )


def row_of(traveler: int, batch: int) -> StoredRow:
    return StoredRow(
        traveler_id=traveler,
        profile_status=200,
        is_valid=True,
        batch_number=batch,
        name=name_of(traveler),
        normalized_name=name_of(traveler).strip().upper(),
        payload={
            "args": {"traveler_id": str(traveler), "traveler_name": name_of(traveler)},
            "headers": {"X-Amzn-Trace-Id": f"Root=1-{traveler}"},
        },
        reason=None,
        hash="x",
        stored_at=1.0,
    )
