"""The executions of one behave run: scenarios that ask for the same share one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from noetl_acceptance.checks.log_findings import newest_errors
from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.execution.second_look import RecordedExecution
from noetl_acceptance.execution.unanswered import why_late
from noetl_acceptance.model.request import ExecutionRequest
from noetl_acceptance.support.clocks import ClockWatch, is_step, step_words
from noetl_acceptance.support.polling import (
    REMEDY,
    DeadlineError,
    StarvedError,
    missed_words,
    told_starved,
)
from noetl_acceptance.support.starvation import STARVED, pace_words
from noetl_acceptance.verdict import policy

TRIES = 2
"""How often a request is carried out whose sandbox breaks; each scenario that shares it may ask."""

STEADY_TRIES = 3
"""How often at most a request is carried out in a row if the clock is set each time."""

REPEAT_SECONDS = 240.0
"""The deadline of an execution that a scenario needs for a comparison only."""

CarryOut = Callable[[ExecutionRequest, float, Callable[[str], None]], tuple[RecordedExecution, ...]]
"""Carries a request out: the request, the deadline in seconds, what follows each execution."""


def _nobody(_: str) -> None:
    """Follow no execution."""


@dataclass
class _Entry:
    """How a request went: its records or its error, its deadline, how often it was tried."""

    recorded: tuple[RecordedExecution, ...] = ()
    error: Exception | None = None
    seconds: float = 0.0
    tries: int = field(default=0)

    def holds(self, seconds: float) -> bool:
        """Whether what is known answers a scenario with that deadline."""
        if self.error is None:
            return True
        if isinstance(self.error, DeadlineError):
            return seconds <= self.seconds
        if policy.of_error(self.error) in ("sandbox", "skipped"):
            return self.tries >= TRIES
        return True


class RecordCache:
    """Has each request carried out once, and hands its records to all scenarios that ask for it.

    What the product fails is failed by all of them. Where the sandbox broke, or somebody ended a
    service, the next scenario has the request carried out anew; after ``TRIES`` times that is told
    in one line. Where the clock was set meanwhile that is done at once.

    Args:
        carry_out: does it, on a sandbox that is fit for use.
        time_scale: multiplies every deadline.
        say: is told why a request is carried out again.
    """

    def __init__(self, carry_out: CarryOut, time_scale: float, say: Callable[[str], None]) -> None:
        self._carry_out = carry_out
        self._time_scale = time_scale
        self._say = say
        self._entries: dict[ExecutionRequest, _Entry] = {}

    def executions(
        self,
        request: ExecutionRequest,
        *,
        seconds: float,
        follow: Callable[[str], None] | None = None,
    ) -> tuple[RecordedExecution, ...]:
        """Return the recorded executions of a request, held against the caller's own deadline.

        Args:
            request: what to ask for.
            seconds: the deadline of each from its own request on, before ``time-scale``.
            follow: called with the id of each execution as soon as it is started; not called
                when it ran before. Who follows one has seen it, so it is not carried out again.

        Raises:
            AssertionError: an execution did not end in time, or was refused.
            NotJudgedError: it cannot be judged, by whose doing is said.
            SandboxError: the sandbox broke.
        """
        entry = self._entries.setdefault(request, _Entry())
        fresh = entry.tries == 0 or not entry.holds(seconds)
        if fresh:
            entry.tries, entry.seconds, entry.error = entry.tries + 1, seconds, None
            try:
                entry.recorded = self._carried_out(request, seconds, follow)
            except Exception as error:
                entry.error = error
                raise
        if entry.error is not None:
            raise _told_before(entry.error)
        for recorded in entry.recorded if not request.may_hang else ():
            self._hold_deadline(recorded, seconds)
        return entry.recorded

    def _carried_out(
        self, request: ExecutionRequest, seconds: float, follow: Callable[[str], None] | None
    ) -> tuple[RecordedExecution, ...]:
        """Carry a request out, again where the clock was set and an execution can be replaced.

        Raises:
            NotJudgedError: an execution did not end in time, and the clock was set meanwhile.
        """
        again = _stands_alone(request) and follow is None
        for tries_left in reversed(range(STEADY_TRIES)):
            clock = ClockWatch()
            try:
                recorded = self._carry_out(request, seconds, follow or _nobody)
            except DeadlineError as late:
                if not clock.was_set:
                    raise
                raise NotJudgedError(f"{step_words(clock.moved)}\n{late}") from late
            moved = max((each.record.clock_moved for each in recorded), key=abs, default=0.0)
            if not (is_step(moved) and again and tries_left):
                break
            self._say(f"  {step_words(moved)}; carried out once more")
        return recorded

    def forget(
        self, which: Callable[[RecordedExecution], bool]
    ) -> Iterator[Sequence[RecordedExecution]]:
        """Forget the requests with such an execution; yield their records."""
        for request, entry in list(self._entries.items()):
            if any(map(which, entry.recorded)):
                yield entry.recorded
                del self._entries[request]

    def renew(self, request: ExecutionRequest) -> None:
        """Have a request carried out anew when it is asked for next, whatever became of it."""
        self._entries.pop(request, None)

    def clear(self) -> None:
        """Forget everything: the evidence reads each record anew, and two would be in memory."""
        self._entries.clear()

    def _hold_deadline(self, recorded: RecordedExecution, seconds: float) -> None:
        """Raise when an execution, maybe another scenario's, took longer than this one allows."""
        record = recorded.record
        took = record.ended_at - record.started_at - record.clock_moved
        deadline = seconds * self._time_scale
        if took <= deadline:
            return
        missed = missed_words(deadline, f"the end of execution {record.execution_id}")
        first = f"{missed}; it took {took:.1f} s ({pace_words(record.pace)})"
        story = "\n  ".join([first, *newest_errors(record.log_errors)])
        if record.pace >= STARVED:
            raise StarvedError(told_starved(record.pace), REMEDY, story)
        raise why_late(DeadlineError(story), recorded.connected)


def _stands_alone(request: ExecutionRequest) -> bool:
    """Whether nothing before or after an execution belongs to what is judged of it.

    What failed, was cancelled or met a fault shows only in the first one after that.
    """
    means = (request.repeats, request.reused_journal, request.shuffled_source, request.fault)
    return not any(means)


def _told_before(error: Exception) -> Exception:
    """Return an error for a scenario that only shares what another one has told in full."""
    if policy.of_error(error) not in ("sandbox", "skipped"):
        return error
    kind = NotJudgedError if isinstance(error, NotJudgedError) else SandboxError
    first = str(error).partition("\n")[0]
    return kind(f"this execution has failed {TRIES} times, told by the scenarios before: {first}")
