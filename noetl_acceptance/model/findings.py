"""What a check says: findings, each with the travelers or batches it is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from datetime import UTC, datetime

from noetl_acceptance.model.record import Call, ExecutionRecord
from noetl_acceptance.model.wording import counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as promised.

    Args:
        kind: a short stable name (``missing``, ``duplicate``, ``batch-order``).
        message: what was expected and what was seen, in one line.
        travelers: the travelers it is about, if any.
        batches: the batches it is about, if any.
        seen: the figure or word that was seen instead, where one tells it.
    """

    kind: str
    message: str
    travelers: tuple[int, ...] = ()
    batches: tuple[int, ...] = ()
    seen: str | int | float | None = None

    def __str__(self) -> str:
        about = []
        if self.travelers:
            about.append(f"travelers {ranges(self.travelers)}")
        if self.batches:
            about.append(f"batches {ranges(self.batches)}")
        tail = f" ({'; '.join(about)})" if about else ""
        return f"{self.kind}: {self.message}{tail}"


def about(
    kind: str, message: str, travelers: Iterable[int], seen: str | None = None
) -> list[Finding]:
    """Return one finding about travelers, or none when there are no travelers."""
    named = tuple(sorted(set(travelers)))
    return [Finding(kind, message, named, seen=seen)] if named else []


def shown(value: object, most: int = 60) -> str:
    """Return a value as JSON has it, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def example(sent: Mapping[int, object], came: Mapping[int, object]) -> str:
    """Return, for a message, what one traveler was to have and what came; empty for nobody.

    Args:
        sent: what each was to have.
        came: what those have for whom it is another.
    """
    if not came:
        return ""
    traveler = min(came)
    wanted, found = shown(sent.get(traveler)), shown(came[traveler])
    return f", as for traveler {traveler}: {found} instead of {wanted}"


def travelers_of(calls: Iterable[Call]) -> tuple[int, ...]:
    """Return the travelers that calls name, in order, each once."""
    return tuple(sorted({c.traveler_id for c in calls if c.traveler_id is not None}))


def batches_of(record: ExecutionRecord, travelers: Iterable[int]) -> tuple[int, ...]:
    """Return the batches that hold travelers, in order, each once."""
    held = {record.workload.batch_in_range(traveler) for traveler in travelers}
    return tuple(sorted(batch for batch in held if batch is not None))


def nothing_to_judge(record: ExecutionRecord, what: str, items: Sized) -> list[Finding]:
    """Return a finding where travelers are in range and nothing of theirs is there.

    A check over an empty list finds nothing wrong; that must not pass for a proof.
    """
    if items or not record.workload.travelers:
        return []
    message = f"no {what}, with {counted(record.workload.expected_rows, 'traveler')} in range"
    return [Finding("nothing-to-judge", message, tuple(record.workload.travelers))]


def clock(at: float | None) -> str:
    """Write a time in epoch seconds as the time of day, in UTC."""
    if at is None:
        return "an unknown time"
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]


def ranges(numbers: Iterable[int], most: int = 12) -> str:
    """Write whole numbers as ranges: ``1–3, 7, 9–12``; past ``most`` ranges their count."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [str(a) if a == b else f"{a}–{b}" for a, b in runs[:most]]
    if len(runs) > most:
        words.append(f"… {counted(len(runs) - most, 'range')} more")
    return ", ".join(words)
