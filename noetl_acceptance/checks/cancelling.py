"""A cancelled execution: what its status says, and what still happens after the cancellation."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import Command, commands
from noetl_acceptance.checks.ledger import stored_times
from noetl_acceptance.checks.saturation import waits_for_child
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.event_types import CANCELLED
from noetl_acceptance.model.findings import Finding, about, travelers_of
from noetl_acceptance.model.record import Call, ExecutionRecord
from noetl_acceptance.model.wording import counted

CLOCK_SECONDS = 1.0
"""How far NoETL's clock and the suite's may be apart."""


@check("status-cancelled")
def status_says_so(record: ExecutionRecord) -> list[Finding]:
    """The status says that the execution is cancelled, and the event log that it has ended (P14).

    Raises:
        NotJudgedError: the suite has not had it cancelled in the middle of its calls.
    """
    at = _cancelled_midway(record)
    found = []
    if record.end != CANCELLED:
        found.append(Finding("not-cancelled", f"the execution ended with {record.end}"))
    last = record.statuses[-1] if record.statuses else None
    if last is None or last.at < at:
        return [*found, Finding("status-missing", "the status did not answer afterwards")]
    if not last.cancelled:
        words = [word for word in ("completed", "failed") if getattr(last, word)]
        said = f'it says "{words[0]}"' if words else "it says nothing of an end"
        found.append(
            Finding("status-not-cancelled", f'the status does not say "cancelled"; {said}')
        )
    if not (last.cancelled or last.completed or last.failed):
        late = last.at - at
        message = f"{late:.0f} s later, the status does not say that the execution has ended"
        found.append(Finding("status-not-ended", message))
    return found


@check("nothing-after-cancelling")
def nothing_later(record: ExecutionRecord) -> list[Finding]:
    """No call starts and no row comes later than the commands that were at work (P14).

    A command is at work from the moment at which a worker has claimed it until it is finished; the
    parent's own, which only waits for its worker execution, is not.

    Raises:
        NotJudgedError: the suite has not had it cancelled in the middle of its calls; or its rows
            tell no time and were not counted when they had to be there.
    """
    at = _cancelled_midway(record)
    working = [each for each in commands(record) if _works(record, each, at)]
    rest = max([at, *(each.finished or at for each in working)])
    in_flight = sum(_in_flight(call, at) for call in record.outcome.calls)
    begun = sorted(
        (call for call in record.outcome.calls if call.arrived > at),
        key=lambda call: call.arrived,
    )
    # Who had claimed its command may make its call yet, but no more than one each.
    spare = max(0, len(working) - in_flight)
    allowed = [call for call in begun[:spare] if call.arrived <= rest + CLOCK_SECONDS]
    late = begun[len(allowed) :]
    found = []
    if late:
        message = (
            f"{counted(len(late), 'call')} begun after the cancellation, the last "
            f"{late[-1].arrived - at:.1f} s after it"
        )
        found.append(Finding("call-after-cancel", message, travelers_of(late)))
    try:
        return [*found, *_late_rows(record, at, rest, frozenset(travelers_of(late)))]
    except NotJudgedError:
        if not found:
            raise
    return found


@check("nothing-left-at-work")
def nothing_left(record: ExecutionRecord) -> list[Finding]:
    """No command of the cancelled execution or of its worker executions stays at work (P14).

    Raises:
        NotJudgedError: the suite has not had it cancelled in the middle of its calls.
    """
    at = _cancelled_midway(record)
    left = [each for each in commands(record) if each.claims and each.finished is None]
    if not left:
        return []
    steps = ", ".join(dict.fromkeys(each.step for each in left))
    message = (
        f"{counted(len(left), 'command')} (step {steps}) still held by a worker "
        f"{record.settled_at - at:.0f} s after the cancellation"
    )
    return [Finding("command-left-open", message, seen=len(left))]


def _cancelled_midway(record: ExecutionRecord) -> float:
    """Return when NoETL had confirmed the cancellation of an execution (epoch seconds).

    Raises:
        NotJudgedError: it was not cancelled, or no call was in flight then.
    """
    cancelled = record.cancelled
    if cancelled is None:
        raise NotJudgedError("the suite has not had this execution cancelled")
    calls = [call for call in record.outcome.calls if _in_flight(call, cancelled.asked)]
    if not calls:
        raise NotJudgedError("no call was in flight when the execution was cancelled")
    # A call that was broken off in between may be what the cancellation does.
    broken_off = any(call.answer == "abandoned" for call in calls)
    still = any(_in_flight(call, cancelled.answered) for call in record.outcome.calls)
    if not (broken_off or still):
        raise NotJudgedError(
            f"no call was in flight any more when NoETL answered: {cancelled.answer.strip()}"
        )
    return cancelled.answered


def _in_flight(call: Call, at: float) -> bool:
    return call.arrived <= at and (call.departed is None or call.departed > at)


def _works(record: ExecutionRecord, command: Command, at: float) -> bool:
    """Whether a command was at work at a time, and not only waiting for a worker execution."""
    claimed = command.claimed
    return (
        claimed is not None
        and claimed <= at
        and (command.finished is None or command.finished > at)
        and not waits_for_child(record, command)
    )


def _late_rows(
    record: ExecutionRecord, at: float, rest: float, requested: Collection[int]
) -> Sequence[Finding]:
    """Return what tells of rows that came later than the commands at work.

    Args:
        record: of the cancelled execution.
        at: when it was cancelled.
        rest: when the last command that was at work then was finished.
        requested: the travelers whose calls began too late.
    """
    until = rest + CLOCK_SECONDS
    times = stored_times(record)
    late = [
        (traveler, stored)
        for traveler, stored in times
        if stored > until or (stored > at and traveler in requested)
    ]
    if late:
        last = max(stored for _, stored in late) - at
        message = f"rows stored after the cancellation, the last {last:.1f} s after it"
        return about("row-after-cancel", message, [traveler for traveler, _ in late])
    if len(times) == len(record.outcome.stored):
        return []
    # Of rows without times, or with untrue ones, those tell that were counted as soon as all of
    # the commands at work had to be there.
    counts = [sample.stored for sample in record.samples if sample.at >= until]
    if not counts:
        raise NotJudgedError("the rows were not counted after the commands at work were finished")
    more = len(record.outcome.stored) - counts[0]
    if more <= 0:
        return []
    return [Finding("row-after-cancel", f"{counted(more, 'row')} stored after the cancellation")]
