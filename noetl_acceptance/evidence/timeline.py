"""All that a record tells of one execution, merged on one clock."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from noetl_acceptance.checks.history import batches_by_child, step_of
from noetl_acceptance.checks.ledger import stored_times
from noetl_acceptance.evidence.store import write_packed
from noetl_acceptance.generations.logs import unknown_types
from noetl_acceptance.model.event_types import CANCELLED, FAILURES
from noetl_acceptance.model.findings import ranges
from noetl_acceptance.model.record import Call, Event, ExecutionRecord
from noetl_acceptance.model.request import FrozenModel
from noetl_acceptance.model.wording import counted

FOLDER = "timelines"
"""In a run's folder: one file of JSON Lines for each execution."""


class Moment(FrozenModel):
    """One thing that happened.

    Args:
        at: when, in epoch seconds.
        source: who tells it: NoETL's event log, the journal of calls, the look at the services,
            their logs, the table of stored rows, the suite itself of the faults that it made.
        kind: the event's type; ``call``; a service's state (``up``, ``exited 137``); ``error`` or
            ``traceback``; of rows ``stored`` (by the time that they carry) or ``counted``; of
            faults ``made`` or ``healed``.
        text: what happened, in a few words.
        execution_id: the execution's, the parent's or a worker's; None for a service.
        batch: the batch that it belongs to, where it belongs to one.
        traveler: the traveler that it is about, where it is about one.
        fault: whether it tells a failure.
    """

    at: float
    source: Literal["engine", "call", "service", "log", "rows", "suite"]
    kind: str
    text: str
    execution_id: str | None = None
    batch: int | None = None
    traveler: int | None = None
    fault: bool = False


def timeline(record: ExecutionRecord) -> Iterator[Moment]:
    """Yield all moments of an execution, oldest first; a large one has hundreds of thousands.

    A line of a log without a time stands at the execution's end.
    """
    batches = batches_by_child(record)
    events = sorted(record.events, key=lambda event: event.at)
    calls = sorted(record.outcome.calls, key=lambda call: call.arrived)
    others = [
        *_of_rows(record),
        *_unknown(record),
        *_of_faults(record),
        *(
            Moment(
                at=change.at,
                source="service",
                kind=change.state,
                text=f"{change.service} {change.state}",
                fault=change.state != "up",
            )
            for change in record.services
        ),
        *(
            Moment(
                at=error.at if error.at is not None else record.ended_at,
                source="log",
                kind="traceback" if error.traceback else "error",
                text=f"{error.service}: {error.text}",
                fault=True,
            )
            for error in record.log_errors
        ),
    ]
    return heapq.merge(
        (_of_event(event, batches) for event in events),
        (_of_call(call, record) for call in calls),
        sorted(others, key=lambda moment: moment.at),
        key=lambda moment: moment.at,
    )


def _unknown(record: ExecutionRecord) -> Iterator[Moment]:
    """Yield, at the end, how many events are of types that no known generation of NoETL writes."""
    unknown = unknown_types(event.event_type for event in record.events)
    if unknown:
        told = ", ".join(f"{name} ({count})" for name, count in unknown.most_common())
        text = f"events of types that no known generation of NoETL writes: {told}"
        yield Moment(at=record.ended_at, source="engine", kind="unknown types", text=text)


def _of_faults(record: ExecutionRecord) -> Iterator[Moment]:
    """Yield when each fault was made and when it was healed, with what proves it."""
    for each in record.faults:
        met = f"; {each.moment}" if each.moment else ""
        made = f"{each.told}: {each.proof or 'no effect was seen'}{met}"
        yield Moment(at=each.began, source="suite", kind="made", text=made, fault=True)
        if each.healed is not None:
            healed = f"{each.told}, healed: {each.healing or 'nothing shows it'}"
            yield Moment(at=each.healed, source="suite", kind="healed", text=healed)


def _of_event(event: Event, batches: dict[str, int]) -> Moment:
    return Moment(
        at=event.at,
        source="engine",
        kind=event.event_type,
        text=event_words(event),
        execution_id=event.execution_id,
        batch=batches.get(event.execution_id),
        fault=event.event_type in (*FAILURES, CANCELLED) or event.error is not None,
    )


def event_words(event: Event) -> str:
    """Return which step or playbook an event is of, which worker's, and the error that it tells."""
    node = step_of(event).rpartition("/")[2]  # of a playbook's path its name
    who = f" by {event.worker_id}" if event.worker_id else ""
    why = f": {event.reason}" if event.reason else ""
    return f"{node}{who}{why}"


def _of_call(call: Call, record: ExecutionRecord) -> Moment:
    return Moment(
        at=call.arrived,
        source="call",
        kind="call",
        text=call_words(call),
        execution_id=record.execution_id,
        batch=record.workload.batch_in_range(call.traveler_id),
        traveler=call.traveler_id,
        fault=not call.good,
    )


def call_words(call: Call) -> str:
    """Return what a call was about and what came of it, in a few words."""
    about = "nobody" if call.traveler_id is None else f"traveler {call.traveler_id}"
    status = "" if call.status is None else f" ({call.status})"
    took = "" if call.departed is None else f" after {call.departed - call.arrived:.3f} s"
    return f"{call.method} for {about}: {call.answer}{status}{took}"


def _of_rows(record: ExecutionRecord) -> Iterator[Moment]:
    """Yield when rows were stored, by their own time, and each count that differs from before."""
    together: dict[tuple[float, int | None], list[int]] = defaultdict(list)
    for traveler, at in stored_times(record):
        together[at, record.workload.batch_in_range(traveler)].append(traveler)
    for (at, batch), travelers in together.items():
        yield _rows(
            record, at, "stored", f"{counted(len(travelers), 'row')}: {ranges(travelers)}", batch
        )
    counts = [(sample.at, sample.stored) for sample in record.samples]
    before: int | None = None
    for at, count in [*counts, (record.outcome.read_at, len(record.outcome.stored))]:
        if count != before:
            yield _rows(record, at, "counted", f"{counted(count, 'row')} stored")
        before = count


def _rows(
    record: ExecutionRecord, at: float, kind: str, text: str, batch: int | None = None
) -> Moment:
    return Moment(
        at=at, source="rows", kind=kind, text=text, execution_id=record.execution_id, batch=batch
    )


def write_timeline(moments: Iterable[Moment], execution_id: str, folder: Path) -> None:
    """Write moments as JSON Lines, compressed, into a run's folder.

    Args:
        moments: in their order.
        execution_id: whose they are; names the file.
        folder: of the run.
    """
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    lines = (f"{moment.model_dump_json()}\n" for moment in moments)
    write_packed(lines, place / f"{execution_id}.jsonl.gz")
