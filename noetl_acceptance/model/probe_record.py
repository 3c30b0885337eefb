"""What a probe of the suite's own recorded: http calls by NoETL, as seen on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from noetl_acceptance.model.event_types import EndReason
from noetl_acceptance.model.file_schemas import PROBE
from noetl_acceptance.model.record import Call
from noetl_acceptance.model.request import FrozenModel

TWO_ADDRESSES = "two addresses of the profile API in turn"
TLS = "the profile API over TLS"
OUTSIDE = "a place outside of the sandbox"
TARGETS = (TWO_ADDRESSES, TLS, OUTSIDE)
"""What a probe can call, in the words of the features."""


class ProbeRecord(FrozenModel):
    """One execution of a probe, recorded after its end.

    ``asked`` is how many calls it was to make, ``address`` what the first of them names as
    ``HOST:PORT``; ``calls`` are those that arrived there, ``attempts`` what the sink refused
    meanwhile, as ``METHOD HOST:PORT``; ``error`` is the first that an event tells, empty without.
    """

    schema_number: Annotated[int, AfterValidator(PROBE.check)] = PROBE.field()
    execution_id: str
    target: str
    asked: int
    address: str
    end: EndReason
    error: str
    calls: tuple[Call, ...]
    attempts: tuple[str, ...]

    @property
    def label(self) -> str:
        """Which execution a message is about, and how it ended."""
        why = f"; first error: {self.error}" if self.error else ""
        return f"probe {self.execution_id} ({self.target}) ended with {self.end}{why}"
