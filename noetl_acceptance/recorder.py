"""Starts an execution, watches it to its end and records all of it into a Run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg

from noetl_acceptance import outcomes
from noetl_acceptance.console import Console
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.noetl import direct, eventlog
from noetl_acceptance.noetl.api import NoetlApi, RefusedError
from noetl_acceptance.noetl.cli import NoetlCli
from noetl_acceptance.noetl.logs import errors_in, last_line
from noetl_acceptance.noetl.pair import Names, Pair
from noetl_acceptance.order import DEFAULT_CREDENTIAL, Order
from noetl_acceptance.pace import Pace
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.progress import Progress
from noetl_acceptance.run import (
    Call,
    Outcome,
    RowCounts,
    Run,
    ServiceChange,
    StatusSample,
    StoredSample,
)
from noetl_acceptance.sandbox.postgres import reachable
from noetl_acceptance.sandbox.protocol import Capability, Sandbox
from noetl_acceptance.waiting import DeadlineError, eventually
from noetl_acceptance.watch import Watch

SLOW_LOOK_SECONDS = 1.0
"""Seconds between two looks at what is costlier than the event log: rows, status, services."""

LAST_WORDS_SECONDS = 2.0
"""How long to wait, at an execution's end, for the last events of its commands."""


Connection = psycopg.Connection[Any]

RESULT_STEPS = ("validate_persisted_results", "summarize")
"""The parent's steps, fixed by docs/pair.md, whose results the checks read."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One observation of a running execution."""

    ending: eventlog.Ending | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class Started:
    """An execution that NoETL has taken; ``at`` is when it was asked for (epoch seconds)."""

    execution_id: str
    answer: dict[str, Any]
    order: Order
    pair: Pair
    outcome: Connection
    journal: str
    at: float
    others: dict[str, RowCounts]
    strays: int


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
    _statuses: list[StatusSample] = field(default_factory=list)
    _samples: list[StoredSample] = field(default_factory=list)
    _services: list[ServiceChange] = field(default_factory=list)
    _pace: Pace = field(default_factory=Pace)

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
        payload["profile_api_url"] = f"{inside}/s/{journal}/profile"
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
        with reachable(), self.console.phase("run", seconds):
            ending = self._wait(started, seconds)
            self._sample_status(execution_id)
            left = self.read_outcome(execution_id, outcome, started.journal, started.pair.names)
            self._hear_out(execution_id)
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
            statuses=tuple(self._statuses),
            samples=tuple(self._samples),
            others_before=started.others,
            outcome=left,
            strays=tuple(self.profile_api.strays()[started.strays :]),
            attempts=self._attempts(),
            misplaced=misplaced,
            services=tuple(self._services),
            log_errors=tuple(log_errors),
            answers=tuple(answers),
            pace=round(self._pace.median, 2),
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
                columns=columns,
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

    def _wait(self, started: Started, seconds: float) -> eventlog.Ending:
        self._statuses, self._samples, self._services = [], [], self.watch.standing()
        self._pace = Pace()
        execution_id, workload = started.execution_id, started.order.sizes
        looked = 0.0
        progress = Progress(workload)

        def observe() -> _Seen:
            nonlocal looked, progress
            ending = eventlog.find_ending(self.events, execution_id, time.time())
            if ending is None and time.monotonic() - looked >= SLOW_LOOK_SECONDS:
                looked = time.monotonic()
                self._pace.look()
                self._refuse_exited_services()
                progress = self._look(started, progress)
                self.console.live(str(progress))
            return _Seen(ending, progress)

        seen = eventually(
            observe,
            lambda now: now.ending is not None,
            seconds=seconds,
            what=f"the end of execution {execution_id} ({workload})",
            tell=lambda now: str(now.progress),
            context=lambda: self._story(execution_id),
        )
        return cast(eventlog.Ending, seen.ending)

    def _hear_out(self, execution_id: str) -> None:
        """Wait, not for long, until no command is open.

        NoETL tells the end before the last events of the last step, which may be the summary.
        """
        with suppress(DeadlineError):
            eventually(
                lambda: eventlog.open_commands(self.events, execution_id),
                lambda still_open: not still_open,
                seconds=LAST_WORDS_SECONDS,
                what="the last events",
                every=0.02,
            )

    def _look(self, started: Started, before: Progress) -> Progress:
        """Return how far an execution is, and keep what the checks need of it."""
        execution_id = started.execution_id
        at = time.time()
        stored = outcomes.count_stored(started.outcome, execution_id)
        self._samples.append(StoredSample(at=at, stored=stored))
        self._sample_status(execution_id)
        return Progress(
            before.workload,
            batches=eventlog.ended_children(self.events, execution_id),
            stored=stored,
            calls=before.calls + len(self.profile_api.journal(started.journal, before.calls)),
        )

    def _refuse_exited_services(self) -> None:
        states = self.sandbox.states()
        self._services += self.watch.changes(states)
        for state in states:
            if not state.running:
                raise SandboxError(
                    f"{state.name} {state.told} during an execution",
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

    def _story(self, execution_id: str) -> Sequence[str]:
        """Tell what a late execution waits for: services, open commands, errors in the logs."""
        states = self.sandbox.states()
        services = [f"{state.name} {state.told}" for state in states] or ["out of sight"]
        waiting = eventlog.open_steps(self.events, execution_id, time.time())
        lines = [f"services: {', '.join(services)}", f"open: {', '.join(waiting) or 'no command'}"]
        for state in states:
            log = "\n".join(self.sandbox.log_tail(state.name, 400))
            errors = dict.fromkeys(last_line(error.text) for error in errors_in(log, state.name))
            lines += [f"{state.name}: {line[:200]}" for line in list(errors)[-2:]]
        return lines
