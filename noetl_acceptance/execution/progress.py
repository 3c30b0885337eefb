"""How far an execution is, in one line."""

from __future__ import annotations

from dataclasses import dataclass

from noetl_acceptance.model.request import Workload
from noetl_acceptance.model.wording import counted


@dataclass(frozen=True, slots=True)
class Progress:
    """What was seen of a running execution: batches ended, rows stored, calls made.

    ``calls`` are those that have reached the profile API, ended or not. As text it fits, with the
    time that the console puts before it, into 80 columns.
    """

    workload: Workload
    batches: int = 0
    stored: int = 0
    calls: int = 0

    def __str__(self) -> str:
        batches = f"{self.batches}/{counted(self.workload.max_batches, 'batch')} done"
        rows = f"{self.stored}/{counted(self.workload.expected_rows, 'row')} stored"
        return f"{batches}, {rows}, {counted(self.calls, 'call')}"
