"""How a generation of NoETL writes its event log, and what its status says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Status:
    """What NoETL's status says of an execution, in the suite's words."""

    completed: bool
    failed: bool
    current_step: str | None
    cancelled: bool = False


class ReadsStatus(Protocol):
    """Reads the answer of ``GET /api/executions/ID/status``; None where it is another's."""

    def __call__(self, answer: Mapping[str, Any], /) -> Status | None:
        """Return what the answer says, or None."""


@dataclass(frozen=True, slots=True)
class LogDialect:
    """How one generation writes its event log.

    Args:
        name: of the generation.
        begins: the type of an execution's first event.
        renamed: the types that the suite calls otherwise, with its own words for them.
        others: the types that it writes as the suite calls them.
        result_event: the type of the event that holds what a step gave.
        read_status: reads what its status says.
    """

    name: str
    begins: str
    renamed: Mapping[str, str]
    others: frozenset[str]
    result_event: str
    read_status: ReadsStatus

    @property
    def event_types(self) -> frozenset[str]:
        """All types of events that it writes."""
        return self.others | set(self.renamed)
