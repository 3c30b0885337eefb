"""Holds what was recorded against a check, where the suite understands the record's log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from noetl_acceptance.checks.check_names import Check, reads_log
from noetl_acceptance.checks.keeping import kept
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.generations.logs import require_known
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.support.clocks import is_step, step_words


def apply(check: Check, *arguments: Any) -> Sequence[Finding]:
    """Return what a check finds.

    Args:
        check: the pure function.
        arguments: what it takes.

    Raises:
        NotJudgedError: it cannot be applied; NoETL has written the event log of a record in words
            that no known generation has; or the clock was set meanwhile, or the machine slept.
    """
    for record in _records(arguments):
        _require_steady_clock(record)
    if reads_log(check):
        for record in _records(arguments):
            _understood(record)
    return check(*arguments)


def _records(arguments: Sequence[Any]) -> Iterator[ExecutionRecord]:
    for argument in arguments:
        if isinstance(argument, ExecutionRecord):
            yield argument
        elif isinstance(argument, list | tuple):
            yield from _records(argument)


@kept
def _understood(record: ExecutionRecord) -> None:
    if not record.events and (record.outcome.calls or record.outcome.stored):
        raise NotJudgedError(
            "this release's log has no event of an execution that called or stored: "
            "does it keep its log elsewhere?"
        )
    require_known((event.event_type for event in record.events), record.end)


def _require_steady_clock(record: ExecutionRecord) -> None:
    if is_step(record.clock_moved):
        when = f" during execution {record.execution_id}"
        raise NotJudgedError(step_words(record.clock_moved, when))
