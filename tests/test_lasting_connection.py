"""Connections to Postgres: what a lost one means, and when another one is made."""

from __future__ import annotations

from typing import Any, cast

import psycopg
import pytest

from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.support.database import Connection
from noetl_acceptance.support.lasting_connection import (
    OUTAGE,
    USUAL,
    LastingConnection,
    OutageError,
    Patience,
)

LOST = psycopg.OperationalError("the connection is lost")


class _Postgres:
    """Takes connections, unless it is down; ``trouble`` is what a statement then meets."""

    def __init__(self) -> None:
        self.down = False
        self.trouble: Exception | None = None
        self.taken: list[Patience] = []

    def connect(self, patience: Patience) -> Connection[tuple[Any, ...]]:
        if self.down:
            raise psycopg.OperationalError("connection refused")
        self.taken.append(patience)
        return cast(Connection[tuple[Any, ...]], _Connection(self, len(self.taken)))


class _Connection:
    def __init__(self, postgres: _Postgres, number: int) -> None:
        self._postgres = postgres
        self.number = number
        self.closed = False
        self.limits: dict[str, float] = {}

    def limit(self, **limits: float) -> None:
        self.execute("SET")
        self.limits = limits

    def execute(self, _query: Any, _params: Any = None) -> int:
        if self._postgres.trouble is not None:
            raise self._postgres.trouble
        if self._postgres.down or self.closed:
            self.closed = True
            raise LOST
        return self.number

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def postgres() -> _Postgres:
    return _Postgres()


def serving(lasting: LastingConnection) -> int:
    """Return the number of the connection that ran a statement."""
    return cast(int, lasting.execute("SELECT 1"))


def test_a_lost_connection_stays_lost_where_no_outage_is_expected(postgres: _Postgres) -> None:
    lasting = LastingConnection(postgres.connect)
    postgres.down = True
    with pytest.raises(psycopg.OperationalError, match="is lost"):
        lasting.execute("SELECT 1")
    postgres.down = False
    with pytest.raises(psycopg.OperationalError, match="is lost"):
        lasting.execute("SELECT 1")
    assert postgres.taken == [USUAL]


def test_an_expected_outage_is_told_as_one_and_the_next_statement_connects_anew(
    postgres: _Postgres,
) -> None:
    lasting = LastingConnection(postgres.connect)
    lasting.expect_outage()
    assert serving(lasting) == 1
    postgres.down = True
    for _ in range(2):
        with pytest.raises(OutageError, match="as is expected"):
            lasting.execute("SELECT 1")
    postgres.down = False
    assert serving(lasting) == 2
    assert postgres.taken == [USUAL, OUTAGE]


@pytest.mark.parametrize(
    "trouble",
    [
        psycopg.errors.TooManyConnections("sorry, too many clients already"),
        SandboxError("Postgres has answered nothing for 2 s"),
        SuiteError("the suite stands in its own way"),
    ],
)
def test_whatever_keeps_an_answer_away_is_the_expected_outage(
    postgres: _Postgres, trouble: Exception
) -> None:
    lasting = LastingConnection(postgres.connect)
    lasting.expect_outage()
    postgres.trouble = trouble
    with pytest.raises(OutageError) as raised:
        lasting.execute("SELECT 1")
    assert str(trouble) in str(raised.value)
    assert raised.value.__cause__ is trouble


def test_a_wrong_statement_is_no_outage(postgres: _Postgres) -> None:
    lasting = LastingConnection(postgres.connect)
    lasting.expect_outage()
    postgres.trouble = psycopg.errors.UndefinedTable("no such table")
    with pytest.raises(psycopg.errors.UndefinedTable):
        lasting.execute("SELECT 1")


def test_a_renewed_connection_is_as_patient_as_usual_and_expects_no_outage(
    postgres: _Postgres,
) -> None:
    lasting = LastingConnection(postgres.connect)
    lasting.expect_outage()
    lasting.renew()
    assert serving(lasting) == 2
    assert postgres.taken == [USUAL, USUAL]
    postgres.down = True
    with pytest.raises(psycopg.OperationalError, match="is lost"):
        lasting.execute("SELECT 1")


def test_an_outage_goes_on_where_no_connection_can_be_made(postgres: _Postgres) -> None:
    lasting = LastingConnection(postgres.connect)
    lasting.expect_outage()
    postgres.down = True
    with pytest.raises(psycopg.OperationalError, match="refused"):
        lasting.renew()
    with pytest.raises(OutageError):
        lasting.execute("SELECT 1")


def test_an_outage_cannot_be_expected_where_it_is_there_already(postgres: _Postgres) -> None:
    lasting = LastingConnection(postgres.connect)
    postgres.down = True
    with pytest.raises(psycopg.OperationalError):
        lasting.expect_outage()


def test_a_look_ends_within_two_seconds_in_an_outage() -> None:
    assert max(OUTAGE.connect, OUTAGE.statement + OUTAGE.silent) <= 2
    assert OUTAGE.lock < OUTAGE.statement  # so that who waits for a lock is told as such
