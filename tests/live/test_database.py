"""The suite's connections to a real Postgres: locks, long queries, one that is frozen."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from noetl_acceptance.errors import NotJudgedError, SandboxError, SuiteError
from noetl_acceptance.sandbox import external, postgres
from noetl_acceptance.sandbox.addresses import Addresses
from noetl_acceptance.sandbox.local import postgres_cluster
from noetl_acceptance.sandbox.local.processes import Service, stop_all
from noetl_acceptance.support.database import NOETL, Connection, LockedByNoetlError, connect
from noetl_acceptance.support.lasting_connection import LastingConnection, OutageError, Patience
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.ports import ReservedPorts
from tests.hostile import VARIABLES

TABLE = "traveler_batch_results"
COUNT = "SELECT count(*) FROM traveler_batch_results"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # Postgres may run as nobody
        yield Path(folder)


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[tuple[Service, str]]:
    programs, ports = postgres_cluster.binaries(place), ReservedPorts(1)
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    cluster = place / "cluster"
    postgres_cluster.initialise(programs, cluster, "any-password", environment)
    log = place / "postgres.log"
    service = postgres_cluster.start(programs, cluster, ports.numbers[0], environment, log)
    conninfo = postgres.conninfo(ports.numbers[0], "any-password", "postgres")
    try:
        eventually(lambda: postgres.answers(conninfo), bool, seconds=30, what="Postgres")
        with connect(conninfo) as connection:
            connection.execute(f"CREATE TABLE {TABLE} (traveler_id integer)")
        yield service, conninfo
    finally:
        stop_all([service])
        ports.release()


@pytest.fixture
def suite(server: tuple[Service, str]) -> Iterator[Connection[tuple[object, ...]]]:
    with connect(server[1], lock_seconds=0.3, statement_seconds=2) as connection:
        yield connection


def locked_by(conninfo: str, name: str) -> psycopg.Connection[tuple[object, ...]]:
    other = psycopg.connect(conninfo, application_name=name)
    other.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
    time.sleep(0.1)
    return other


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("psql", SandboxError, "by the session psql (pid "),
        ("", SandboxError, "by the session without a name (pid "),
        (NOETL, LockedByNoetlError, "NoETL does not let go of a table: "),
        ("noetl-acceptance", SuiteError, "in its own way"),
    ],
)
def test_who_holds_a_lock_is_told_in_one_line(
    server: tuple[Service, str],
    suite: Connection[tuple[object, ...]],
    name: str,
    kind: type[Exception],
    words: str,
) -> None:
    with locked_by(server[1], name) as other:
        with pytest.raises(kind) as raised:
            suite.execute(COUNT)
        told = str(raised.value)
        assert words in told
        assert f"{TABLE} has been locked for 0.3 s or more" in told
        assert f"pid {other.info.backend_pid}" in told
        assert "LOCK TABLE traveler_batch_results IN ACCESS EXCLUSIVE MODE" in told
        assert "\n" not in told
        other.rollback()
    assert suite.execute(COUNT).fetchone() == (0,)


def test_a_session_without_a_name_may_be_a_rust_workers(server: tuple[Service, str]) -> None:
    with connect(server[1], lock_seconds=0.3, noetl_unnamed=True) as suite:
        for name, kind, words in (
            ("", NotJudgedError, "NoETL's workers have no name here either"),
            ("psql", SandboxError, "end that session"),
        ):
            with locked_by(server[1], name) as other:
                with pytest.raises(kind, match=words):
                    suite.execute(COUNT)
                other.rollback()


def test_a_lock_within_a_transaction_is_told_as_well(
    server: tuple[Service, str], suite: Connection[tuple[object, ...]]
) -> None:
    told = pytest.raises(SandboxError, match="session psql")
    with locked_by(server[1], "psql"), told, suite.transaction(), suite.cursor() as cursor:
        cursor.execute(COUNT)


def test_a_query_that_takes_too_long_is_the_sandboxs(
    suite: Connection[tuple[object, ...]],
) -> None:
    with pytest.raises(SandboxError, match=r"Postgres ended a query of the suite .*pg_sleep"):
        suite.execute("SELECT pg_sleep(60)")


def test_a_frozen_postgres_is_given_up(
    server: tuple[Service, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, conninfo = server
    with connect(conninfo) as connection:
        monkeypatch.setattr(connection, "silent_after", 0.5)
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        try:
            with pytest.raises(SandboxError, match="Postgres has answered nothing for 0"):
                connection.execute(COUNT)
        finally:
            os.kill(backend, signal.SIGCONT)
    assert service.state().running


def test_a_server_that_takes_connections_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(psycopg.OperationalError, match="timeout expired"):
            connect(f"host=127.0.0.1 port={port} user=x", connect_seconds=2)


def test_no_variable_of_the_users_reaches_a_connection(
    server: tuple[Service, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with connect(server[1]) as connection:
        row = connection.execute("SELECT current_setting('application_name')").fetchone()
    assert row == ("noetl-acceptance",)
    assert os.environ["PGOPTIONS"] == VARIABLES["PGOPTIONS"]


def test_a_noetl_that_is_attached_is_found_by_its_service_and_by_nothing_else_of_the_users(
    server: tuple[Service, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = conninfo_to_dict(server[1])
    with connect(server[1]) as connection:
        connection.execute("CREATE SCHEMA noetl; CREATE TABLE noetl.event (execution_id bigint)")
    lines = [f"{name}={known[name]}" for name in ("host", "port", "user", "dbname")]
    (tmp_path / "services").write_text("\n".join(["[mine]", *lines, ""]))
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGPASSWORD", str(known["password"]))
    addresses = {"release": "2.8.9", "workers": 1, "noetl": "http://n", "profile_api": "http://p"}
    found = external._endpoints(Addresses.model_validate({**addresses, "database": "service=mine"}))
    assert conninfo_to_dict(found.database).items() >= known.items()
    with connect(found.database) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert found.credential["db_password"] == known["password"]


@pytest.fixture
def lasting(server: tuple[Service, str]) -> Iterator[LastingConnection]:
    def to_server(patience: Patience) -> Connection[tuple[object, ...]]:
        return connect(
            server[1],
            connect_seconds=patience.connect,
            statement_seconds=patience.statement,
            lock_seconds=patience.lock,
            silent_seconds=patience.silent,
        )

    connection = LastingConnection(to_server)
    yield connection
    connection.close()


def outage(lasting: LastingConnection) -> float:
    """Return how long a statement took to be told as an outage, in seconds."""
    began = time.monotonic()
    with pytest.raises(OutageError):
        lasting.execute(COUNT)
    return time.monotonic() - began


def test_a_frozen_postgres_is_an_outage_where_one_is_expected(
    server: tuple[Service, str], lasting: LastingConnection
) -> None:
    lasting.expect_outage()
    group = server[0].process.pid
    backend = lasting.info.backend_pid
    for each in (group, backend):
        os.kill(each, signal.SIGSTOP)
    try:
        assert outage(lasting) < 3  # the answer that does not come
        assert outage(lasting) < 3  # the connection that is not taken
    finally:
        for each in (backend, group):
            os.kill(each, signal.SIGCONT)
    lasting.renew()
    assert lasting.execute(COUNT).fetchone() == (0,)


def test_a_session_that_was_ended_is_an_outage_where_one_is_expected(
    server: tuple[Service, str], lasting: LastingConnection
) -> None:
    lasting.expect_outage()
    with connect(server[1]) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (lasting.info.backend_pid,))
    outage(lasting)
    with lasting.transaction(), lasting.cursor(row_factory=dict_row) as cursor:
        assert cursor.execute(COUNT).fetchone() == {"count": 0}


def test_a_lock_of_the_suites_own_is_an_outage_where_one_is_expected(
    server: tuple[Service, str], lasting: LastingConnection
) -> None:
    lasting.expect_outage()
    with locked_by(server[1], "noetl-acceptance") as other:
        assert outage(lasting) < 3
        other.rollback()
    assert lasting.execute(COUNT).fetchone() == (0,)
