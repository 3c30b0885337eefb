"""Faults of the database, on a real Postgres: each is felt when it is made, and only then."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.faults import database as database_faults
from noetl_acceptance.execution.faults.database import (
    Connect,
    EndedSessions,
    LockedTable,
    ReadOnlyDatabase,
)
from noetl_acceptance.execution.faults.injection import Injection
from noetl_acceptance.execution.faults.refused_writes import FullDisk, RefusedRow
from noetl_acceptance.execution.faults.taken_connections import TakenConnections, count_refused
from noetl_acceptance.noetl.outcome_tables import RESULTS
from noetl_acceptance.sandbox import postgres
from noetl_acceptance.sandbox.local import postgres_cluster
from noetl_acceptance.sandbox.local.processes import stop_all
from noetl_acceptance.support.database import NOETL, Connection, connect
from noetl_acceptance.support.lasting_connection import USUAL, Patience
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.ports import ReservedPorts

EXECUTION = "42"
TABLE = f"public.{RESULTS}"
STORE = f"INSERT INTO {TABLE} VALUES ('{EXECUTION}', 1)"  # noqa: S608 - a constant, as below
STORE_OF_ANOTHER = f"INSERT INTO {TABLE} VALUES ('43', 1)"  # noqa: S608
COUNT = f"SELECT count(*) FROM {TABLE}"  # noqa: S608
TO_VIEW = f"ALTER TABLE {TABLE} RENAME TO other; CREATE VIEW {TABLE} AS SELECT FROM public.other"
TO_TABLE = f"DROP VIEW {TABLE}; ALTER TABLE public.other RENAME TO {RESULTS}"

Client = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Where Postgres has its files and its log."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def conninfo(place: Path) -> Iterator[str]:
    place.chmod(0o755)  # Postgres may run as nobody
    programs, ports = postgres_cluster.binaries(place), ReservedPorts(1)
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    postgres_cluster.initialise(programs, place / "cluster", "any-password", environment)
    with (place / "cluster" / "postgresql.conf").open("a") as configuration:
        configuration.write("max_connections = 40\n")
    log = place / "postgres.log"
    service = postgres_cluster.start(
        programs, place / "cluster", ports.numbers[0], environment, log
    )
    told = postgres.conninfo(ports.numbers[0], "any-password", "postgres")
    try:
        eventually(lambda: postgres.answers(told), bool, seconds=30, what="Postgres")
        with connect(told) as session:
            session.execute(f"CREATE TABLE {TABLE} (execution_id text, traveler_id integer)")
            session.execute("CREATE SCHEMA noetl; CREATE TABLE noetl.event (id integer)")
        yield told
    finally:
        stop_all([service])
        ports.release()


@pytest.fixture
def to_database(conninfo: str) -> Connect:
    def made(patience: Patience = USUAL) -> Connection[tuple[Any, ...]]:
        return connect(
            conninfo,
            connect_seconds=patience.connect,
            statement_seconds=patience.statement,
            lock_seconds=patience.lock,
            silent_seconds=patience.silent,
        )

    return made


@pytest.fixture
def noetl(conninfo: str) -> Iterator[Client]:
    """A session of NoETL's, which may be ended."""
    session = psycopg.connect(conninfo, application_name=NOETL, autocommit=True)
    yield session
    session.close()


def new_client(conninfo: str) -> Client:
    return psycopg.connect(conninfo, application_name=NOETL, autocommit=True)


MAKERS: dict[str, Callable[[Connect], Injection]] = {
    "connections taken": lambda to: TakenConnections(to, lambda: 0),
    "sessions ended": EndedSessions,
    "read-only": ReadOnlyDatabase,
    "table locked": lambda to: LockedTable(to, RESULTS),
    "row refused": lambda to: RefusedRow(to, EXECUTION, "serialization failure"),
    "disk full": FullDisk,
}


@pytest.fixture(params=MAKERS)
def fault(request: pytest.FixtureRequest, to_database: Connect) -> Iterator[Injection]:
    made = MAKERS[request.param](to_database)
    yield made
    made.heal()


def test_a_fault_that_is_healed_leaves_nothing(
    conninfo: str, fault: Injection, to_database: Connect
) -> None:
    before = remains(to_database)
    for _ in range(2):  # the second one meets what the first has left
        fault.make()
        fault.heal()
        fault.heal()
        assert fault.healed()
        with new_client(conninfo) as client:
            client.execute(STORE)
            client.execute("INSERT INTO noetl.event VALUES (1)")
    eventually(lambda: remains(to_database), lambda now: now == before, seconds=10, what="no rest")


def remains(to_database: Connect) -> list[Any]:
    """Return what a fault could leave: settings, triggers, functions, sequences, sessions."""
    queries = (
        "SELECT setconfig FROM pg_db_role_setting",
        "SELECT tgname FROM pg_trigger",
        "SELECT proname FROM pg_proc WHERE proname LIKE 'acceptance%'",
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'noetl-acceptance'",
    )
    with to_database() as session:
        return [session.execute(query).fetchall() for query in queries]


class Refused:
    """Tells what Postgres has refused to others, and counts the suite's own."""

    def __init__(self, to_database: Connect, log: Path) -> None:
        self._to_database, self._log = to_database, log
        self._own: list[str] = []

    def connect(self, patience: Patience = USUAL) -> Connection[tuple[Any, ...]]:
        try:
            return self._to_database(patience)
        except psycopg.OperationalError as error:
            self._own.append(str(error))
            raise

    def __call__(self) -> int:
        return count_refused([self._log.read_text()]) - len(self._own)


@pytest.fixture
def taking(to_database: Connect, place: Path) -> Iterator[TakenConnections]:
    refused = Refused(to_database, place / "postgres.log")
    fault = TakenConnections(refused.connect, refused)
    yield fault
    fault.heal()


def test_taken_connections_are_felt_by_whoever_wants_one(
    conninfo: str, taking: TakenConnections
) -> None:
    taking.make()
    assert taking.felt() == ""  # nobody but the suite has wanted one
    with pytest.raises(psycopg.OperationalError, match="too many clients"):
        new_client(conninfo)
    assert "and Postgres refused 1 of others: " in taking.felt()
    assert taking.healed() == ""
    taking.heal()
    eventually(taking.healed, bool, seconds=10, what="a new connection")


def test_a_connection_that_somebody_gives_back_is_taken_as_well(
    conninfo: str, to_database: Connect, taking: TakenConnections
) -> None:
    with to_database():
        taking.make()
        with pytest.raises(psycopg.OperationalError):
            new_client(conninfo)
        assert taking.felt()
    eventually(taking.felt, lambda told: told == "", seconds=10, what="a free connection")
    assert taking.felt()


def test_whoever_had_a_connection_must_ask_for_another_one(
    noetl: Client, conninfo: str, taking: TakenConnections
) -> None:
    taking.make()
    with pytest.raises(psycopg.OperationalError):
        noetl.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="too many clients"):
        new_client(conninfo)


def test_connections_that_are_free_are_not_felt_as_taken(taking: TakenConnections) -> None:
    assert taking.felt() == ""


def test_ended_sessions_are_felt_and_the_suites_own_go_on(
    noetl: Client, conninfo: str, to_database: Connect
) -> None:
    with to_database() as own:
        fault = EndedSessions(to_database)
        assert fault.felt() == ""
        fault.make()
        assert fault.felt() == "1 session of NoETL's ended"
        with pytest.raises(psycopg.OperationalError):
            noetl.execute("SELECT 1")
        assert own.execute("SELECT 1").fetchone() == (1,)
    with new_client(conninfo) as another:
        another.execute("SELECT 1")
        assert fault.felt()


def test_no_session_that_could_be_ended_is_no_fault(to_database: Connect) -> None:
    fault = EndedSessions(to_database)
    fault.make()
    assert fault.felt() == ""


def test_a_read_only_database_refuses_writes_and_ends_old_sessions(
    noetl: Client, conninfo: str, to_database: Connect
) -> None:
    fault = ReadOnlyDatabase(to_database)
    assert fault.felt() == ""
    fault.make()
    try:
        assert "read-only" in fault.felt()
        with pytest.raises(psycopg.OperationalError):
            noetl.execute(STORE)
        late = new_client(conninfo)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            late.execute(STORE)
        assert fault.healed() == ""
    finally:
        fault.heal()
    assert fault.felt() == ""
    with pytest.raises(psycopg.OperationalError):
        late.execute("SELECT 1")


@pytest.mark.parametrize("proof", ["felt", "healed"])
def test_a_session_that_outlives_a_change_is_ended_before_that_counts(
    conninfo: str, to_database: Connect, monkeypatch: pytest.MonkeyPatch, proof: str
) -> None:
    fault = ReadOnlyDatabase(to_database)
    if proof == "healed":
        fault.make()
    with new_client(conninfo) as old:
        monkeypatch.setattr(database_faults, "end_sessions", lambda _: set())
        try:
            fault.make() if proof == "felt" else fault.heal()
            ask = getattr(fault, proof)
            assert ask() == ""  # it can write, or cannot, as before
            assert eventually(ask, bool, seconds=10, what="the end of the session")
            with pytest.raises(psycopg.OperationalError):
                old.execute("SELECT 1")
        finally:
            fault.heal()


def test_a_locked_table_is_felt_once_noetl_waits_for_it(
    noetl: Client, to_database: Connect
) -> None:
    fault = LockedTable(to_database, RESULTS)
    assert fault.felt() == ""
    fault.make()
    waiting = threading.Thread(target=noetl.execute, args=(STORE,))
    try:
        assert fault.felt() == ""
        assert fault.healed() == ""
        waiting.start()
        told = eventually(fault.felt, bool, seconds=10, what="somebody who waits")
        assert told == f"1 session of NoETL's waited for the table {RESULTS}"
    finally:
        fault.heal()
    waiting.join(timeout=10)
    assert not waiting.is_alive()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("serialization failure", psycopg.errors.SerializationFailure),
        ("deadlock", psycopg.errors.DeadlockDetected),
    ],
)
def test_one_row_is_refused_and_no_other(
    noetl: Client, to_database: Connect, fault: Any, error: type[psycopg.Error]
) -> None:
    made = RefusedRow(to_database, EXECUTION, fault)
    assert made.felt() == ""
    made.make()
    try:
        assert made.felt() == ""
        noetl.execute(STORE_OF_ANOTHER)
        assert made.felt() == ""
        with pytest.raises(error):
            noetl.execute(STORE)
        noetl.execute(STORE)
        assert "refused one row" in made.felt()
        assert made.healed() == ""
    finally:
        made.heal()
    assert made.healed()


def test_a_table_that_takes_no_trigger_cannot_be_judged(to_database: Connect) -> None:
    with to_database() as session:
        session.execute(TO_VIEW)
    made = RefusedRow(to_database, EXECUTION, "deadlock")
    try:
        with pytest.raises(NotJudgedError, match="no trigger can be made"):
            made.make()
    finally:
        made.heal()
        with to_database() as session:
            session.execute(TO_TABLE)


def test_a_full_disk_refuses_writes_and_lets_read(noetl: Client, to_database: Connect) -> None:
    fault = FullDisk(to_database)
    fault.make()
    try:
        assert fault.felt() == ""
        for statement in (STORE, "UPDATE noetl.event SET id = 2"):
            with pytest.raises(psycopg.errors.DiskFull):
                noetl.execute(statement)
        noetl.execute(COUNT)
        assert fault.felt() == "Postgres refused 2 writes as on a full disk"
        assert fault.healed() == ""
    finally:
        fault.heal()
    assert fault.healed()


def test_a_fault_of_a_killed_run_is_healed_by_the_next_one(
    conninfo: str, to_database: Connect
) -> None:
    FullDisk(to_database).make()
    ReadOnlyDatabase(to_database).make()
    for later in (ReadOnlyDatabase(to_database), FullDisk(to_database)):
        with suppress(psycopg.Error):
            later.make()
        later.heal()
    with new_client(conninfo) as client:
        client.execute(STORE)
