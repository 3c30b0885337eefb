"""How one event is found as soon as it is written, and its worker, on a real Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from psycopg.types.json import Json

from noetl_acceptance.noetl.written_events import WrittenEvent, first_written, step_of, worker_of
from tests.live.test_eventlog import CHILD, PARENT, Log

ADD = """
    INSERT INTO noetl.event (execution_id, parent_execution_id, event_type, node_name, worker_id,
                             created_at, meta)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


class Written(Log):
    """Writes events of several steps."""

    def write(
        self,
        kind: str,
        node: str,
        after: float,
        command: str = "",
        worker: str = "",
        of: str = PARENT,
    ) -> None:
        at = datetime.fromtimestamp(self.asked + after, UTC)
        meta = Json({"command_id": command}) if command else None
        parent = None if of == PARENT else PARENT
        self.connection.execute(ADD, (of, parent, kind, node, worker or None, at, meta))

    def found(self, step: str, kind: str, *, of_parent: bool = True) -> WrittenEvent | None:
        return first_written(self.connection, PARENT, step, kind, of_parent=of_parent)


@pytest.fixture
def log(database: str) -> Iterator[Written]:
    made = Written(database)
    made.write("playbook.initialized", "a/path/brew", 0.1)
    yield made
    made.connection.close()


def test_the_first_event_of_a_step_and_a_type_is_found_when_it_is_there(log: Written) -> None:
    assert log.found("boil", "command.claimed") is None
    log.write("command.claimed", "boil:2", 2, "b", "worker-2")
    log.write("command.claimed", "boil:1", 1, "a", "worker-1")
    log.write("command.started", "boil:1", 1.5, "a", "worker-3")
    log.write("command.claimed", "pour", 0.5, "c", "worker-4")
    assert log.found("boil", "command.claimed") == WrittenEvent("worker-1", "a")


def test_the_parents_events_are_apart_from_those_of_its_worker_executions(log: Written) -> None:
    log.write("playbook.initialized", "a/path/pour", 1, of=CHILD)
    log.write("command.claimed", "boil", 2, "a", "worker-1", of=CHILD)
    assert log.found("boil", "command.claimed") is None
    found = log.found("boil", "command.claimed", of_parent=False)
    assert found == WrittenEvent("worker-1", "a")


@pytest.mark.parametrize("node", ["boil", "boil:3", "a/path/brew"])
def test_a_step_is_the_same_to_the_database_as_to_us(log: Written, node: str) -> None:
    log.write("call.done", node, 1)
    assert log.found(step_of(node), "call.done") is not None


def test_what_a_generation_writes_otherwise_is_found_by_the_suites_word(log: Written) -> None:
    log.write("playbook_started", "a/path/brew", 1, of=CHILD)
    assert log.found("playbook", "playbook.initialized", of_parent=False) is not None


def test_the_worker_of_an_event_is_its_own_else_its_commands_else_the_newest(log: Written) -> None:
    def worker(event: WrittenEvent) -> str:
        return worker_of(log.connection, PARENT, event)

    assert worker(WrittenEvent(None, None)) == ""
    log.write("command.claimed", "boil", 1, "a", "worker-1")
    log.write("command.claimed", "pour", 2, "b", "worker-2")
    assert worker(WrittenEvent("worker-9", "a")) == "worker-9"
    assert worker(WrittenEvent(None, "a")) == "worker-1"
    assert worker(WrittenEvent(None, "of nobody")) == "worker-2"
    assert worker(WrittenEvent(None, None)) == "worker-2"
