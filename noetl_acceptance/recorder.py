"""Starts an execution, watches it to its end and records all of it into a Run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from noetl_acceptance import outcomes
from noetl_acceptance.console import Console
from noetl_acceptance.noetl import direct, eventlog
from noetl_acceptance.noetl.api import NoetlApi, RefusedError
from noetl_acceptance.noetl.cli import NoetlCli
from noetl_acceptance.noetl.pair import Names, Pair
from noetl_acceptance.observer import Observer, Started
from noetl_acceptance.order import DEFAULT_CREDENTIAL, Order
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.profile_api.journal import base_path
from noetl_acceptance.run import Call, Outcome, RowCounts, Run
from noetl_acceptance.sandbox.postgres import reachable
from noetl_acceptance.sandbox.protocol import Capability, Sandbox
from noetl_acceptance.support.measuring import services_pace
from noetl_acceptance.watch import Watch

Connection = psycopg.Connection[Any]

RESULT_STEPS = ("validate_persisted_results", "summarize")
"""The parent's steps, fixed by docs/pair.md, whose results the checks read."""


@dataclass
class Recorder:
    """Runs the pair on a sandbox and records what it did.

    Args:
        sandbox: the services.
        api: NoETL's API in it.
        cli: gives NoETL's command line for it, installed when it is asked for first.
        profile_api: the control client of the mock profile API.
        events: a connection to NoETL's own database, in autocommit mode; also the default one
            for outcomes.
        console: shows how far the execution is.
        watch: looks at the services meanwhile.
        attempts_before: how many the sink had refused when this run came to the sandbox.
    """

    sandbox: Sandbox
    api: NoetlApi
    cli: Callable[[], NoetlCli]
    profile_api: ProfileApi
    events: Connection
    console: Console
    watch: Watch
    attempts_before: int = 0

    def start(self, order: Order, pair: Pair, outcome: Connection, *, journal: str) -> Started:
        """Ask NoETL to execute the parent playbook.

        Args:
            order: what to ask for; its sizes, and a credential other than the default, are named.
            pair: the playbooks as they are registered.
            outcome: to the database that the credential names.
            journal: the scenario at the profile API whose base path the execution calls.

        Raises:
            RefusedError: NoETL did not take the request.
            SandboxError: a service cannot be reached.
        """
        payload: dict[str, Any] = order.workload.model_dump() if order.workload else {}
        inside = self.sandbox.endpoints.profile_api_inside
        payload["profile_api_url"] = f"{inside}{base_path(journal)}"
        if order.credential.name != DEFAULT_CREDENTIAL:
            payload["pg_auth"] = order.credential.name
        strays = len(self.profile_api.strays())
        with reachable():
            others = outcomes.count_rows(outcome)
        at = time.time()
        if order.started_by == "command line":
            _, told = self.cli().execute(pair.parent.path, payload)
            answer: dict[str, Any] = {"execution_id": told}
        else:
            answer = self.api.execute(pair.parent.path, payload)
        execution_id = answer.get("execution_id")
        if not isinstance(execution_id, str) or not execution_id.isdecimal():
            raise RefusedError(f"the answer to execute names no execution id: {answer}")
        return Started(execution_id, answer, order, pair, outcome, journal, at, others, strays)

    def finish(self, started: Started, *, seconds: float, siblings: Sequence[str] = ()) -> Run:
        """Watch an execution to its end and record it.

        Args:
            started: what ``start`` returned.
            seconds: the deadline for its end, from now on.
            siblings: the ids of those that go on side by side with it.

        Raises:
            DeadlineError: the execution did not end in time.
            SandboxError: a service exited, or cannot be reached.
        """
        execution_id, outcome = started.execution_id, started.outcome
        observer = Observer(
            started,
            self.sandbox,
            self.api,
            self.profile_api,
            self.events,
            self.console,
            self.watch,
            pace=services_pace(self.sandbox.processes),
        )
        with reachable(), self.console.phase("run", seconds):
            ending = observer.wait(seconds)
            observer.sample_status()
            left = self.read_outcome(execution_id, outcome, started.journal, started.pair.names)
            observer.hear_out()
            events = eventlog.read_events(self.events, execution_id, RESULT_STEPS)
            log_errors = self.watch.errors()  # before queries that may fail are asked
            answers = direct.validations(self.events, outcome, execution_id, started.order.sizes)
            misplaced = RowCounts(source=0, stored=0)
            if outcome is not self.events:
                misplaced = outcomes.count_rows(self.events).get(execution_id, misplaced)
        return Run(
            execution_id=execution_id,
            answer=started.answer,
            order=started.order,
            siblings=tuple(siblings),
            pair=started.pair,
            noetl_version=self.sandbox.noetl_version,
            sandbox=self.sandbox.kind,
            workers=self.sandbox.workers,
            started_at=started.at,
            ended_at=ending.at,
            end=ending.reason,
            events=events,
            statuses=tuple(observer.statuses),
            samples=tuple(observer.samples),
            others_before=started.others,
            outcome=left,
            strays=tuple(self.profile_api.strays()[started.strays :]),
            attempts=self._attempts(),
            misplaced=misplaced,
            services=tuple(observer.services),
            log_errors=tuple(log_errors),
            answers=tuple(answers),
            pace=round(observer.pace.value, 2),
            pace_source=observer.pace.source,
        )

    def read_outcome(
        self, execution_id: str, outcome: Connection, journal: str, names: Names
    ) -> Outcome:
        """Read the rows of an execution and the calls it made, as they are now."""
        with reachable():
            columns = outcomes.read_columns(outcome)
            others = outcomes.count_rows(outcome)
            others.pop(execution_id, None)
            return Outcome(
                read_at=time.time(),
                columns={table: tuple(each) for table, each in columns.items()},
                types=columns[outcomes.RESULTS],
                others=others,
                source=outcomes.read_source(outcome, execution_id, names, columns[outcomes.SOURCE]),
                stored=outcomes.read_stored(
                    outcome, execution_id, names, columns[outcomes.RESULTS]
                ),
                calls=tuple(
                    Call.model_validate(call, from_attributes=True)
                    for call in self.profile_api.journal(journal)
                ),
            )

    def still_at_work(self, execution_id: str, journal: str) -> bool:
        """Whether commands of an execution that has ended are open, or calls in its journal are."""
        waiting = eventlog.open_commands(self.events, execution_id) > 0
        return waiting or any(call.departed is None for call in self.profile_api.journal(journal))

    def _attempts(self) -> tuple[str, ...] | None:
        if Capability.SINK not in self.sandbox.capabilities:
            return None
        return tuple(self.profile_api.attempts()[self.attempts_before :])
