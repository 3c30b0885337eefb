"""The gate that holds rows back, on a Postgres that may be out of reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self, cast

import psycopg
import pytest

from noetl_acceptance.execution.faults.database import Session
from noetl_acceptance.execution.faults.row_gate import RowGate
from noetl_acceptance.support.lasting_connection import USUAL, Patience


@dataclass
class FakePostgres:
    """Keeps what it was told, as long as it is within reach."""

    lost: bool = False
    told: list[str] = field(default_factory=list)

    def connect(self, patience: Patience = USUAL) -> Session:
        assert patience == USUAL
        if self.lost:
            raise psycopg.OperationalError("too many clients")
        return cast("Session", FakeSession(self.told))


class FakeSession:
    """A session in which nobody waits; closed by its end as a context."""

    info = SimpleNamespace(backend_pid=1)

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def execute(self, query: Any, _params: object = None) -> Self:
        text = query if isinstance(query, str) else query.as_string()
        self._told.append(" ".join(text.split()[:3]))
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return []

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


REMOVED = ["ALTER SYSTEM RESET", "SELECT pg_reload_conf()", "DROP FUNCTION IF"]


def test_a_gate_that_could_not_be_removed_is_removed_the_next_time() -> None:
    postgres = FakePostgres()
    gate = RowGate(postgres.connect, "42")
    gate.shut()
    postgres.lost = True
    with pytest.raises(psycopg.OperationalError):
        gate.remove()
    postgres.lost, postgres.told[:] = False, []
    gate.remove()
    assert postgres.told == REMOVED
    gate.remove()
    assert postgres.told == REMOVED


def test_a_gate_is_shut_until_it_is_opened() -> None:
    gate = RowGate(FakePostgres().connect, "42")
    assert not gate.is_shut
    gate.shut()
    assert gate.is_shut
    gate.open()
    assert not gate.is_shut
