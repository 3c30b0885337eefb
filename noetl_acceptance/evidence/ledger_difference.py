"""The travelers of an execution that are not as they must be, by batch, each kind with an example.

What is wrong the checks say; here it is only put together.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from noetl_acceptance.checks import answers, calls, ledger
from noetl_acceptance.checks.history import batches_by_child, step_of
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.evidence.lost import responsible
from noetl_acceptance.evidence.timeline import call_words, event_words
from noetl_acceptance.model.event_types import ENDINGS, FAILURES, INITIALIZED
from noetl_acceptance.model.findings import Finding, ranges
from noetl_acceptance.model.record import Call, Event, ExecutionRecord, StoredRow
from noetl_acceptance.model.wording import counted

FOLDER = "differences"
"""In a run's folder: one text for each execution whose travelers were found to differ."""

MOST_WAYS = 4
MOST_BATCHES = 3
MOST_RANGES = 5
"""How many ways to differ, batches of each, and ranges of travelers of each a message names."""

MOST_EVENTS = 20
"""How many events of an example are kept."""

Way = Literal["missing", "duplicated", "extra", "wrong"]

_WAYS: dict[str, Way] = {
    "seed-missing": "missing",
    "row-missing": "missing",
    "call-missing": "missing",
    "answer-not-stored": "missing",
    "seed-duplicate": "duplicated",
    "row-duplicate": "duplicated",
    "call-repeated": "duplicated",
    "row-several-answers": "duplicated",
    "seed-extra": "extra",
    "row-extra": "extra",
    "call-extra": "extra",
}
"""How the findings of the checks count; any other says that something about a traveler is wrong."""


@dataclass(frozen=True, slots=True)
class Example:
    """One traveler: its calls, its rows, and those events of its worker execution that matter."""

    traveler: int
    calls: tuple[Call, ...]
    rows: tuple[StoredRow, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Differing:
    """Travelers that differ in one way.

    ``findings`` are those of the checks that say so, all about these travelers; ``batches`` has
    them by their batch, None for those that no batch holds.
    """

    way: Way
    findings: tuple[Finding, ...]
    travelers: tuple[int, ...]
    batches: dict[int | None, tuple[int, ...]]
    example: Example


@dataclass(frozen=True, slots=True)
class Difference:
    """All travelers of an execution that are not as they must be.

    ``lost_by`` says whose it is that rows did not come, as far as the records tell; ``not_judged``
    what the pair cannot be judged by.
    """

    execution_id: str
    label: str
    started_at: float
    differing: tuple[Differing, ...] = ()
    lost_by: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()


def _seeded(record: ExecutionRecord) -> Sequence[Finding]:
    return ledger.seeded(record, record.workload.seed_rows)


def _valid_answered(record: ExecutionRecord) -> Sequence[Finding]:
    valid = tuple(row for row in record.outcome.stored if row.is_valid)
    outcome = record.outcome.model_copy(update={"stored": valid})
    return ledger.all_answered(record.model_copy(update={"outcome": outcome}))


JUDGES = (
    _seeded,
    ledger.conserved,
    ledger.batch_numbers,
    _valid_answered,
    answers.own_answer,
    answers.names_kept,
    answers.names_normalised,
    answers.bad_answers_not_valid,
    calls.exactly_once,
    calls.answers_stored,
    calls.names_unharmed,
)
"""The checks that say of each traveler whether it is as it must be."""


def ledger_difference(record: ExecutionRecord) -> Difference:
    """Return the travelers that are missing, duplicated, extra or wrong, in rows and calls."""
    workers = batches_by_child(record)
    found: dict[tuple[Way, tuple[int, ...]], list[Finding]] = defaultdict(list)
    not_judged: list[str] = []
    for judge in JUDGES:
        try:
            findings = judge(record)
        except NotJudgedError as reason:
            not_judged.append(str(reason))
            continue
        for finding in findings:
            if finding.travelers and finding.kind != "nothing-to-judge":
                found[_WAYS.get(finding.kind, "wrong"), finding.travelers].append(finding)
    return Difference(
        execution_id=record.execution_id,
        label=record.label,
        started_at=record.started_at,
        differing=tuple(
            Differing(
                way=way,
                findings=tuple(findings),
                travelers=travelers,
                batches=_by_batch(record, travelers),
                example=_example(record, travelers[0], workers),
            )
            for (way, travelers), findings in found.items()
        ),
        lost_by=tuple(responsible(record, record.missing_ids)),
        not_judged=tuple(dict.fromkeys(not_judged)),
    )


def _by_batch(
    record: ExecutionRecord, travelers: Iterable[int]
) -> dict[int | None, tuple[int, ...]]:
    batches: dict[int | None, list[int]] = defaultdict(list)
    for traveler in travelers:
        batches[record.workload.batch_in_range(traveler)].append(traveler)
    return {batch: tuple(held) for batch, held in batches.items()}


def _example(record: ExecutionRecord, traveler: int, workers: Mapping[str, int]) -> Example:
    batch = record.workload.batch_in_range(traveler)
    events = (event for event in record.events if workers.get(event.execution_id, 0) == batch)
    return Example(
        traveler=traveler,
        calls=tuple(call for call in record.outcome.calls if call.traveler_id == traveler),
        rows=tuple(row for row in record.outcome.stored if row.traveler_id == traveler),
        events=tuple(itertools.islice(_telling(events), MOST_EVENTS)),
    )


def _telling(events: Iterable[Event]) -> Iterator[Event]:
    """Yield a worker execution's start, its way through the steps, its failures and its end."""
    entered: set[str] = set()
    for event in events:
        if event.event_type == "step.enter" and step_of(event) not in entered:
            entered.add(step_of(event))
            yield event
        elif event.event_type in (INITIALIZED, *ENDINGS, *FAILURES):
            yield event


def lines(difference: Difference) -> list[str]:
    """Return a difference in a few lines: each way to differ by batch, and one example of it."""
    told = []
    for each in difference.differing[:MOST_WAYS]:
        told += [_who(each, MOST_BATCHES), f"  {_example_line(each.example, difference)}"]
    more = len(difference.differing) - MOST_WAYS
    if more > 0:
        told.append(f"… {counted(more, 'more way')} to differ")
    return [*told, *difference.lost_by]


def whole(difference: Difference) -> list[str]:
    """Return all of a difference, with the calls, rows and events of the examples."""
    told = [difference.label]
    for each in difference.differing:
        told += ["", _who(each)]
        told += [f"  {finding.kind}: {finding.message}" for finding in each.findings]
        told += [f"  for example traveler {each.example.traveler}:"]
        told += [f"    {line}" for line in _history(each.example, difference)]
        told += [f"    row: {row.model_dump_json()}" for row in each.example.rows]
    told += ["", *difference.lost_by] if difference.lost_by else []
    return [*told, *(f"not judged: {reason}" for reason in difference.not_judged)]


def _history(example: Example, difference: Difference) -> list[str]:
    """Return the calls and the events of an example, on one clock."""
    told = [(call.arrived, _call_line(call, difference)) for call in example.calls]
    told += [(event.at, _event_line(event, difference)) for event in example.events]
    return [line for _, line in sorted(told)]


def write_difference(difference: Difference, folder: Path) -> Path:
    """Write all of a difference as text into a run's folder; return the file."""
    file = folder / FOLDER / f"{difference.execution_id}.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(whole(difference)) + "\n", encoding="utf-8")
    return file


def _who(differing: Differing, most: int | None = None) -> str:
    """Return how travelers differ and which they are: all, or of at most so many batches."""
    named = [
        f"{'no batch' if batch is None else f'batch {batch}'}: "
        f"{ranges(travelers, MOST_RANGES if most else len(travelers))}"
        for batch, travelers in differing.batches.items()
    ]
    tail = f"; … {counted(len(named), 'batch')} in all" if named[:most] != named else ""
    count = len(differing.travelers)
    kinds = ", ".join(finding.kind for finding in differing.findings)
    return (
        f"{count} traveler{'s' if count > 1 else ''} {differing.way} ({kinds}), "
        f"{'; '.join(named[:most])}{tail}"
    )


def _example_line(example: Example, difference: Difference) -> str:
    """Return the calls and the rows of an example, and the error or the end of its worker."""
    told = [_call_line(call, difference) for call in example.calls[:3]] or ["no call"]
    if len(example.calls) > len(told):
        told.append(f"{counted(len(example.calls) - len(told), 'call')} more")
    told.append(", ".join(map(_row_words, example.rows[:3])) or "no row")
    failures = [event for event in example.events if event.event_type in FAILURES]
    told += [_event_line(event, difference) for event in (failures or example.events[-1:])[:1]]
    return f"traveler {example.traveler}: {'; '.join(told)}"


def _row_words(row: StoredRow) -> str:
    valid = {True: "valid", False: "invalid", None: "undecided"}[row.is_valid]
    why = f" ({row.reason[:200]})" if row.reason else ""
    return f"{valid} row of batch {row.batch_number}{why}"


def _call_line(call: Call, difference: Difference) -> str:
    return f"{_since(call.arrived, difference)} {call_words(call)}"


def _event_line(event: Event, difference: Difference) -> str:
    return f"{_since(event.at, difference)} {event.event_type} {event_words(event)}"


def _since(at: float, difference: Difference) -> str:
    return f"+{at - difference.started_at:.3f} s"
