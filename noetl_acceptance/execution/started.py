"""An execution that NoETL has taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from noetl_acceptance.model.cancelled import Cancelled
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.record import RowCounts, Stores
from noetl_acceptance.model.request import ExecutionRequest, Workload
from noetl_acceptance.support.clocks import ClockWatch
from noetl_acceptance.support.database import Database
from noetl_acceptance.support.measuring import machine_pace
from noetl_acceptance.support.starvation import Pace


@dataclass(frozen=True, slots=True)
class Started:
    """An execution that NoETL has taken; ``at`` is when it was asked for (epoch seconds).

    ``there_before`` is as the record has it. ``pace`` is that of the services since it was asked
    for; ``clock`` tells whether the clock was set.
    """

    execution_id: str
    answer: dict[str, Any]
    request: ExecutionRequest
    pair: PlaybookPair
    outcome: Database
    journal: str
    at: float
    others: dict[str, RowCounts]
    strays: int
    stores: Stores | None
    there_before: bool = False
    cancelled: Cancelled | None = None
    pace: Pace = field(default_factory=machine_pace)
    clock: ClockWatch = field(default_factory=ClockWatch)

    @property
    def sizes(self) -> Workload:
        """The sizes that it must have."""
        return self.request.workload or self.pair.edition.workload

    @property
    def asked(self) -> float | None:
        """When it was asked for; None for one that was there before, as ``zones.shift_of``."""
        return None if self.there_before else self.at


def awaited(started: Sequence[Started]) -> str:
    """Return in words what is waited for: the end of one execution, or of several."""
    sizes = [f"{each.execution_id} ({each.sizes})" for each in started]
    noun = "execution" if len(sizes) == 1 else "executions"
    return f"the end of {noun} {', '.join(sizes)}"
