"""A NoETL that carries nothing out: each execution goes as its fate says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from noetl_acceptance.generations.log_dialect import Status
from noetl_acceptance.model.event_types import CANCELLED, INITIALIZED, EndReason
from noetl_acceptance.model.record import Event, RowCounts, SourceRow
from noetl_acceptance.model.request import Workload
from noetl_acceptance.noetl import event_log, outcome_tables
from noetl_acceptance.noetl.api import RefusedError
from noetl_acceptance.noetl.outcome_rows import Rows
from noetl_acceptance.noetl.written_events import WrittenEvent
from noetl_acceptance.profile_api.journal import Call, Counts, base_path
from noetl_acceptance.support.lasting_connection import OutageError
from tests.fakes.clock import FakeClock
from tests.runs import call_of, row_of


@dataclass(frozen=True)
class Fate:
    """How an execution goes.

    Args:
        seconds: until its end; None for one that never ends.
        reason: how it ends.
        rests: seconds after the request until none of its commands is open; its end when None.
        refused: NoETL does not take the request.
        stored: how many travelers' rows it stores; all when None.
        later_stored: how many of them are there 5 s after its end; as many when None.
        event_types: the types of its events, where a test wants any.
        silent_after: seconds from the request to its last event; None where a test wants no events.
        waits: only its parent is held by a worker, each execution's by another one, and waits for
            a child whose command no worker has taken.
        answered_after: how long its calls are in flight.
        writes: after how many seconds it writes an event, and which worker that is about.
    """

    seconds: float | None = 5.0
    reason: EndReason = "playbook.completed"
    rests: float | None = None
    refused: bool = False
    stored: int | None = None
    later_stored: int | None = None
    event_types: frozenset[str] = frozenset()
    silent_after: float | None = None
    waits: bool = False
    answered_after: float = 0.0
    writes: tuple[float, str] | None = None


@dataclass
class _Execution:
    number: int
    workload: Workload
    began: float
    fate: Fate


class FakeNoetl:
    """NoETL's API, its event log and the tables that its executions fill.

    Args:
        clock: tells when executions end.
        fates: of the executions, in the order of the requests; the last one is of all further.
    """

    def __init__(self, clock: FakeClock, fates: list[Fate]) -> None:
        self._clock = clock
        self._fates = fates
        self._executions: dict[str, _Execution] = {}
        self.asked: list[dict[str, Any]] = []
        self.cancelled: dict[str, float] = {}
        self.registered: list[str] = []
        self.unreachable: BaseException | None = None
        self.database_lost = False
        self.outage_expected = False
        self.unreadable: BaseException | None = None
        self.answered: str | None = None
        """The id that it answers instead of a new execution's."""

    # --- the API

    def register_playbook(self, text: str) -> int:
        self.registered.append(text)
        return len(self.registered)

    def put_credential(self, _name: str, _data: Any) -> None: ...

    def delete_credential(self, _name: str) -> None: ...

    def close(self) -> None: ...

    def execute(self, _path: str, payload: dict[str, Any]) -> dict[str, Any]:
        if self.unreachable is not None:
            raise self.unreachable
        fate = self._fates.pop(0) if len(self._fates) > 1 else self._fates[0]
        if fate.refused:
            raise RefusedError("POST /api/execute was refused: 500 no response from stream")
        self.asked.append(payload)
        number = 1000 + len(self.asked)
        sizes = {key: payload.get(key, 1) for key in Workload.model_fields}
        execution = _Execution(number, Workload(**sizes), self._clock.time(), fate)
        self._executions[str(number)] = execution
        return {"execution_id": self.answered or str(number)}

    def cancel(self, execution_id: str) -> dict[str, Any]:
        self.cancelled[execution_id] = self._clock.time()
        return {"status": "cancelled"}

    def move_to(self, url: str) -> None:
        self.moved_to = url

    def status(self, execution_id: str) -> Status:
        if self.unreachable is not None:
            raise self.unreachable
        over = self.find_ending(execution_id) is not None
        return Status(completed=over, failed=False, current_step="end")

    # --- the event log

    def known(self) -> frozenset[str]:
        self._require_database()
        return frozenset(self._executions)

    def find_ending(self, execution_id: str) -> event_log.Ending | None:
        self._require_database()
        execution = self._executions[execution_id]
        if execution_id in self.cancelled:
            return event_log.Ending(CANCELLED, self.cancelled[execution_id])
        seconds = execution.fate.seconds
        if seconds is None or self._clock.time() < execution.began + seconds:
            return None
        return event_log.Ending(execution.fate.reason, execution.began + seconds)

    def open_commands(self, execution_id: str) -> int:
        self._require_database()
        execution = self._executions.get(execution_id)
        if execution is None:
            return 0
        rests = execution.fate.seconds if execution.fate.rests is None else execution.fate.rests
        return int(rests is None or self._clock.time() < execution.began + rests)

    def working_commands(self, execution_id: str) -> int:
        execution = self._executions[execution_id]
        return 0 if execution.fate.waits else self.open_commands(execution_id)

    def held_commands(self, execution_id: str) -> list[event_log.HeldCommand]:
        if not self.open_commands(execution_id):
            return []
        execution = self._executions.get(execution_id)
        if execution is not None and execution.fate.waits:
            worker = f"worker-{execution.number - 1000}"
            return [event_log.HeldCommand("run_batches", worker, of_parent=True)]
        return [
            event_log.HeldCommand("fetch", "worker-2", of_parent=False),
            event_log.HeldCommand("run_batches", "worker-1", of_parent=True),
        ]

    def newest_event(self, execution_id: str) -> float:
        execution = self._executions[execution_id]
        silent_after = execution.fate.silent_after
        return 0.0 if silent_after is None else execution.began + silent_after

    def written_by(self, execution_id: str) -> str | None:
        """Return whom the event is about that a fault waits for; None while it is not written."""
        execution = self._executions[execution_id]
        if execution.fate.writes is None:
            return None
        seconds, worker = execution.fate.writes
        return worker if self._clock.time() >= execution.began + seconds else None

    def event_types_of(self, execution_id: str) -> frozenset[str]:
        return self._executions[execution_id].fate.event_types

    # --- the tables and the profile API's journal

    def rows_of(self, execution_id: str) -> list[Any]:
        self._require_database()
        execution = self._executions[execution_id]
        travelers = execution.workload.travelers
        fate = execution.fate
        stored = len(travelers) if fate.stored is None else fate.stored
        over = fate.seconds is not None and self._clock.time() > execution.began + fate.seconds + 5
        if over and fate.later_stored is not None:
            stored = fate.later_stored
        return [row_of(i, execution.workload.batch_of(i)) for i in travelers[:stored]]

    def source_of(self, execution_id: str) -> list[SourceRow]:
        if self.unreadable is not None:
            raise self.unreadable
        return [
            SourceRow(traveler_id=i, name=f"Traveler {i}")
            for i in self._executions[execution_id].workload.travelers
        ]

    def calls_of(self, execution_id: str) -> list[Any]:
        execution = self._executions[execution_id]
        departed = execution.began + execution.fate.answered_after
        over = departed <= self._clock.time()
        calls = [call_of(i, i, execution.began, departed) for i in execution.workload.travelers]
        return [call if over else call.model_copy(update={"departed": None}) for call in calls]

    def _require_database(self) -> None:
        if self.database_lost and self.outage_expected:
            raise OutageError("Postgres is out of reach")
        if self.database_lost:
            raise psycopg.OperationalError("the connection is lost")


class FakeConnection:
    """A connection to the database of a fake NoETL."""

    def __init__(self, noetl: FakeNoetl) -> None:
        self.noetl = noetl
        self.closed = False

    def execute(self, _query: Any, _parameters: Any = None) -> None:
        self.noetl._require_database()

    def expect_outage(self) -> None:
        self.execute("SET")
        self.noetl.outage_expected = True

    def renew(self) -> None:
        self.noetl.outage_expected = False
        self.execute("SET")

    def close(self) -> None:
        self.closed = True


class FakeEventLog:
    """Stands in for ``noetl/event_log.py``: the same functions, asked of a fake connection."""

    Ending = event_log.Ending

    @staticmethod
    def find_ending(
        connection: FakeConnection, execution_id: str, _asked: float, _now: float
    ) -> event_log.Ending | None:
        return connection.noetl.find_ending(execution_id)

    @staticmethod
    @contextmanager
    def as_it_stands(connection: FakeConnection) -> Iterator[Callable[[str], bool]]:
        yield connection.noetl.known().__contains__

    @staticmethod
    def open_commands(connection: FakeConnection, execution_id: str) -> int:
        return connection.noetl.open_commands(execution_id)

    @staticmethod
    def working_commands(
        connection: FakeConnection,
        execution_id: str,
        waiting: Sequence[str],  # noqa: ARG004 - as the real one has it
    ) -> int:
        return connection.noetl.working_commands(execution_id)

    @staticmethod
    def held_commands(connection: FakeConnection, execution_id: str) -> list[event_log.HeldCommand]:
        return connection.noetl.held_commands(execution_id)

    @staticmethod
    def own_open_commands(_connection: FakeConnection, _execution_id: str) -> int:
        return 0

    @staticmethod
    def written_by(_connection: FakeConnection) -> None:
        return None

    @staticmethod
    def at_work(_connection: FakeConnection) -> int:
        return 0

    @staticmethod
    def open_steps(
        connection: FakeConnection, execution_id: str, _asked: float, _now: float
    ) -> list[str]:
        open_ones = connection.noetl.open_commands(execution_id)
        return ["1 of step fetch, for 40 s"] if open_ones else []


class FakeWrittenEvents:
    """Stands in for ``noetl/written_events.py``, likewise."""

    @staticmethod
    def first_written(
        connection: FakeConnection, execution_id: str, *_: str, **__: bool
    ) -> WrittenEvent | None:
        worker = connection.noetl.written_by(execution_id)
        return None if worker is None else WrittenEvent(worker, None)

    @staticmethod
    def worker_of(_connection: FakeConnection, _execution_id: str, event: WrittenEvent) -> str:
        return event.worker_id or ""


class FakeEventReader:
    """Reads an execution's first event alone; what types there were to read is told."""

    ended_children = 0

    def __init__(self, connection: FakeConnection, execution_id: str, *_: Any) -> None:
        unknown = dict.fromkeys(Event.model_fields)
        told = {"event_id": 1, "execution_id": execution_id, "event_type": INITIALIZED, "at": 0.0}
        self._first = Event.model_validate({**unknown, **told})
        self.event_types = connection.noetl.event_types_of(execution_id)
        self.newest = connection.noetl.newest_event(execution_id)

    def read(self) -> None:
        pass

    def all(self) -> tuple[Event, ...]:
        return (self._first,)


class FakeOutcomes:
    """Stands in for ``outcomes.py``, likewise."""

    RESULTS, SOURCE = outcome_tables.RESULTS, outcome_tables.SOURCE

    @staticmethod
    def read_columns(connection: FakeConnection) -> dict[str, dict[str, str]]:
        connection.execute("columns")
        return {outcome_tables.RESULTS: {"execution_id": "text"}, outcome_tables.SOURCE: {}}

    @staticmethod
    def count_rows(connection: FakeConnection, *, but_for: str = "") -> dict[str, RowCounts]:
        connection.execute(f"rows {but_for}")
        return {}

    @staticmethod
    def count_own(connection: FakeConnection, execution_id: str) -> RowCounts:
        connection.execute(f"rows of {execution_id}")
        return RowCounts(source=0, stored=0)

    @staticmethod
    def count_stored(connection: FakeConnection, execution_id: str) -> int:
        return len(connection.noetl.rows_of(execution_id))

    @staticmethod
    def count_valid(connection: FakeConnection, execution_id: str) -> int:
        valid = [row for row in connection.noetl.rows_of(execution_id) if row.is_valid]
        return len({row.traveler_id for row in valid})


class FakeRowReader:
    """Reads the rows of an execution, each time all of them."""

    def __init__(self, connection: FakeConnection, execution_id: str, _names: Any) -> None:
        self._connection = connection
        self._execution_id = execution_id

    def read(self) -> Rows:
        noetl = self._connection.noetl
        return Rows(
            FakeOutcomes.read_columns(self._connection),
            tuple(noetl.source_of(self._execution_id)),
            tuple(noetl.rows_of(self._execution_id)),
        )


class FakeProfileApi:
    """The control client of a profile API; its journals hold one good call for each traveler."""

    def __init__(self, noetl: FakeNoetl) -> None:
        self._noetl = noetl
        self.scenarios: list[str] = []
        self.held: dict[str, int] = {}

    def close(self) -> None: ...

    def scenario(self, name: str, _rules: Any = (), **_: Any) -> None:
        self.scenarios.append(name)

    def forget(self, _name: str) -> None: ...

    def hold(self, name: str, number: int) -> None:
        self.held[name] = number

    def release(self, name: str) -> None:
        self.held.pop(name, None)

    def strays(self) -> list[str]:
        return []

    def attempts(self) -> list[str]:
        return []

    def counts(self, name: str) -> Counts:
        calls = self.journal(name)
        return Counts(len(calls), sum(call.departed is None for call in calls))

    def journal(self, name: str, since: int = 0) -> list[Call]:
        for number, payload in enumerate(self._noetl.asked, 1001):
            if payload.get("profile_api_url", "").endswith(base_path(name)):
                return self._noetl.calls_of(str(number))[since:]
        return []
