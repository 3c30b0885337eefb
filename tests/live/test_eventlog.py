"""What is asked of NoETL's event log, on a real Postgres whose events are made up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Json

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.logs_rust import RUST
from noetl_acceptance.noetl import event_log
from noetl_acceptance.noetl.event_reader import EventReader

TABLE = """
    CREATE SCHEMA noetl;
    CREATE TABLE noetl.event (
        event_id bigserial PRIMARY KEY, execution_id bigint, parent_execution_id bigint,
        event_type text, node_name text, node_type text, status text, worker_id text, error text,
        created_at timestamp NOT NULL, meta jsonb, result jsonb)
"""
ADD = """
    INSERT INTO noetl.event
        (execution_id, parent_execution_id, event_type, node_name, created_at, meta)
    VALUES (%s, %s, %s, 'fetch', %s, %s)
"""
PARENT, CHILD = "1000", "1001"


class Log:
    """Writes events as NoETL's sessions do: with a zone, into a column that has none."""

    def __init__(self, conninfo: str) -> None:
        self.connection: psycopg.Connection[Any] = psycopg.connect(conninfo, autocommit=True)
        self.connection.execute("DROP SCHEMA IF EXISTS noetl CASCADE")
        self.connection.execute(TABLE)
        self.asked = time.time() - 30

    def add(self, kind: str, after: float, execution: str = PARENT, command: str = "") -> None:
        at = datetime.fromtimestamp(self.asked + after, UTC)
        meta = Json({"command_id": command}) if command else None
        parent = None if execution == PARENT else PARENT
        self.connection.execute(ADD, (execution, parent, kind, at, meta))

    def command(self, command: str, *kinds: str, execution: str = PARENT) -> None:
        for number, kind in enumerate(kinds, start=1):
            self.add(f"command.{kind}", number, execution, command)

    def ending(self) -> tuple[str, float] | None:
        found = event_log.find_ending(self.connection, PARENT, self.asked, time.time())
        return (found.reason, round(found.at - self.asked, 3)) if found else None


@pytest.fixture
def log(database: str) -> Iterator[Log]:
    made = Log(database)
    made.add("playbook.initialized", 0.1)
    yield made
    made.connection.close()


@pytest.mark.parametrize("kind", ["playbook.completed", "playbook.failed", "execution.cancelled"])
def test_each_ending_is_told_as_what_it_is(log: Log, kind: str) -> None:
    log.command("a", "issued", "claimed")
    log.add("execution.cancelled", 4, CHILD)
    assert log.ending() is None
    log.command("b", "failed")
    log.add(kind, 5)
    assert log.ending() == (kind, 5.0)


def test_what_began_before_is_told_from_what_began_since_whatever_its_times_say(
    log: Log, database: str
) -> None:
    with (
        psycopg.connect(database, autocommit=True) as suite,
        event_log.as_it_stands(suite) as had,
    ):
        log.add("playbook.initialized", -3600, "1002")
        assert had(PARENT)
        assert not had("1002")


def test_of_several_endings_the_first_is_told(log: Log) -> None:
    log.add("execution.cancelled", 5)
    log.add("playbook.completed", 6)
    assert log.ending() == ("execution.cancelled", 5.0)


def test_a_failed_command_ends_an_execution_when_no_other_is_open(log: Log) -> None:
    log.command("a", "issued", "claimed", "failed")
    log.command("b", "issued", execution=CHILD)
    assert log.ending() is None
    log.command("b", "claimed", "completed", execution=CHILD)
    assert log.ending() == ("command.failed", 3.0)


def test_what_a_cancelled_execution_gave_to_no_worker_is_not_at_work(log: Log) -> None:
    log.command("a", "issued")
    log.command("b", "issued", "claimed")
    connection = log.connection
    counts = (event_log.open_commands, event_log.own_open_commands)
    assert [count(connection, PARENT) for count in counts] == [2, 2]
    log.add("execution.cancelled", 5)
    assert [count(connection, PARENT) for count in counts] == [1, 1]
    log.command("b", "completed")
    assert [count(connection, PARENT) for count in counts] == [0, 0]
    assert event_log.at_work(connection) == 0


@pytest.mark.parametrize("over", ["completed", "failed", "cancelled"])
def test_a_command_that_is_over_is_held_by_nobody(log: Log, over: str) -> None:
    log.command("a", "issued", "claimed")
    assert event_log.working_commands(log.connection, PARENT, ()) == 1
    log.command("a", over)
    assert event_log.working_commands(log.connection, PARENT, ()) == 0
    assert event_log.held_commands(log.connection, PARENT) == []


def test_a_parent_that_waits_for_its_child_is_not_at_work_itself(log: Log) -> None:
    log.command("waits", "issued", "claimed")
    log.connection.execute("UPDATE noetl.event SET node_type = 'playbook'")
    log.command("a", "issued", execution=CHILD)
    assert event_log.open_commands(log.connection, PARENT) == 2
    assert event_log.working_commands(log.connection, PARENT, ()) == 0
    log.command("a", "claimed", execution=CHILD)
    assert event_log.working_commands(log.connection, PARENT, ()) == 1


def test_a_parent_whose_list_of_tools_runs_the_child_is_not_at_work_itself(log: Log) -> None:
    log.command("waits", "issued", "claimed")
    log.connection.execute(
        "UPDATE noetl.event SET node_type = 'task_sequence', node_name = 'rounds:task_sequence'"
    )
    assert event_log.working_commands(log.connection, PARENT, ["rounds"]) == 0
    assert event_log.working_commands(log.connection, PARENT, ["others"]) == 1
    log.command("a", "issued", "claimed", execution=CHILD)
    log.connection.execute("UPDATE noetl.event SET node_name = 'rounds' WHERE execution_id = 1001")
    assert event_log.working_commands(log.connection, PARENT, ["rounds"]) == 1


def test_a_heartbeat_is_no_news(log: Log) -> None:
    reader = EventReader(log.connection, PARENT, log.asked, ())
    reader.read()
    newest = reader.newest
    assert newest > 0
    log.add("command.heartbeat", 1)
    reader.read()
    assert reader.newest == newest
    log.add("command.claimed", 2)
    reader.read()
    assert reader.newest > newest


def test_the_rust_stacks_log_is_read_in_the_suites_words(database: str) -> None:
    log = Log(database)
    log.add("playbook_started", 0.1)
    log.add("playbook_started", 0.5, CHILD)
    log.command("a", "issued", "claimed", "started", "completed")
    log.add("playbook.completed", 5, CHILD)
    # Only the first event of a child names its parent there.
    log.connection.execute(
        "UPDATE noetl.event SET parent_execution_id = NULL WHERE event_type <> 'playbook_started'"
    )
    log.connection.execute(
        """UPDATE noetl.event SET result = '{"context": {"worker_id": "worker-3"}}'
        WHERE event_type = 'command.claimed'"""
    )
    log.add("call.done", 4)
    log.connection.execute(
        """UPDATE noetl.event SET result = '{"gave": 1}', node_name = 'summarize'
        WHERE event_type = 'call.done'"""
    )
    assert event_log.written_by(log.connection) is RUST
    assert log.ending() is None
    log.add("playbook_cancelled", 6)
    assert log.ending() == ("execution.cancelled", 6.0)
    reader = EventReader(log.connection, PARENT, log.asked, ("summarize",))
    events = reader.all()
    assert reader.ended_children == 1
    assert [event.event_type for event in events if event.execution_id == CHILD] == [
        "playbook.initialized", "playbook.completed"
    ]  # fmt: skip
    assert [event.worker_id for event in events if event.worker_id] == ["worker-3"]
    assert [event.result for event in events if event.result] == [{"gave": 1}]
    log.connection.close()


def test_ended_children_are_counted_whichever_way_they_end(log: Log) -> None:
    for child, kind in (("1001", "playbook.completed"), ("1002", "execution.cancelled")):
        log.add(kind, 3, child)
    log.add("playbook.completed", 4)
    reader = EventReader(log.connection, PARENT, log.asked, ())
    reader.read()
    assert reader.ended_children == 2


def test_children_are_counted_that_have_begun_and_that_have_ended(log: Log) -> None:
    assert event_log.count_children(log.connection, PARENT) == (0, 0)
    for child, kinds in {
        "1001": ("playbook.completed",),
        "1002": ("playbook.failed",),
        "1003": (),
    }.items():
        log.add("playbook.initialized", 1, child)
        for kind in kinds:
            log.add(kind, 2, child)
    log.add("playbook.completed", 3)  # the parent's own end is no child's
    assert event_log.count_children(log.connection, PARENT) == (3, 2)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_times_of_any_one_zone_are_taken_right(database: str, zone: str) -> None:
    log = Log(database)
    log.connection.execute(f"SET timezone TO '{zone}'")
    log.add("playbook.initialized", 0.1)
    log.command("a", "issued", "claimed", "failed")
    assert log.ending() == ("command.failed", 3.0)
    log.command("b", "issued")
    assert event_log.open_steps(log.connection, PARENT, log.asked, log.asked + 11) == [
        "1 of step fetch, for 10 s"
    ]
    events = EventReader(log.connection, PARENT, log.asked, ()).all()
    assert [round(event.at - log.asked, 3) for event in events] == [0.1, 1.0, 1.0, 2.0, 3.0]
    log.connection.close()


def test_sessions_of_two_zones_are_refused(database: str) -> None:
    log = Log(database)
    log.add("playbook.initialized", 0.1)
    log.connection.execute("ALTER DATABASE postgres SET timezone TO 'Asia/Kolkata'")
    other = psycopg.connect(database, autocommit=True)
    log.connection, first = other, log.connection
    log.add("playbook.completed", 5)
    told = "1 event in UTC, 1 event in UTC[+]05:30; .* by ALTER DATABASE postgres"
    with pytest.raises(SandboxError, match=told):
        log.ending()
    with pytest.raises(SandboxError, match=told):
        EventReader(other, PARENT, log.asked, ()).all()
    other.execute("ALTER DATABASE postgres RESET timezone")
    first.close()
    other.close()


def test_events_are_read_part_by_part_and_none_is_missed(log: Log) -> None:
    reader = EventReader(log.connection, PARENT, log.asked, ())
    reader.read()
    log.command("a", "issued", "claimed")
    reader.read()
    log.command("b", "issued", execution=CHILD)
    events = reader.all()
    assert [event.event_type for event in events] == [
        "playbook.initialized", "command.issued", "command.issued", "command.claimed"
    ]  # fmt: skip
    assert events == EventReader(log.connection, PARENT, log.asked, ()).all()


def test_an_event_that_is_committed_after_a_later_one_is_read(log: Log) -> None:
    reader = EventReader(log.connection, PARENT, log.asked, ())
    log.connection.execute("SELECT setval('noetl.event_event_id_seq', 50)")
    log.add("playbook.completed", 5)
    reader.read()
    log.connection.execute("SELECT setval('noetl.event_event_id_seq', 20)")
    log.add("step.exit", 4)
    assert [event.event_id for event in reader.all()] == [1, 21, 51]


def test_an_event_that_is_written_anew_is_read_anew(log: Log) -> None:
    reader = EventReader(log.connection, PARENT, log.asked, ())
    reader.read()
    log.connection.execute("UPDATE noetl.event SET status = 'changed'")
    assert [event.status for event in reader.all()] == ["changed"]
