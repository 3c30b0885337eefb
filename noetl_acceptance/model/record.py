"""All that was recorded about one execution: immutable, JSON in and out.

Times are epoch seconds (UTC, float) on the one clock of the machine.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from noetl_acceptance.model.cancelled import Cancelled
from noetl_acceptance.model.event_types import CANCELLED, FAILURES, UNENDED, EndReason
from noetl_acceptance.model.fault import FaultInterval
from noetl_acceptance.model.file_schemas import RECORD, renamed
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.request import ExecutionRequest, FrozenModel, Workload
from noetl_acceptance.model.row_values import Flag, Text, TravelerId, Whole
from noetl_acceptance.model.services import LogError, ServiceChange
from noetl_acceptance.model.wording import counted


class Event(FrozenModel):
    """One row of NoETL's event log, of the parent or of one of its children.

    ``result`` is kept where a check reads it (``noetl/event_reader.py`` says where), else None.
    """

    event_id: int
    execution_id: str
    parent_execution_id: str | None
    event_type: str
    node_name: str | None
    node_type: str | None
    status: str | None
    at: float
    worker_id: str | None
    error: str | None
    command_id: str | None
    result: Any

    @property
    def error_text(self) -> str:
        """The error that the event tells, in one line; empty when it tells none.

        Releases before 2.24 keep it in the result instead of the column.
        """
        text = self.error or _under(self.result, "error")
        return " ".join(str(text).split()) if text else ""

    @property
    def reason(self) -> str:
        """The start of ``error_text``, for messages."""
        return self.error_text[:200]


def _under(value: Any, key: str) -> Any:
    """Return the first thing that is not empty under a key, at any depth."""
    if not isinstance(value, dict):
        return None
    if value.get(key):
        return value[key]
    return next((found for inner in value.values() if (found := _under(inner, key))), None)


class Call(FrozenModel):
    """One call in the journal of the profile API; ``departed`` is None while it is open."""

    number: int
    arrived: float
    departed: float | None
    traveler_id: int | None
    traveler_name: str | None
    method: str
    path: str
    status: int | None
    answer: str
    trace: str
    connection: str
    protocol: str
    user_agent: str | None

    @property
    def good(self) -> bool:
        """Whether the answer was that traveler's own, whole, and in time."""
        return self.answer == "good" and self.status == 200


class SourceRow(FrozenModel):
    """One row of ``traveler_batch_source``."""

    traveler_id: TravelerId
    name: Text


class StoredRow(FrozenModel):
    """One row of ``traveler_batch_results``; what the pair has no column for is None."""

    traveler_id: TravelerId
    profile_status: Whole
    is_valid: Flag
    batch_number: Whole
    name: Text
    normalized_name: Text
    payload: Any
    reason: Text
    hash: Text
    stored_at: float | None


class RowCounts(FrozenModel):
    """How many rows an execution has in each of the two tables, and a digest of their content."""

    source: int
    stored: int
    digest: str = ""

    def __str__(self) -> str:
        return f"{counted(self.source, 'source row')} and {counted(self.stored, 'result row')}"


class Outcome(FrozenModel):
    """The rows and calls of one execution, as read at one time.

    ``columns`` are those of ``traveler_batch_source`` and ``traveler_batch_results``, ``types`` the
    types of the latter's; ``others`` counts their rows that stand under another execution's id.
    """

    read_at: float
    columns: dict[str, tuple[str, ...]]
    types: dict[str, str] = Field(default_factory=dict)
    others: dict[str, RowCounts]
    source: tuple[SourceRow, ...]
    stored: tuple[StoredRow, ...]
    calls: tuple[Call, ...]


class StatusSample(FrozenModel):
    """What NoETL's status endpoint said at one time (asked before ``at``)."""

    at: float
    completed: bool
    failed: bool
    current_step: str | None
    cancelled: bool = False


class StoredSample(FrozenModel):
    """Rows counted from ``at`` to ``until``, and travelers with a valid one; None if not told."""

    at: float
    stored: int
    valid: int | None = None
    until: float | None = None


class Answer(FrozenModel):
    """One of the documents' queries as the database answered it; ``error`` where it refused."""

    name: str
    sql: str
    rows: tuple[dict[str, Any], ...] | None
    error: str = ""


class Stores(FrozenModel):
    """What the database counts of statements that store rows in the target: them, and the rows."""

    statements: int
    rows: int


class ExecutionRecord(FrozenModel):
    """One execution, recorded once, after its end.

    ``pair`` is as it was registered for it; ``siblings`` are the ids of executions of the same
    request, side by side with it. ``there_before`` says that the log had events of it before the
    request: the id that NoETL answered is an old one. ``others_before`` counts other executions'
    rows before this one started; ``strays`` are the calls outside of every scenario that the
    profile API received meanwhile, as ``METHOD /path``; ``attempts`` are all that the sink has
    refused from the sandbox's start, or from this run's attaching to it, to the execution's end, as
    ``METHOD HOST:PORT``, None where there is no sink; ``misplaced`` counts its rows in the default
    database where its credential names another. ``services``, ``log_errors`` and ``answers`` are
    evidence: no check reads them but the log's own. ``pace`` is how many times as long as it needs
    the services' work took, as others took processors from them, and ``pace_source`` by what; older
    records measured the suite's work. ``stores`` is what the database counted meanwhile, None where
    it does not count, others went on side by side, or a fault may have made it begin anew.
    ``settings`` are the user's own, without what may be secret. ``cancelled`` is None unless the
    suite has had it cancelled. ``faults`` are the services that the suite put under a fault
    meanwhile, ``waits_for`` what one that did not end waited for. ``clock_moved`` is by how many
    seconds the clock was set.
    """

    schema_number: Annotated[int, AfterValidator(RECORD.check)] = RECORD.field()
    execution_id: str
    answer: dict[str, Any]
    request: ExecutionRequest
    siblings: tuple[str, ...] = ()
    pair: PlaybookPair
    noetl_version: str
    sandbox: str
    workers: int
    started_at: float
    there_before: bool = False
    ended_at: float
    end: EndReason
    events: tuple[Event, ...]
    statuses: tuple[StatusSample, ...]
    samples: tuple[StoredSample, ...]
    others_before: dict[str, RowCounts]
    outcome: Outcome
    strays: tuple[str, ...]
    attempts: tuple[str, ...] | None = ()
    misplaced: RowCounts
    services: tuple[ServiceChange, ...] = ()
    log_errors: tuple[LogError, ...] = ()
    answers: tuple[Answer, ...] = ()
    pace: float = 1.0
    pace_source: str = ""
    stores: Stores | None = None
    settings: dict[str, str] = Field(default_factory=dict)
    cancelled: Cancelled | None = None
    faults: tuple[FaultInterval, ...] = ()
    waits_for: tuple[str, ...] = ()
    clock_moved: float = 0.0

    @model_validator(mode="before")
    @classmethod
    def _from_schema_1(cls, data: Any) -> Any:
        return renamed(data, {"order": "request"})

    @property
    def workload(self) -> Workload:
        """The sizes that it must have."""
        return self.request.workload or self.pair.edition.workload

    @property
    def settled_at(self) -> float:
        """When its rows and calls are final: at its end, or when they were read if cancelled."""
        return self.ended_at if self.cancelled is None else self.outcome.read_at

    @property
    def label(self) -> str:
        """Which execution a message is about, and how it ended if not well."""
        about = f"execution {self.execution_id} ({self.workload})"
        failed = next((e for e in self.events if e.event_type in FAILURES and e.reason), None)
        if self.end == "playbook.completed" and failed is None:
            return about
        why = f"; first error, in step {failed.node_name}: {failed.reason}" if failed else ""
        by = next((f" ({e.reason})" for e in self.events if e.event_type == CANCELLED), "")
        ended = {CANCELLED: f"was cancelled{by}", UNENDED: "did not end"}
        return f"{about} {ended.get(self.end, f'ended with {self.end}')}{why}"

    @property
    def parent_events(self) -> tuple[Event, ...]:
        """The parent's own events, oldest first."""
        return tuple(e for e in self.events if e.execution_id == self.execution_id)

    @property
    def stored_ids(self) -> frozenset[int]:
        """The ids of the travelers that have a row in the target table."""
        return frozenset(row.traveler_id for row in self.outcome.stored)

    @property
    def asked(self) -> float | None:
        """When it was asked for; None for one that was there before, as ``zones.shift_of``."""
        return None if self.there_before else self.started_at

    @property
    def missing_ids(self) -> tuple[int, ...]:
        """The ids of the travelers in range that have no row in the target table."""
        stored = self.stored_ids
        return tuple(i for i in self.workload.travelers if i not in stored)

    @property
    def doubled_ids(self) -> tuple[int, ...]:
        """The ids of the travelers that have several rows in the target table."""
        counts = Counter(row.traveler_id for row in self.outcome.stored)
        return tuple(sorted(i for i, count in counts.items() if count > 1))
