"""Carries out one request: starts its executions, watches them to their end, records them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import count

from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import ExecutionFigures
from noetl_acceptance.execution.fixtures.changed_rows import changing_rows
from noetl_acceptance.execution.fixtures.fewer_batches import with_rounds
from noetl_acceptance.execution.fixtures.lost_rows import losing_rows
from noetl_acceptance.execution.fixtures.shuffled_source import disordering, require_disorder
from noetl_acceptance.execution.fixtures.table_race import Race
from noetl_acceptance.execution.monitor import Started
from noetl_acceptance.execution.pool import SandboxPool
from noetl_acceptance.execution.quiescence import SETTLE_SECONDS, Recorded
from noetl_acceptance.execution.system import AtWork, Stage
from noetl_acceptance.model.playbooks import Pair
from noetl_acceptance.model.record import UNENDED, Run
from noetl_acceptance.model.request import Order
from noetl_acceptance.sandbox.protocol import Capability


class Executor:
    """Carries requests out on a stage, one after the other.

    Args:
        time_scale: multiplies every deadline.
        pair: the playbooks.
        run_id: names the journals of calls, with a number.
        evidence: takes the records.
        pool: is told of executions that work on after their end, or did not end.
    """

    def __init__(
        self, time_scale: float, pair: Pair, run_id: str, evidence: Evidence, pool: SandboxPool
    ) -> None:
        self._time_scale = time_scale
        self._pair = pair
        self._journals = (f"{run_id}-{number}" for number in count(1))
        self._evidence = evidence
        self._pool = pool

    def carry_out(
        self, stage: Stage, order: Order, seconds: float, follow: Callable[[str], None]
    ) -> tuple[Recorded, ...]:
        """Carry a request's executions out, side by side where it asks for several.

        Args:
            stage: with the workers that it asks for.
            order: what to ask for.
            seconds: the deadline of each from its own request on, before ``time-scale``.
            follow: called with the id of each execution when it is started.

        Raises:
            AssertionError: an execution did not end in time, or was refused.
            NotJudgedError: the parent has no loop to end early; the tables cannot be made to lose
                or disorder the rows that they should, or were not made at the same moment.
            SandboxError: the sandbox broke.
        """
        pair = self._pair
        if order.max_in_flight is not None:
            pair = pair.with_max_in_flight(order.max_in_flight)
        if order.rounds is not None:
            pair = with_rounds(pair, order.rounds)
        stage.register_playbooks(pair)
        stage.set_credential(order.credential)
        database = stage.database(order.credential)
        stage.watch.set_aside()
        asked = [order] * order.at_once
        if order.beside is not None:
            asked.append(order.model_copy(update={"workload": order.beside}))
        started: list[Started] = []
        with disordering(database) if order.disordered else nullcontext():
            try:
                with self._race(stage, order, len(asked)) as race:
                    for each in asked:
                        journal = self._new_journal(stage, each)
                        started.append(stage.recorder.start(each, pair, database, journal=journal))
                found = self._finish(started, stage, seconds, follow)
            except Exception:
                self._pool.left_at_work(order.workers, list(map(_at_work, started)))
                raise
        race.require_met()
        for recorded in found:
            self._check_rest(recorded)
            if order.disordered:
                require_disorder(database, recorded.run.execution_id)
        return tuple(found)

    def _finish(
        self,
        started: Sequence[Started],
        stage: Stage,
        seconds: float,
        follow: Callable[[str], None],
    ) -> list[Recorded]:
        """Watch executions to their end, side by side, and record each."""
        runs: list[Run] = []

        def keep(run: Run) -> None:
            runs.append(self._keep(run))

        with ExitStack() as losses:
            for each in started:
                losses.enter_context(self._losses(each))
                follow(each.execution_id)
            stage.recorder.finish(started, seconds=seconds * self._time_scale, keep=keep)
        by_id = {run.execution_id: run for run in runs}
        return [Recorded(by_id[each.execution_id], stage, each.journal) for each in started]

    def _keep(self, run: Run) -> Run:
        """Keep a record as evidence, and of one that ended how long it took."""
        run = self._evidence.record(run)
        if run.end != UNENDED:
            self._evidence.figures.executions.append(
                ExecutionFigures(
                    execution_id=run.execution_id,
                    workload=str(run.workload),
                    duration=run.ended_at - run.started_at,
                )
            )
        return run

    def _race(self, stage: Stage, order: Order, executions: int) -> AbstractContextManager[Race]:
        if not order.raced:
            return nullcontext(Race(met=True))
        return stage.race(executions, time_scale=self._time_scale)

    def _losses(self, started: Started) -> AbstractContextManager[None]:
        order, database, scale = started.order, started.outcome, self._time_scale
        if order.changed is not None:
            change, sizes = order.changed, order.sizes
            return changing_rows(database, started.execution_id, change, sizes, time_scale=scale)
        if not order.lost:
            return nullcontext()
        return losing_rows(
            database, started.execution_id, order.lost, order.losing, time_scale=scale
        )

    def _check_rest(self, recorded: Recorded) -> None:
        """Tell the pool where an execution that ended works on."""
        run, stage = recorded.run, recorded.stage
        if run.end == "playbook.completed" and all(call.good for call in run.outcome.calls):
            return
        if Capability.FRESH_WORKERS not in stage.sandbox.capabilities or stage.still_at_work(
            _at_work(recorded), SETTLE_SECONDS
        ):
            self._pool.left_at_work(run.order.workers, [_at_work(recorded)])

    def _new_journal(self, stage: Stage, order: Order) -> str:
        journal = order.address or next(self._journals)
        if order.address:
            stage.profile_api.forget(journal)
        names = self._pair.names
        stage.profile_api.scenario(
            journal,
            order.rules,
            id_parameter=names.call_traveler_id or "traveler_id",
            name_parameter=names.call_traveler_name or "traveler_name",
        )
        return journal


def _at_work(execution: Started | Recorded) -> AtWork:
    if isinstance(execution, Recorded):
        return AtWork(execution.run.execution_id, execution.journal, execution.run.started_at)
    return AtWork(execution.execution_id, execution.journal, execution.at)
