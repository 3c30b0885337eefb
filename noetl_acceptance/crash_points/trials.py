"""Carries out one trial: an execution, a kill at a position, and the execution after it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from noetl_acceptance.bdd.fault_stories import FaultStories, FaultStory
from noetl_acceptance.bdd.session import Session
from noetl_acceptance.checks import faulty
from noetl_acceptance.checks.calls import exactly_once
from noetl_acceptance.checks.ledger import conserved
from noetl_acceptance.conformance.faults.fault_outcomes import OTHERWISE, loss_in
from noetl_acceptance.conformance.faults.sweep_results import Service, Trial
from noetl_acceptance.crash_points.outcomes import findings_of, outcome_of
from noetl_acceptance.crash_points.positions import aim_of
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.neutral import neutral, places_of
from noetl_acceptance.model.fault import WORKER_OF_EVENT, EventMoment, Fault
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import ExecutionRequest, Workload
from noetl_acceptance.noetl.api import RefusedError
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.verdict import policy

SIZES = Workload(seed_rows=12, batch_size=4, max_batches=3)
ANSWER_SECONDS = 0.3
"""How long each answer of the profile API takes: a kill can meet a call in flight."""

DOWN_SECONDS = 3.0
"""How long after the kill the service is started again."""

UNDISTURBED_SECONDS = 120.0
"""The deadline of an execution that nothing disturbs, and of the one after a kill."""

REQUEST = ExecutionRequest(workload=SIZES, rules=(Rule(kind="delay", seconds=ANSWER_SECONDS),))


@dataclass(frozen=True, slots=True)
class Ended:
    """A trial that has ended, and whose failure it is if it is not judged.

    Args:
        trial: what is recorded of it.
        broken: whether the sandbox was the reason.
    """

    trial: Trial
    broken: bool = False


class Laboratory:
    """Carries executions out for a sweep, on one sandbox after the other.

    Args:
        session: that has been opened.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def undisturbed(self) -> ExecutionRecord:
        """Return the record of an execution that nothing disturbs, and that is whole.

        Raises:
            UsageError: it is not whole: then no outcome would be the kill's.
            SandboxError: the sandbox broke.
            NotJudgedError: it cannot be carried out here.
        """
        try:
            (recorded,) = self._session.execute(REQUEST, seconds=UNDISTURBED_SECONDS)
        except AssertionError as failure:
            raise _without_kill(str(failure)) from None
        finally:
            self._done("the undisturbed execution", REQUEST)
        record = recorded.record
        if found := [*conserved(record), *exactly_once(record)]:
            raise _without_kill(str(found[0]))
        return record

    def try_at(self, position: str, number: int, service: Service) -> Ended:
        """Kill a service at a position, and return what became of it.

        Args:
            position: its name.
            number: of the repeat, from 1.
            service: what is killed.
        """
        began = time.monotonic()
        request = REQUEST.under(
            Fault(
                action="killed",
                victim=WORKER_OF_EVENT if service == "worker" else "server",
                seconds=DOWN_SECONDS,
                event=EventMoment.named(position),
            )
        )
        trial, broken = Trial(position=position, number=number), False
        try:
            self._session.sandbox()
        except (SandboxError, AssertionError) as error:  # nothing was killed yet
            why = neutral(str(error).partition("\n")[0], places_of(Figures()))
            return Ended(trial.model_copy(update={"why": why}), broken=True)
        try:
            story = FaultStories(self._session, self._session.console.say).of(
                request,
                seconds=UNDISTURBED_SECONDS + DOWN_SECONDS + faulty.END_SECONDS,
                renewed_seconds=UNDISTURBED_SECONDS,
            )
            trial = _told(trial, story)
        except Exception as error:
            verdict = policy.of_error(error)
            if verdict in ("suite", "usage"):
                raise
            told = neutral(str(error).partition("\n")[0], places_of(Figures()))
            own = verdict == "product" and not isinstance(error, RefusedError)
            trial = trial.model_copy(update={"outcome": (OTHERWISE,) if own else (), "why": told})
            broken = verdict == "sandbox"
        finally:
            self._done(f"{position} {number}", request)
        took = round(time.monotonic() - began, 1)
        return Ended(trial.model_copy(update={"seconds": took}), broken)

    def _done(self, what: str, request: ExecutionRequest) -> None:
        """Write the records, let go of them, and have the next one begin with nothing."""
        for each in (request, request.repeating(request)):
            self._session.renew(each)
        self._session.seen_in(what)


def _told(trial: Trial, story: FaultStory) -> Trial:
    """Return a trial with what an execution, and the one after it, came to.

    Raises:
        NotJudgedError: the kill was not seen, or a row cannot be applied.
    """
    record = story.met.record
    later = story.later, story.events
    found = findings_of(record, *later, story.renewed_records, story.refused, story.crashed)
    aim = aim_of(record, trial.position)
    first = record.faults[0]
    return trial.model_copy(
        update={
            "outcome": outcome_of(record, found),
            "why": str(found[0]) if found else "",
            "killed": first.service,
            "held": first.commands,
            "late": None if aim is None else round(aim.late, 3),
            "meanwhile": () if aim is None else tuple(aim.meanwhile),
            "lost": loss_in(record),
            "repeated": sum(faulty.calls_again(record).values()),
            "pace": record.pace,
            "execution": record.execution_id,
        }
    )


def _without_kill(told: str) -> UsageError:
    first = told.partition("\n")[0]
    return UsageError(
        f"an execution that nothing disturbs is not whole: {first}",
        "see `noetl-acceptance run features/smoke.feature` with these options first",
    )
