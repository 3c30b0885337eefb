"""Strict batch order, seen in the event log and, independently, in the journal of calls."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence

from noetl_acceptance.checks.calls import require_travelers
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import Child, children, side_by_side, step_of
from noetl_acceptance.model.findings import Finding, nothing_to_judge, travelers_of
from noetl_acceptance.model.record import Call, ExecutionRecord
from noetl_acceptance.model.wording import counted

VALIDATE_STEP = "validate_persisted_results"


@check("worker-executions-in-sequence")
def children_in_turn(record: ExecutionRecord) -> list[Finding]:
    """A worker execution starts only after the one of the batch before has ended (C08, C09)."""
    ran = children(record)
    found = [*nothing_to_judge(record, "worker executions", ran), *_out_of_turn(record, ran)]
    for number, (before, after) in enumerate(itertools.pairwise(ran), start=1):
        if before.ended is None:
            found.append(
                Finding(
                    "batch-not-ended",
                    "the next batch started, this one never ended",
                    batches=(number,),
                )
            )
        elif after.started < before.ended:
            early = before.ended - after.started
            found.append(
                Finding(
                    "batch-order",
                    f"batch {number + 1} started {early:.3f} s before batch {number} ended",
                    batches=(number, number + 1),
                )
            )
    return found


def _out_of_turn(record: ExecutionRecord, ran: Sequence[Child]) -> list[Finding]:
    """Return a finding where batches ran in another order than that of their numbers.

    An empty batch shows by its place only, and that only where none ran twice or not at all.
    """
    if side_by_side(ran):
        return []  # then nothing tells whose calls they are
    handled = _handled(record, ran)
    if len(ran) == record.workload.max_batches:
        odd = [batch for turn, batch in enumerate(handled, 1) if batch not in (turn, None)]
    else:
        filled = [batch for batch in handled if batch is not None]
        odd = [after for before, after in itertools.pairwise(filled) if after < before]
    if not odd:
        return []
    turns = ", ".join("none" if batch is None else str(batch) for batch in handled)
    message = f"worker executions requested travelers of these batches, in turn: {turns}"
    return [Finding("batch-turn", message, batches=tuple(sorted(odd)))]


def _handled(record: ExecutionRecord, ran: Sequence[Child]) -> list[int | None]:
    """Return whose batch each worker execution ran, None for one without travelers.

    It is that of the travelers who were requested for the first time then: a call that was given
    up may be made again as late as in the next batch.
    """
    first: dict[int, float] = {}
    for call in sorted(record.outcome.calls, key=lambda call: call.arrived):
        if call.traveler_id is not None:
            first.setdefault(call.traveler_id, call.arrived)
    starts = [child.started for child in ran]
    seen: list[Counter[int]] = [Counter() for _ in ran]
    for traveler, arrived in first.items():
        turn = bisect_right(starts, arrived) - 1
        batch = record.workload.batch_in_range(traveler)
        if turn >= 0 and batch is not None and arrived <= (ran[turn].ended or math.inf):
            seen[turn][batch] += 1
    return [counts.most_common(1)[0][0] if counts else None for counts in seen]


@check("batches-requested-in-sequence")
def batches_in_turn(record: ExecutionRecord) -> list[Finding]:
    """No traveler of a batch is requested before all of the batch before are answered (C09).

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    require_travelers(record)
    by_batch: dict[int, list[Call]] = defaultdict(list)
    for call in record.outcome.calls:
        if call.traveler_id is not None:
            by_batch[record.workload.batch_of(call.traveler_id)].append(call)
    batches = sorted(by_batch)
    found = nothing_to_judge(record, "calls", by_batch)
    for before, after in itertools.pairwise(batches):
        first = min(call.arrived for call in by_batch[after])
        late = [c for c in by_batch[before] if c.departed is None or c.departed > first]
        if late:
            found.append(
                Finding(
                    "call-order",
                    f"batch {after} was requested before {counted(len(late), 'call')} of batch "
                    f"{before} had an answer",
                    travelers_of(late),
                    (before, after),
                )
            )
    return found


@check("parent-ends-last")
def parent_ends_last(record: ExecutionRecord) -> list[Finding]:
    """The parent ends after the last of its worker executions (C08)."""
    ran = children(record)
    late = [
        number
        for number, child in enumerate(ran, start=1)
        if child.ended is None or child.ended > record.ended_at
    ]
    if not late:
        return nothing_to_judge(record, "worker executions", ran)
    return [Finding("parent-not-waiting", "the parent ended before", batches=tuple(late))]


@check("validation-entered-once")
def validation_entered_once(record: ExecutionRecord) -> list[Finding]:
    """The parent enters the validation exactly once, after the last batch (C11)."""
    entered = [
        event.at
        for event in record.parent_events
        if event.event_type == "step.enter" and step_of(event) == VALIDATE_STEP
    ]
    if len(entered) != 1:
        return [
            Finding("validate-enters", f"{VALIDATE_STEP} entered {counted(len(entered), 'time')}")
        ]
    late = [
        number
        for number, child in enumerate(children(record), start=1)
        if child.ended is None or child.ended > entered[0]
    ]
    if not late:
        return []
    return [Finding("validate-early", f"{VALIDATE_STEP} entered before", batches=tuple(late))]
