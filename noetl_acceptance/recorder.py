"""Starts an execution, watches it to its end and records all of it into a Run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg

from noetl_acceptance import outcomes
from noetl_acceptance.console import Console
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.noetl import eventlog
from noetl_acceptance.noetl.api import NoetlApi, RefusedError
from noetl_acceptance.noetl.pair import Pair
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.run import Call, Outcome, Run, StatusSample, Workload
from noetl_acceptance.sandbox.protocol import Sandbox
from noetl_acceptance.waiting import eventually

SLOW_LOOK_SECONDS = 1.0
"""Seconds between two looks at what is costlier than the event log: rows, status, services."""


RESULT_STEPS = ("validate_persisted_results", "summarize")
"""The parent's steps, fixed by interface.md, whose results the checks read."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One observation of a running execution."""

    ending: eventlog.Ending | None
    stored: int
    still_open: int


@dataclass
class Recorder:
    """Runs the pair on a sandbox and records what it did.

    Args:
        sandbox: the services.
        api: NoETL's API in it.
        profile_api: the control client of the mock profile API.
        connection: to the outcome database, in autocommit mode.
        pair: the playbooks under test, registered.
        progress: takes a line about the execution now and then.
    """

    sandbox: Sandbox
    api: NoetlApi
    profile_api: ProfileApi
    connection: psycopg.Connection[Any]
    pair: Pair
    console: Console
    _statuses: list[StatusSample] = field(default_factory=list)

    def run(
        self,
        workload: Workload,
        *,
        pg_auth: str,
        journal: str,
        seconds: float,
    ) -> Run:
        """Execute the parent playbook and record the execution.

        Args:
            workload: the sizes, sent as the payload.
            pg_auth: the name of the credential.
            journal: the scenario at the profile API whose base path the run calls.
            seconds: the deadline for the execution's end.

        Raises:
            DeadlineError: the execution did not end in time.
            RefusedError: NoETL did not take the request.
            SandboxError: a service exited, or cannot be reached.
        """
        payload = {
            **workload.model_dump(),
            "pg_auth": pg_auth,
            "profile_api_url": f"{self.sandbox.endpoints.profile_api_inside}/s/{journal}/profile",
        }
        started = time.time()
        answer = self.api.execute(self.pair.parent.path, payload)
        execution_id = answer.get("execution_id")
        if not isinstance(execution_id, str) or not execution_id.isdecimal():
            raise RefusedError(f"the answer to execute names no execution id: {answer}")
        ending = self._wait(execution_id, workload, seconds)
        self._sample_status(execution_id)
        return Run(
            execution_id=execution_id,
            answer=answer,
            workload=workload,
            pair=self.pair,
            noetl_version=self.sandbox.noetl_version,
            sandbox=self.sandbox.kind,
            workers=self.sandbox.workers,
            started_at=started,
            ended_at=ending.at,
            end=ending.reason,
            events=eventlog.read_events(self.connection, execution_id, RESULT_STEPS),
            statuses=tuple(self._statuses),
            outcome=self.read_outcome(execution_id, journal),
            strays=tuple(self.profile_api.strays()),
        )

    def read_outcome(self, execution_id: str, journal: str) -> Outcome:
        """Read the rows of an execution and the calls it made, as they are now."""
        columns = outcomes.read_columns(self.connection)
        names = self.pair.names
        return Outcome(
            read_at=time.time(),
            columns=columns,
            source=outcomes.read_source(
                self.connection, execution_id, names, columns[outcomes.SOURCE]
            ),
            stored=outcomes.read_stored(
                self.connection, execution_id, names, columns[outcomes.RESULTS]
            ),
            calls=tuple(
                Call.model_validate(call, from_attributes=True)
                for call in self.profile_api.journal(journal)
            ),
        )

    def _wait(self, execution_id: str, workload: Workload, seconds: float) -> eventlog.Ending:
        self._statuses = []
        began = time.monotonic()
        looked = 0.0
        stored = still_open = 0

        def observe() -> _Seen:
            nonlocal looked, stored, still_open
            ending = eventlog.find_ending(self.connection, execution_id, time.time())
            if ending is None and time.monotonic() - looked >= SLOW_LOOK_SECONDS:
                looked = time.monotonic()
                self._refuse_exited_services()
                stored = outcomes.count_stored(self.connection, execution_id)
                still_open = eventlog.open_commands(self.connection, execution_id)
                self._sample_status(execution_id)
                self.console.live(
                    f"  {workload}: {stored} of {workload.expected_rows} stored, {still_open} "
                    f"commands open, {looked - began:.0f} s of {seconds:g} s"
                )
            return _Seen(ending, stored, still_open)

        seen = eventually(
            observe,
            lambda now: now.ending is not None,
            seconds=seconds,
            what=f"the end of execution {execution_id} ({workload})",
            tell=lambda now: f"{now.stored} stored, {now.still_open} commands open",
            context=self._story,
        )
        self.console.clear()
        return cast(eventlog.Ending, seen.ending)

    def _refuse_exited_services(self) -> None:
        for state in self.sandbox.states():
            if not state.running:
                raise SandboxError(
                    f"{state.name} exited with code {state.exit_code} during an execution",
                    f"see logs/{state.name}.log in the run's folder",
                    "\n".join(self.sandbox.log_tail(state.name)),
                )

    def _sample_status(self, execution_id: str) -> None:
        try:
            status = self.api.status(execution_id)
        except RefusedError:
            return  # some releases know no status before the first event is worked on
        self._statuses.append(
            StatusSample(
                at=time.time(),
                completed=bool(status.get("completed")),
                failed=bool(status.get("failed")),
                current_step=status.get("current_step"),
            )
        )

    def _story(self) -> Sequence[str]:
        states = self.sandbox.states()
        words = [f"{s.name} {'up' if s.running else f'exited {s.exit_code}'}" for s in states]
        tail = self.sandbox.log_tail("server", 5)
        return ["services: " + ", ".join(words), "last lines of the server's log:", *tail]
