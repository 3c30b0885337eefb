"""Carries out what scenarios ask for: starts executions, watches them to their end, records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import count

from noetl_acceptance.evidence.figures import ExecutionFigures
from noetl_acceptance.evidence.kept import Evidence
from noetl_acceptance.noetl.pair import Pair
from noetl_acceptance.observer import Started
from noetl_acceptance.order import Order
from noetl_acceptance.row_changes import changing_rows
from noetl_acceptance.row_loss import losing_rows
from noetl_acceptance.row_order import disordering, require_disorder
from noetl_acceptance.sandbox.protocol import Capability
from noetl_acceptance.settling import SETTLE_SECONDS, Recorded
from noetl_acceptance.stage import Stage
from noetl_acceptance.stages import Stages
from noetl_acceptance.waiting import DeadlineError, StarvedError, eventually

REST_SECONDS = 90.0
"""How long to wait for what an ended execution still does where no other sandbox can be had."""


class Executing:
    """Runs orders on a stage, one after the other.

    Args:
        time_scale: multiplies every deadline.
        pair: the playbooks.
        run_id: names the journals of calls, with a number.
        evidence: takes the records.
        stages: is told of a sandbox that works on after an execution's end.
    """

    def __init__(
        self, time_scale: float, pair: Pair, run_id: str, evidence: Evidence, stages: Stages
    ) -> None:
        self._time_scale = time_scale
        self._pair = pair
        self._journals = (f"{run_id}-{number}" for number in count(1))
        self._evidence = evidence
        self._stages = stages

    def carry_out(
        self, stage: Stage, order: Order, seconds: float, follow: Callable[[str], None]
    ) -> tuple[Recorded, ...]:
        """Run an order's executions, side by side where it asks for several.

        Args:
            stage: with the workers that it asks for.
            order: what to ask for.
            seconds: the deadline of each, before ``time-scale``.
            follow: called with the id of each execution when it is started.

        Raises:
            AssertionError: an execution did not end in time, or was refused.
            NotJudgedError: the tables cannot be made to lose or disorder the rows that they should.
            SandboxError: the sandbox broke.
        """
        pair = self._pair
        if order.max_in_flight is not None:
            pair = pair.with_max_in_flight(order.max_in_flight)
        stage.register_playbooks(pair)
        stage.set_credential(order.credential)
        database = stage.database(order.credential)
        stage.watch.set_aside()
        asked = [order] * order.at_once
        if order.beside is not None:
            asked.append(order.model_copy(update={"workload": order.beside}))
        with disordering(database) if order.disordered else nullcontext():
            started = [
                stage.recorder.start(each, pair, database, journal=self._new_journal(stage, each))
                for each in asked
            ]
            found = self._finish(started, stage, seconds, follow)
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
        """Watch executions to their end, one after the other, and record them."""
        ids = [each.execution_id for each in started]
        found = []
        for each in started:
            follow(each.execution_id)
            siblings = [other for other in ids if other != each.execution_id]
            with self._losses(each):
                run = stage.recorder.finish(
                    each, seconds=seconds * self._time_scale, siblings=siblings
                )
            run = self._evidence.record(run)
            self._evidence.figures.executions.append(
                ExecutionFigures(
                    execution_id=run.execution_id,
                    workload=str(run.workload),
                    duration=run.ended_at - run.started_at,
                )
            )
            found.append(Recorded(run, stage, each.journal))
        return found

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
        """Have a fresh sandbox made for what comes next if an execution that ended works on."""
        run, recorder = recorded.run, recorded.stage.recorder
        if run.end == "playbook.completed" and all(call.good for call in run.outcome.calls):
            return
        replaceable = Capability.FRESH_WORKERS in recorded.stage.sandbox.capabilities
        try:
            eventually(
                lambda: recorder.still_at_work(run.execution_id, recorded.journal),
                lambda busy: not busy,
                seconds=SETTLE_SECONDS if replaceable else REST_SECONDS,
                what="the rest of its commands",
            )
        except (DeadlineError, StarvedError):
            self._stages.discard(run.order.workers)

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
