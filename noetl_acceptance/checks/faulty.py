"""An execution that met a fault: what must hold while it lasts, and after it was healed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from noetl_acceptance.checks.calls import (
    answers_stored,
    calls_without_need,
    exactly_once,
    require_travelers,
)
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import children
from noetl_acceptance.checks.ledger import conserved
from noetl_acceptance.checks.quiet_end import unchanged
from noetl_acceptance.checks.summary import agrees_with_table
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.generations.recovery import SOON
from noetl_acceptance.model.event_types import CANCELLED, ENDINGS, FAILURES, UNENDED
from noetl_acceptance.model.findings import Finding, about
from noetl_acceptance.model.record import Event, ExecutionRecord, Outcome
from noetl_acceptance.model.wording import counted

END_SECONDS = 120.0
"""How long after the healing an execution may go on (P10)."""


@check("no-double-after-fault")
def nothing_doubled(record: ExecutionRecord) -> list[Finding]:
    """No traveler has two rows, and no more calls are repeated than the fault explains (P9).

    Each command that a service held when it was hit explains one call beyond the first of a
    traveler; a command of the parent's explains those of a whole batch. A call after an answer that
    failed needs no explanation.

    Raises:
        NotJudgedError: the fault was not seen, or the pair's calls do not name their traveler.
    """
    healed_at(record)
    require_travelers(record)
    again = calls_without_need(record)
    held = sum(each.interrupted for each in record.faults)
    batches = sum(each.batches for each in record.faults)
    explained = held + batches * record.workload.batch_size
    found = about("row-twice", "several rows stored", record.doubled_ids)
    repeated = sum(again.values())
    if repeated > explained:
        message = (
            f"{counted(repeated, 'call')} beyond the first of a traveler; "
            f"{counted(held, 'command')} that the fault met explain {explained}"
        )
        found += about("call-repeated", message, again)
    return found


def calls_again(record: ExecutionRecord) -> dict[int, int]:
    """Return how many calls each traveler got beyond the first, where there are any."""
    counts = Counter(c.traveler_id for c in record.outcome.calls if c.traveler_id is not None)
    return {traveler: count - 1 for traveler, count in counts.items() if count > 1}


@check("ended-after-fault")
def ended_in_time(record: ExecutionRecord) -> list[Finding]:
    """The execution ends within 120 s of the healing, and its status says so (P10).

    Raises:
        NotJudgedError: the fault was not seen, or the execution was given up too soon.
    """
    healed = healed_at(record)
    _require_waited(record, healed)
    last = record.statuses[-1] if record.statuses else None
    told = last is not None and (last.completed or last.failed or last.cancelled)
    if record.end == UNENDED:
        for_seconds = record.ended_at - healed
        waits = f"; it waits: {'; '.join(record.waits_for)}" if record.waits_for else ""
        message = f"it has not ended {for_seconds:.0f} s after the healing{waits}"
        found = [Finding("not-ended", message)]
        if told:
            found.append(Finding("status-ended", "the status says that it has"))
        return found
    found = []
    if (late := record.ended_at - healed) > END_SECONDS:
        found.append(Finding("end-late", f"it ended {late:.0f} s after the healing"))
    if not told:
        found.append(Finding("status-not-ended", "the status does not say that it has ended"))
    return found


def _require_waited(record: ExecutionRecord, healed: float) -> None:
    """Refuse to call a hang what was given up before any silence could prove one.

    Raises:
        NotJudgedError: it has not ended, and nobody can say that it would not have.
    """
    waited = record.ended_at - healed
    if record.end == UNENDED and waited < SOON:
        raise NotJudgedError(f"the suite gave the execution up {waited:.0f} s after the healing")


@check("loss-told-after-fault")
def loss_told(record: ExecutionRecord) -> list[Finding]:
    """A completed execution counts exactly what is missing; another one has a reason (P6).

    A valid row that no good answer stands behind denies a loss.

    Raises:
        NotJudgedError: the fault was not seen, or the execution has not ended.
    """
    healed_at(record)
    if record.end == UNENDED:
        raise NotJudgedError("the execution that met the fault has not ended")
    if record.end == "playbook.completed":
        return [*agrees_with_table(record), *_made_up(record)]
    if record.end == CANCELLED:
        return [Finding("cancelled-unasked", "it was cancelled, and nobody has asked for that")]
    if _says_why(record):
        return []
    message = f"it ended with {record.end}, and no event of a failed execution says why"
    return [Finding("failed-without-reason", message)]


def _says_why(record: ExecutionRecord) -> bool:
    """Whether the parent tells an error, or a worker execution that did not complete does.

    What one that completed tells went wrong on the way, and did not end anything.
    """
    well = {child.execution_id for child in children(record) if child.ending == ENDINGS[0]}
    return any(
        event.event_type in FAILURES and event.reason and event.execution_id not in well
        for event in record.events
    )


def _made_up(record: ExecutionRecord) -> list[Finding]:
    if record.pair.names.call_traveler_id is None:
        return []
    return [each for each in answers_stored(record) if each.kind == "row-without-answer"]


@check("no-ghosts-after-fault")
def no_ghosts(
    record: ExecutionRecord, later: Outcome, events: Sequence[Event] = ()
) -> list[Finding]:
    """After the end no call starts, no row is stored and no worker execution runs (P12).

    Of an execution that has not ended nobody knows when it is over: that breaks it as well. A call
    that broke off may be made again before the end alone.

    Args:
        record: the recorded execution.
        later: what it left, read again.
        events: those that were written since it was recorded.

    Raises:
        NotJudgedError: the fault was not seen, or the execution was given up too soon.
    """
    _require_waited(record, healed_at(record))
    if record.end == UNENDED:
        return [Finding("not-ended", "it has not ended, and may call and store yet")]
    found = list(unchanged(record, later, once_more=False))
    ran = children(record.model_copy(update={"events": (*record.events, *events)}))
    running = [child for child in ran if child.ended is None]
    late = [child for child in ran if child.ended and child.ended > record.ended_at]
    if running or late:
        message = f"{counted(len(running) + len(late), 'worker execution')} went on after the end"
        found.append(Finding("child-after-end", message))
    return found


@check("whole-after-fault")
def new_execution_whole(
    records: Sequence[ExecutionRecord], refused: str, crashed: Sequence[str] = ()
) -> list[Finding]:
    """A new execution on the same services is whole, with nothing else started anew (P11).

    Args:
        records: of the new execution; empty where there was none.
        refused: what NoETL answered to its request then.
        crashed: the services of NoETL's, in words, that had ended by themselves; then none was
            asked for.
    """
    if crashed:
        message = f"{', '.join(crashed)}, and nothing starts it again"
        return [Finding("new-service-missing", message)]
    if refused:
        return [Finding("new-refused", f"a new execution was refused: {refused}")]
    found: list[Finding] = []
    for record in records:
        if record.end == UNENDED:
            found.append(Finding("new-not-ended", f"{record.label}"))
        elif record.end != "playbook.completed":
            found.append(Finding("new-not-completed", f"{record.label}"))
        else:
            lacking = [*conserved(record), *exactly_once(record), *agrees_with_table(record)]
            found += [replace(each, kind=f"new-{each.kind}") for each in lacking]
    return found


def healed_at(record: ExecutionRecord) -> float:
    """Return when the fault was healed (epoch seconds).

    Raises:
        NotJudgedError: it was not made, or its effect, its gap or its healing was not seen.
    """
    if not record.faults:
        raise NotJudgedError("the fault was not made: its moment did not come")
    fault = record.request.fault
    for each in record.faults:
        if fault is not None and fault.gap and not each.moment:
            raise NotJudgedError(f"nothing shows that the fault met its gap: {each.told}")
        if not each.proof:
            raise NotJudgedError(f"nothing shows that the fault hit: {each.told}")
        if not each.proven:
            raise NotJudgedError(f"nothing shows that the fault was healed: {each.told}")
    return max(each.healed or 0.0 for each in record.faults)
