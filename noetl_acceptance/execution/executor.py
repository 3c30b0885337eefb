"""Carries out one request: starts its executions, watches them to their end, records them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from itertools import count

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import ExecutionFigures
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox, UnfinishedExecution
from noetl_acceptance.execution.faults.command_gap import before_commands
from noetl_acceptance.execution.faults.driver import FaultDriver
from noetl_acceptance.execution.faults.heartbeats import await_heartbeats
from noetl_acceptance.execution.fixtures.cancelling import cancel_midway
from noetl_acceptance.execution.fixtures.changed_rows import changing_rows
from noetl_acceptance.execution.fixtures.fewer_batches import with_rounds
from noetl_acceptance.execution.fixtures.lost_rows import losing_rows
from noetl_acceptance.execution.fixtures.shuffled_source import disordering, require_disorder
from noetl_acceptance.execution.fixtures.table_race import Race
from noetl_acceptance.execution.pair_under_test import require_named_travelers
from noetl_acceptance.execution.pool import SandboxPool
from noetl_acceptance.execution.second_look import SECOND_LOOK_SECONDS, RecordedExecution
from noetl_acceptance.execution.started import Started
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.fault import HANGS_ANYWAY, Fault
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import Cancellation, ExecutionRequest
from noetl_acceptance.noetl.registered_workers import registered
from noetl_acceptance.sandbox.protocol import Capability, require
from noetl_acceptance.support.polling import DeadlineError, DeadlockError, StalledError

LEFT_BY_A_FAULT = "a fault has left it unable to carry out executions"
"""Why nothing is judged on a sandbox any more where the execution after a fault is not whole."""


class Executor:
    """Carries requests out on a sandbox, one after the other.

    Args:
        time_scale: multiplies every deadline.
        pair: the playbooks.
        run_id: names the journals of calls, with a number.
        evidence: takes the records.
        pool: is told of executions that work on after their end, or did not end.
    """

    def __init__(
        self,
        time_scale: float,
        pair: PlaybookPair,
        run_id: str,
        evidence: Evidence,
        pool: SandboxPool,
    ) -> None:
        self._time_scale = time_scale
        self._pair = pair
        self._journals = (f"{run_id}-{number}" for number in count(1))
        self._evidence = evidence
        self._pool = pool
        self._hung = False
        self._disturbed: list[RecordedExecution] = []

    def release(self, repeats: ExecutionRequest | None) -> None:
        """Tell the pool what executions that were cancelled or met a fault have left at work.

        The one that is repeated next is left out: what comes after it must go well beside the rest.

        Args:
            repeats: the request that is repeated next; None for none.
        """
        for recorded in [each for each in self._disturbed if each.record.request != repeats]:
            self._disturbed.remove(recorded)
            if recorded.connected in self._pool.up():
                self._pool.left_at_work(recorded.record.request.workers, [_at_work(recorded)])

    def carry_out(
        self,
        connected: ConnectedSandbox,
        request: ExecutionRequest,
        seconds: float,
        follow: Callable[[str], None],
    ) -> tuple[RecordedExecution, ...]:
        """Carry a request's executions out, side by side where it asks for several.

        Args:
            connected: with the workers that it asks for.
            request: what to ask for.
            seconds: the deadline of each from its own request on, before ``time-scale``.
            follow: called with the id of each execution when it is started.

        Raises:
            AssertionError: an execution did not end in time, or was refused.
            NotJudgedError: the parent has no loop to end early; its calls do not name the travelers
                of a rule; the tables cannot lose or disorder rows, or were made one by one.
            SandboxError: the sandbox broke.
        """
        require_named_travelers(self._pair, request.rules)
        if request.fault is not None:
            self._get_ready(connected, request.fault)
        pair = self._pair_for(request)
        connected.register_playbooks(pair)
        connected.set_credential(request.credential)
        database = connected.database(request.credential)
        connected.watch.set_aside()
        asked = _side_by_side(request)
        started: list[Started] = []
        with (
            disordering(database, pair.names.source_name)
            if request.shuffled_source
            else nullcontext()
        ):
            try:
                with (
                    self._race(connected, request, len(asked)) as race,
                    before_commands(connected, request.fault),
                ):
                    for each in asked:
                        journal = self._new_journal(connected, each)
                        started.append(
                            connected.recorder.start(each, pair, database, journal=journal)
                        )
                if request.cancellation is not None:
                    started = self._cancel(started, connected, request.cancellation, seconds)
                found = self._finish(started, connected, seconds, follow)
            except StalledError:  # nothing is at work
                raise
            except Exception:
                self._pool.left_at_work(request.workers, list(map(_at_work, started)))
                if request.repeats is not None and request.repeats.fault is not None:
                    connected.distrust(LEFT_BY_A_FAULT)
                raise
        race.require_met()
        for recorded in found:
            self._check_rest(recorded)
            if request.shuffled_source:
                require_disorder(database, recorded.record.execution_id)
        return tuple(found)

    def _get_ready(self, connected: ConnectedSandbox, fault: Fault) -> None:
        """Have the services be as where they have been up for a while, before a fault is made."""
        require(connected.sandbox, Capability.FAULTS)
        if self._hung and connected.recorder.gives_up_hangs:
            raise NotJudgedError(HANGS_ANYWAY)
        await_heartbeats(connected)
        if fault.event is not None:  # whom it is about must be known at once
            connected.workers.learn(registered(connected.connection))

    def _pair_for(self, request: ExecutionRequest) -> PlaybookPair:
        """Return the playbooks with what a request asks of them."""
        pair = self._pair
        if request.max_in_flight is not None:
            pair = pair.with_max_in_flight(request.max_in_flight)
        if request.ends_after_batches is not None:
            pair = with_rounds(pair, request.ends_after_batches)
        return pair

    def _cancel(
        self,
        started: Sequence[Started],
        connected: ConnectedSandbox,
        cancellation: Cancellation,
        seconds: float,
    ) -> list[Started]:
        """Have executions cancelled in the middle; return them with what NoETL answered."""
        deadline = seconds * self._time_scale
        return [
            replace(each, cancelled=cancel_midway(connected, each, cancellation, seconds=deadline))
            for each in started
        ]

    def _finish(
        self,
        started: Sequence[Started],
        connected: ConnectedSandbox,
        seconds: float,
        follow: Callable[[str], None],
    ) -> list[RecordedExecution]:
        """Watch executions to their end, side by side, and record each."""
        records: list[ExecutionRecord] = []

        def keep(record: ExecutionRecord) -> None:
            records.append(self._keep(record))

        fault: FaultDriver | None = None
        with ExitStack() as stack:
            for each in started:
                stack.enter_context(self._losses(each))
                follow(each.execution_id)
                if each.request.fault is not None:
                    fault = FaultDriver(connected, each, each.request.fault)
                    stack.callback(fault.heal)
            try:
                deadline = seconds * self._time_scale
                connected.recorder.finish(started, seconds=deadline, keep=keep, fault=fault)
            except StalledError:
                raise
            except DeadlineError as late:
                self._hung |= isinstance(late, DeadlockError) and fault is None
                # What could not be recorded cannot be judged either.
                if not started[0].request.may_hang or len(records) < len(started):
                    raise
                connected.console.say(f"  {late}")
        by_id = {record.execution_id: record for record in records}
        return [
            RecordedExecution(by_id[each.execution_id], connected, each.journal) for each in started
        ]

    def _keep(self, record: ExecutionRecord) -> ExecutionRecord:
        """Keep a record as evidence, and of one that ended how long it took."""
        record = self._evidence.record(record)
        if record.end != UNENDED:
            self._evidence.figures.executions.append(
                ExecutionFigures(
                    execution_id=record.execution_id,
                    workload=str(record.workload),
                    duration=record.ended_at - record.started_at - record.clock_moved,
                )
            )
        return record

    def _race(
        self, connected: ConnectedSandbox, request: ExecutionRequest, executions: int
    ) -> AbstractContextManager[Race]:
        if not request.table_race:
            return nullcontext(Race(met=True))
        return connected.race(executions, time_scale=self._time_scale)

    def _losses(self, started: Started) -> AbstractContextManager[None]:
        request, database, scale = started.request, started.outcome, self._time_scale
        if request.row_change is not None:
            change, sizes = request.row_change, started.sizes
            return changing_rows(database, started.execution_id, change, sizes, time_scale=scale)
        if not request.dropped_travelers:
            return nullcontext()
        return losing_rows(
            database,
            started.execution_id,
            request.dropped_travelers,
            request.drop_mode,
            time_scale=scale,
        )

    def _check_rest(self, recorded: RecordedExecution) -> None:
        """Tell the pool where an execution that ended works on, or has left its marks.

        What a fault has left the next one may meet; and what the execution after a fault lacked,
        the next one may lack as well.
        """
        record, connected = recorded.record, recorded.connected
        repeated = record.request.repeats
        whole = record.end == "playbook.completed" and not record.missing_ids
        if repeated is not None and repeated.fault is not None and not whole:
            connected.distrust(LEFT_BY_A_FAULT)
            return
        if record.request.fault is not None and record.request.fault.leaves_marks:
            self._disturbed.append(recorded)
            return
        if record.end == "playbook.completed" and all(call.good for call in record.outcome.calls):
            return
        if (
            Capability.FRESH_WORKERS not in connected.sandbox.capabilities
            or connected.still_at_work(_at_work(recorded), SECOND_LOOK_SECONDS)
        ):
            if record.cancelled is None and record.request.fault is None:
                self._pool.left_at_work(record.request.workers, [_at_work(recorded)])
            else:
                self._disturbed.append(recorded)

    def _new_journal(self, connected: ConnectedSandbox, request: ExecutionRequest) -> str:
        journal = request.reused_journal or next(self._journals)
        if request.reused_journal:
            connected.profile_api.forget(journal)
        names = self._pair.names
        connected.profile_api.scenario(
            journal,
            request.rules,
            id_parameter=names.call_traveler_id or "traveler_id",
            name_parameter=names.call_traveler_name or "traveler_name",
        )
        return journal


def _side_by_side(request: ExecutionRequest) -> list[ExecutionRequest]:
    """Return a request for each of its executions."""
    asked = [request] * request.parallel
    if request.companion is not None:
        asked.append(request.model_copy(update={"workload": request.companion}))
    return asked


def _at_work(execution: Started | RecordedExecution) -> UnfinishedExecution:
    if isinstance(execution, RecordedExecution):
        return UnfinishedExecution(
            execution.record.execution_id, execution.journal, execution.record.asked
        )
    return UnfinishedExecution(execution.execution_id, execution.journal, execution.asked)
