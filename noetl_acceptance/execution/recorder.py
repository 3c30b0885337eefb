"""Starts an execution, watches it to its end and records all of it into a record."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from noetl_acceptance.errors import AcceptanceError
from noetl_acceptance.execution.faults.hanging import HangProof
from noetl_acceptance.execution.hangs import DeadlockProof, more_after, refuse_hang
from noetl_acceptance.execution.last_words import await_status, drain_trailing_events
from noetl_acceptance.execution.monitor import FaultInProgress, Observer, Seen
from noetl_acceptance.execution.outcome_reader import OutcomeReader
from noetl_acceptance.execution.service_monitor import ServiceMonitor
from noetl_acceptance.execution.started import Started, awaited
from noetl_acceptance.generations.logs import require_known
from noetl_acceptance.generations.recovery import SOON, recovery_seconds
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.pair_file import Names
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.record import Event, ExecutionRecord, Outcome, RowCounts
from noetl_acceptance.model.request import DEFAULT_CREDENTIAL, ExecutionRequest
from noetl_acceptance.noetl import direct_sql, event_log, outcome_tables
from noetl_acceptance.noetl.api import NoetlApi, execution_id_in
from noetl_acceptance.noetl.cli import NoetlCli
from noetl_acceptance.noetl.event_reader import EventReader
from noetl_acceptance.noetl.statement_counts import count_stores, since
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.profile_api.journal import base_path
from noetl_acceptance.sandbox.postgres import reachable
from noetl_acceptance.sandbox.protocol import Capability, Sandbox
from noetl_acceptance.support.clocks import ClockWatch
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.database import Database
from noetl_acceptance.support.lasting_connection import OutageError
from noetl_acceptance.support.measuring import Reader, services_pace
from noetl_acceptance.support.polling import DeadlineError, eventually
from noetl_acceptance.support.starvation import Pace


@dataclass
class Recorder:
    """Runs the pair on a sandbox and records what it did.

    Args:
        sandbox: the services.
        reader: of how these services fare.
        api: NoETL's API in it.
        cli: gives NoETL's command line for it, installed when it is asked for first.
        profile_api: the control client of the mock profile API.
        events: an autocommit connection to NoETL's own database, the default one for outcomes.
        console: shows how far the execution is.
        watch: looks at the services meanwhile.
        may_stall: whether an execution of this release may stall, as is recorded of it.
        gives_up_hangs: whether the wait for any execution ends where it is proven to hang.
        attempts_before: how many the sink had refused when this run came to the sandbox.
    """

    sandbox: Sandbox
    reader: Reader
    api: NoetlApi
    cli: Callable[[], NoetlCli]
    profile_api: ProfileApi
    events: Database
    console: Console
    watch: ServiceMonitor
    attempts_before: int = 0
    may_stall: bool = False
    gives_up_hangs: bool = False

    def start(
        self, request: ExecutionRequest, pair: PlaybookPair, outcome: Database, *, journal: str
    ) -> Started:
        """Ask NoETL to execute the parent playbook.

        Args:
            request: what to ask for; its sizes, and a credential other than the default, are named.
            pair: the playbooks as they are registered.
            outcome: to the database that the credential names.
            journal: the scenario at the profile API whose base path the execution calls.

        Raises:
            AssertionError: NoETL answered with an execution that was there before, and the request
                would have the suite cancel or disturb it: it may be somebody else's.
            RefusedError: NoETL did not take the request.
            SandboxError: a service cannot be reached.
        """
        payload: dict[str, Any] = request.workload.model_dump() if request.workload else {}
        inside = self.sandbox.endpoints.profile_api_inside
        payload["profile_api_url"] = f"{inside}{base_path(journal)}"
        if request.credential.name != DEFAULT_CREDENTIAL:
            payload["pg_auth"] = request.credential.name
        strays = len(self.profile_api.strays())
        with reachable():
            others = outcome_tables.count_rows(outcome)
            stores = count_stores(self.events, outcome)
        cli = self.cli() if request.uses_command_line else None  # installing it may take long
        with reachable(), event_log.as_it_stands(self.events) as had:
            at, pace, clock = time.time(), services_pace(self.reader), ClockWatch()
            if cli is not None and request.started_by == "command line":
                _, told = cli.execute(pair.parent.path, payload)
                answer: dict[str, Any] = {"execution_id": told}
            else:
                answer = self.api.execute(pair.parent.path, payload)
            execution_id = execution_id_in(answer)
            there_before = had(execution_id)
        if there_before and _meddles(request):
            raise AssertionError(
                f"NoETL answered with {execution_id}: the log had events of that execution before "
                "the request, so the suite leaves it alone"
            )
        own = (execution_id, answer, request, pair, outcome, journal, at, others, strays, stores)
        return Started(*own, there_before, pace=pace, clock=clock)

    def finish(
        self,
        started: Sequence[Started],
        *,
        seconds: float,
        keep: Callable[[ExecutionRecord], None],
        fault: FaultInProgress | None = None,
    ) -> None:
        """Watch executions to their end, side by side, and record each as soon as it has ended.

        Args:
            started: what ``start`` returned.
            seconds: the deadline of each, from its own request on; one that has met a fault gets
                ``END_SECONDS`` from the healing on at least.
            keep: is given each record, also of an execution that did not end.
            fault: to be made in the middle of the only execution, and healed; None for none.

        Raises:
            DeadlineError: an execution did not end in time.
            DeadlockError: those that have not ended wait for each other, or one hangs.
            NotJudgedError: so it seems, but its log has types of events that nobody knows.
            SandboxError: a service ended, or cannot be reached; ``observer`` has the others.
        """
        watching = {each.execution_id: self._observer(each, fault) for each in started}
        pace = started[0].pace
        # What hangs without a fault is not taken up later: 2.10.27, 2.12.8 were silent for 350 s.
        lost = recovery_seconds(self.sandbox.noetl_version) if fault is not None else SOON
        hangs, deadlock = {each: HangProof(lost) for each in watching}, DeadlockProof()
        seen: list[Seen] = []

        def observe() -> list[Seen]:
            if fault is not None:
                fault.look()
            try:
                looks = {each: observer.look() for each, observer in watching.items()}
            except OutageError:
                return seen  # nothing new is seen until it is over
            for execution_id, now in looks.items():
                ended = now.ending
                if ended is not None and watching[execution_id].at_rest(ended.at):
                    keep(self._record(watching.pop(execution_id), ended, started, pace))
            deadlock.refuse(list(watching.values()))
            refuse_hang(list(watching.values()), hangs, pace, undisturbed=self.gives_up_hangs)
            seen[:] = looks.values()
            return seen

        with reachable(), self.console.phase("execution", seconds):
            try:
                eventually(
                    observe,
                    lambda _: not watching,
                    seconds=seconds,
                    passed=time.time() - min(each.at for each in started) - started[0].clock.moved,
                    more=lambda: more_after(fault, started[0].at + seconds),
                    what=awaited(started),
                    tell=lambda seen: "; ".join(str(each.progress) for each in seen),
                    context=lambda: [line for it in watching.values() for line in it.story()],
                    pace=pace,
                )
            except Exception as error:
                if fault is not None:
                    fault.heal()
                self._keep_unended(list(watching.values()), started, pace, keep)
                if isinstance(error, DeadlineError):
                    for observer in watching.values():
                        require_known(observer.log.event_types, UNENDED)
                raise

    def _observer(self, started: Started, fault: FaultInProgress | None) -> Observer:
        return Observer(
            started,
            self.sandbox,
            self.api,
            self.profile_api,
            self.events,
            self.console,
            self.watch,
            self.may_stall,
            fault,
        )

    def _keep_unended(
        self,
        observers: Sequence[Observer],
        started: Sequence[Started],
        pace: Pace,
        keep: Callable[[ExecutionRecord], None],
    ) -> None:
        """Record what is there of executions that did not end, where it can be read."""
        given_up = event_log.Ending(UNENDED, time.time())
        for observer in observers:
            with suppress(AssertionError, AcceptanceError, psycopg.Error):
                keep(self._record(observer, given_up, started, pace))

    def _record(
        self, observer: Observer, ending: event_log.Ending, started: Sequence[Started], pace: Pace
    ) -> ExecutionRecord:
        pace.look()
        own = observer.started
        execution_id, outcome = own.execution_id, own.outcome
        told = observer.sample_status()
        left = observer.outcome.read()
        if ending.reason != UNENDED:
            drain_trailing_events(self.events, execution_id, pace.value)
            await_status(observer, told=told)
        events = observer.log.all()
        log_errors = self.watch.errors()  # before queries that may fail are asked
        answers = direct_sql.validations(self.events, outcome, execution_id, own.sizes)
        stores = since(own.stores, count_stores(self.events, outcome))
        misplaced = RowCounts(source=0, stored=0)
        if outcome is not self.events:
            misplaced = outcome_tables.count_own(self.events, execution_id)
        self.watch.untold()  # what became of the services meanwhile is the record's
        return ExecutionRecord(
            execution_id=execution_id,
            answer=own.answer,
            request=own.request,
            siblings=tuple(each.execution_id for each in started if each is not own),
            pair=own.pair,
            noetl_version=self.sandbox.noetl_version,
            sandbox=self.sandbox.kind,
            workers=self.sandbox.workers,
            started_at=own.at,
            there_before=own.there_before,
            ended_at=ending.at,
            end=ending.reason,
            events=events,
            statuses=tuple(observer.statuses),
            samples=tuple(observer.samples),
            others_before=own.others,
            outcome=left,
            strays=tuple(self.profile_api.strays()[own.strays :]),
            attempts=self._attempts(),
            misplaced=misplaced,
            services=tuple(observer.services),
            log_errors=tuple(log_errors),
            answers=tuple(answers),
            pace=round(pace.value, 2),
            pace_source=pace.source,
            stores=stores if len(started) == 1 and observer.fault is None else None,
            settings=self.sandbox.settings.told_settings,
            cancelled=own.cancelled,
            faults=observer.fault.intervals if observer.fault else (),
            clock_moved=round(own.clock.moved, 1) or 0.0,  # and not -0.0
            waits_for=observer.waits_for() if ending.reason == UNENDED else (),
        )

    def read_outcome(
        self, execution_id: str, outcome: Database, journal: str, names: Names
    ) -> Outcome:
        """Read the rows of an execution and the calls it made, as they are now."""
        return OutcomeReader(outcome, self.profile_api, execution_id, journal, names).read()

    def events_since(self, record: ExecutionRecord) -> tuple[Event, ...]:
        """Read the events of an execution that were written since it was recorded."""
        known = {(event.execution_id, event.event_id) for event in record.events}
        with reachable():
            log = EventReader(self.events, record.execution_id, record.asked, ()).all()
        return tuple(each for each in log if (each.execution_id, each.event_id) not in known)

    def still_at_work(self, execution_id: str, journal: str) -> bool:
        """Whether commands of an execution that has ended are open, or calls in its journal are."""
        waiting = event_log.open_commands(self.events, execution_id) > 0
        return waiting or self.profile_api.counts(journal).open > 0

    def _attempts(self) -> tuple[str, ...] | None:
        if Capability.SINK not in self.sandbox.capabilities:
            return None
        return tuple(self.profile_api.attempts()[self.attempts_before :])


def _meddles(request: ExecutionRequest) -> bool:
    """Whether a request has the suite cancel an execution, or disturb it."""
    means = (request.cancellation, request.fault, request.row_change, request.dropped_travelers)
    return any(means)
