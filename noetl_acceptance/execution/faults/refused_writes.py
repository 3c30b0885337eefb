"""Faults of the database that refuse a write: once, or all as on a full disk.

Triggers of the suite's do so. Who writes gets the error that Postgres has for the case, and can't
tell the difference; who reads notices nothing.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Literal

from psycopg import sql

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.faults.database import Connect, DatabaseFault, Session
from noetl_acceptance.execution.fixtures.target_trigger import (
    has_counted,
    next_count,
    trigger,
)
from noetl_acceptance.model.wording import counted

Conflict = Literal["serialization failure", "deadlock"]

_ERRORS: dict[Conflict, tuple[str, str]] = {
    "serialization failure": ("40001", "could not serialize access due to concurrent update"),
    "deadlock": ("40P01", "deadlock detected"),
}
"""SQLSTATE and words, as Postgres has them; its manual says of both that a retry may succeed."""

_ONCE = sql.SQL(
    "BEGIN IF {count} = 1 THEN RAISE EXCEPTION {words} USING ERRCODE = {code}; END IF; "
    "RETURN NEW; END"
)

_FULL = "acceptance_full_disk"
_SCHEMAS = ["noetl", "public"]
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY 1, 2
"""
# The triggers do nothing until their function is replaced, and again when it is put back: so all
# tables become full at one moment, and no lock on a table is in the way of the end.
_BODY = f"""
    CREATE OR REPLACE FUNCTION public.{_FULL}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN {{}} RETURN NULL; END $$
"""
_TAKES = sql.SQL(_BODY).format(sql.SQL(""))
_REFUSES = sql.SQL(_BODY).format(
    sql.SQL(f"""
      PERFORM nextval('public.{_FULL}');
      RAISE EXCEPTION 'could not extend file: the disk is full'
        USING ERRCODE = 'disk_full', HINT = 'Check free disk space.';
    """)
)
_FILL = f"""
    CREATE TRIGGER {_FULL} BEFORE INSERT OR UPDATE ON {{}}
    FOR EACH STATEMENT EXECUTE FUNCTION public.{_FULL}()
"""
_EMPTY = f"DROP TRIGGER IF EXISTS {_FULL} ON {{}}"
_COUNT = f"SELECT last_value, is_called FROM public.{_FULL}"  # noqa: S608 - a constant
_THERE = "SELECT count(*) FROM pg_trigger WHERE tgname = %s"


class RefusedRow(DatabaseFault):
    """Refuses one row of an execution in the target table, the first that comes in.

    Args:
        connect: makes a connection to the database of the execution's rows.
        execution_id: the execution's.
        conflict: the reason that Postgres gives.
    """

    name = "a row refused"

    def __init__(self, connect: Connect, execution_id: str, conflict: Conflict) -> None:
        super().__init__(connect)
        self._execution_id = execution_id
        self._conflict = conflict
        self._session: Session | None = None
        self._made = ExitStack()

    def make(self) -> None:
        """Make the trigger; the target table must be there.

        Raises:
            NotJudgedError: none can be made.
        """
        code, words = _ERRORS[self._conflict]
        self._session = self._made.enter_context(self._connect())
        own = sql.SQL("NEW.execution_id::text = {}").format(self._execution_id)
        once = _ONCE.format(count=next_count(self._execution_id), words=words, code=code)
        made = self._made.enter_context(
            trigger(self._session, self._execution_id, "BEFORE", own, once)
        )
        if made.refused:
            raise NotJudgedError(made.refused)

    def felt(self) -> str:
        """Tell that a row was refused."""
        if self._session is None or not has_counted(self._session, self._execution_id):
            return ""
        code, words = _ERRORS[self._conflict]
        return f"Postgres refused one row: {words} ({code})"

    def heal(self) -> None:
        """Remove the trigger."""
        self._made.close()

    def healed(self) -> str:
        """Tell that there is none."""
        return _gone(self._connect, f"acceptance_loses_{self._execution_id}")


class FullDisk(DatabaseFault):
    """Refuses all new and changed rows of NoETL's tables and the fixture's, as on a full disk."""

    name = "all writes refused"

    def make(self) -> None:
        """Have each table refuse them, one table after the other."""
        with self._connect() as session:
            _empty(session)  # a killed run may have left it
            session.execute(f"CREATE SEQUENCE public.{_FULL}")
            session.execute(_TAKES)
            _on_all_tables(session, _FILL)
            session.execute(_REFUSES)

    def felt(self) -> str:
        """Tell how many statements were refused."""
        with self._connect() as session:
            row = session.execute(_COUNT).fetchone()
        if row is None or not row[1]:
            return ""
        return f"Postgres refused {counted(row[0], 'write')} as on a full disk"

    def heal(self) -> None:
        """Have them refuse nothing."""
        with self._connect() as session:
            _empty(session)

    def healed(self) -> str:
        """Tell that no table refuses rows."""
        return _gone(self._connect, _FULL)


def _empty(session: Session) -> None:
    session.execute(_TAKES)
    _on_all_tables(session, _EMPTY)
    session.execute(f"DROP FUNCTION public.{_FULL}; DROP SEQUENCE IF EXISTS public.{_FULL}")


def _on_all_tables(session: Session, statement: str) -> None:
    """Run a statement for each table, one after the other, so as to hold one lock at a time."""
    for schema, table in session.execute(_TABLES, (_SCHEMAS,)).fetchall():
        session.execute(sql.SQL(statement).format(sql.Identifier(schema, table)))


def _gone(connect: Connect, name: str) -> str:
    with connect() as session:
        row = session.execute(_THERE, (name,)).fetchone()
    return "" if row is None or row[0] else "no table refuses rows any more"
