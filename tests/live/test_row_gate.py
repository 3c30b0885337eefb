"""The gate that holds rows back at their commit, on a real Postgres."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from noetl_acceptance.execution.faults.row_gate import RowGate
from noetl_acceptance.noetl.outcome_tables import RESULTS
from noetl_acceptance.support.database import NOETL, Connection, connect
from noetl_acceptance.support.lasting_connection import USUAL, Patience
from noetl_acceptance.support.polling import eventually

TABLE = f"public.{RESULTS}"
STORE = f"INSERT INTO {TABLE} VALUES (%s, 1)"  # noqa: S608 - a constant, as below
COUNT = f"SELECT count(*) FROM {TABLE}"  # noqa: S608
INTERVAL = "SHOW client_connection_check_interval"

Session = psycopg.Connection[Any]


@pytest.fixture
def noetl(database: str) -> Iterator[Session]:
    """A session of NoETL's."""
    with psycopg.connect(database, application_name=NOETL, autocommit=True) as session:
        yield session


@pytest.fixture
def own(database: str) -> Iterator[Session]:
    """A session of the suite's."""
    with connect(database) as session:
        yield session


@pytest.fixture
def gate(database: str, own: Session) -> Iterator[RowGate]:
    def to_database(patience: Patience = USUAL) -> Connection[tuple[Any, ...]]:
        return connect(database, lock_seconds=patience.lock)

    own.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (execution_id text, traveler_id integer)")
    own.execute(f"TRUNCATE {TABLE}")
    made = RowGate(to_database, "42")
    made.shut()
    yield made
    made.remove()


def count(own: Session) -> int:
    return int(own.execute(COUNT).fetchall()[0][0])


def test_a_row_waits_at_its_commit_until_the_gate_is_opened(
    gate: RowGate, noetl: Session, own: Session
) -> None:
    told: list[str] = []

    def store() -> None:
        with noetl.transaction():
            noetl.execute(STORE, ("42",))
            told.append("in")
        told.append("committed")

    storing = threading.Thread(target=store)
    storing.start()
    waiting = eventually(gate.waiting, bool, seconds=10, what="somebody who waits")
    assert told == ["in"]  # who stores it has had an answer to all but the commit
    assert not gate.rest(waiting)
    assert count(own) == 0
    gate.open()
    storing.join(timeout=10)
    assert told == ["in", "committed"]
    assert count(own) == 1
    assert gate.rest(waiting)


def test_rows_of_another_execution_pass(gate: RowGate, noetl: Session, own: Session) -> None:
    noetl.execute(STORE, ("43",))
    assert gate.waiting() == frozenset()
    assert count(own) == 1


def test_a_session_whose_client_has_gone_stores_nothing(
    gate: RowGate, noetl: Session, own: Session
) -> None:
    def store() -> None:
        with suppress(psycopg.Error):
            noetl.execute(STORE, ("42",))

    storing = threading.Thread(target=store)
    storing.start()
    eventually(gate.waiting, bool, seconds=10, what="somebody who waits")
    with socket.socket(fileno=os.dup(noetl.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    eventually(gate.waiting, lambda now: not now, seconds=10, what="nobody who waits")
    storing.join(timeout=10)
    gate.open()
    assert count(own) == 0


def test_nothing_is_left_of_a_gate_that_was_removed(gate: RowGate, own: Session) -> None:
    gate.remove()
    gate.remove()
    assert own.execute("SELECT count(*) FROM pg_trigger").fetchone() == (0,)
    eventually(
        lambda: own.execute(INTERVAL).fetchone(),
        lambda found: found == ("0",),
        seconds=10,
        what="the setting as it was",
    )
