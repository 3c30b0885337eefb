"""Reads the rows and the calls of an execution, once for all or while it goes on."""

from __future__ import annotations

import time
from contextlib import suppress

import psycopg

from noetl_acceptance.execution.call_reader import CallReader
from noetl_acceptance.model.pair_file import Names
from noetl_acceptance.model.record import Outcome
from noetl_acceptance.noetl import outcome_tables
from noetl_acceptance.noetl.outcome_rows import RowReader
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.sandbox.postgres import reachable
from noetl_acceptance.support.database import Database


class OutcomeReader:
    """Reads what one execution leaves; what was read before and stands as it was comes fast.

    Args:
        database: with its rows, in autocommit mode.
        profile_api: the control client of the profile API.
        execution_id: the execution's.
        journal: the scenario at the profile API that it calls.
        names: of the columns that its pair names as it likes.
    """

    def __init__(
        self,
        database: Database,
        profile_api: ProfileApi,
        execution_id: str,
        journal: str,
        names: Names,
    ) -> None:
        self._database = database
        self._execution_id = execution_id
        self._rows = RowReader(database, execution_id, names)
        self._calls = CallReader(profile_api, journal)

    def read_ahead(self) -> None:
        """Keep what is there by now; a table in the making may be there only in part."""
        self._calls.read()
        with suppress(psycopg.ProgrammingError, psycopg.DataError):
            self._rows.read()

    def read(self) -> Outcome:
        """Return the rows and the calls as they are now.

        Raises:
            SandboxError: the database or the profile API cannot be reached.
        """
        with reachable():
            others = outcome_tables.count_rows(self._database, but_for=self._execution_id)
            read_at = time.time()
            rows = self._rows.read()
            return Outcome(
                read_at=read_at,
                columns={table: tuple(each) for table, each in rows.columns.items()},
                types=dict(rows.columns[outcome_tables.RESULTS]),
                others=others,
                source=rows.source,
                stored=rows.stored,
                calls=self._calls.read(),
            )
