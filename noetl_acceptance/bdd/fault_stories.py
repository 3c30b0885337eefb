"""What scenarios share of an execution that met a fault, whatever becomes of its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from noetl_acceptance.errors import MissedMomentError, NotJudgedError, SandboxError
from noetl_acceptance.execution.record_cache import STEADY_TRIES
from noetl_acceptance.execution.second_look import RecordedExecution
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.record import Event, ExecutionRecord, Outcome
from noetl_acceptance.model.request import ExecutionRequest
from noetl_acceptance.noetl.api import RefusedError
from noetl_acceptance.support.clocks import is_step

FRESH = "the new execution was carried out on fresh services"

PROVES_NOTHING = "those that met the fault were not fit for use any more: it proves nothing of them"
"""Why nothing is judged then."""


class Executing(Protocol):
    """What carries executions out, as far as it is needed here; ``Session`` does."""

    def execute(
        self, request: ExecutionRequest, *, seconds: float
    ) -> tuple[RecordedExecution, ...]:
        """Return the recorded executions of a request."""
        ...

    def renew(self, request: ExecutionRequest) -> None:
        """Have a request carried out anew when it is asked for next."""
        ...

    def look_when_at_rest(self, recorded: RecordedExecution) -> tuple[Outcome, Sequence[Event]]:
        """Return what an execution left once nothing of it is at work, and its later events."""
        ...


@dataclass(frozen=True, slots=True)
class FaultStory:
    """An execution that met a fault, and what came after it.

    Args:
        met: the execution.
        later: what it left, read again after the new execution, unless it has not ended.
        events: those that were written since it was recorded.
        renewed: the new execution of the same sizes; empty where it was refused.
        refused: what NoETL answered to its request then.
        crashed: the services of NoETL's, in words, that had ended by themselves before; then
            nothing was asked for.
    """

    met: RecordedExecution
    later: Outcome
    events: Sequence[Event] = ()
    renewed: tuple[RecordedExecution, ...] = ()
    refused: str = ""
    crashed: tuple[str, ...] = ()

    @property
    def fresh(self) -> bool:
        """Whether the new execution was carried out on other services."""
        return any(each.connected is not self.met.connected for each in self.renewed)

    @property
    def renewed_records(self) -> list[ExecutionRecord]:
        """The record of the new execution, if there is one."""
        return [each.record for each in self.renewed]

    @property
    def on_a_steady_clock(self) -> bool:
        """Whether the clock was not set during its executions."""
        return not any(is_step(each.record.clock_moved) for each in (self.met, *self.renewed))


class FaultStories:
    """Has each fault made once, and the new execution carried out at once, on the same services.

    An execution that hangs costs its sandbox; so what later scenarios judge is kept here.

    Args:
        executing: carries executions out.
        say: is told why a fault is made once more.
    """

    def __init__(self, executing: Executing, say: Callable[[str], None]) -> None:
        self._executing = executing
        self._say = say
        self._told: dict[ExecutionRequest, FaultStory] = {}

    def of(
        self, request: ExecutionRequest, *, seconds: float, renewed_seconds: float
    ) -> FaultStory:
        """Return the story of a request with a fault.

        Args:
            request: what to ask for.
            seconds: the deadline of the execution that meets the fault, before ``time-scale``.
            renewed_seconds: that of the new one.

        Raises:
            AssertionError: the request was refused before any fault was made.
            NotJudgedError: the fault cannot be made here.
            SandboxError: the sandbox broke, or the fault or its healing has no effect; or the new
                execution was carried out on other services.
        """
        if request not in self._told:
            self._told[request] = self._steady(request, seconds, renewed_seconds)
        story = self._told[request]
        if story.fresh:
            raise SandboxError(FRESH, PROVES_NOTHING)
        return story

    def _steady(
        self, request: ExecutionRequest, seconds: float, renewed_seconds: float
    ) -> FaultStory:
        """Carry the story out, again as a whole where the clock was set during its executions."""
        story = self._carried_out(request, seconds, renewed_seconds)
        for _ in range(STEADY_TRIES - 1):
            if story.on_a_steady_clock:
                break
            self._say("  the clock was set meanwhile; the fault is made once more")
            self._forget(request)
            story = self._carried_out(request, seconds, renewed_seconds)
        return story

    def _carried_out(
        self, request: ExecutionRequest, seconds: float, renewed_seconds: float
    ) -> FaultStory:
        met = self._met(request, seconds)
        story = FaultStory(met, met.record.outcome)
        if crashed := met.connected.watch.crashed():
            story = replace(story, crashed=tuple(crashed))
        else:
            story = self._renewed(story, request.repeating(request), renewed_seconds)
        if met.record.end != UNENDED and not story.fresh:
            later, events = self._executing.look_when_at_rest(met)
            story = replace(story, later=later, events=events)
        return story

    def _forget(self, request: ExecutionRequest) -> None:
        """Have the whole story carried out anew: of a new execution only the first one counts."""
        self._executing.renew(request)
        self._executing.renew(request.repeating(request))

    def _met(self, request: ExecutionRequest, seconds: float) -> RecordedExecution:
        """Have a request carried out, and once more where the suite came too late for the fault."""
        try:
            (met,) = self._executing.execute(request, seconds=seconds)
        except MissedMomentError:
            (met,) = self._executing.execute(request, seconds=seconds)
        return met

    def _renewed(self, story: FaultStory, request: ExecutionRequest, seconds: float) -> FaultStory:
        try:
            return replace(story, renewed=self._executing.execute(request, seconds=seconds))
        except RefusedError as refusal:
            return replace(story, refused=str(refusal))
        except NotJudgedError:
            self._forget(story.met.record.request)
            raise
