"""What the services' logs and states must not show, unless the scenario expects it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.model.findings import Finding, clock
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import FrozenModel
from noetl_acceptance.model.services import LogError, ServiceChange
from noetl_acceptance.noetl.log_parser import headline
from noetl_acceptance.noetl.tracebacks import exception_of

OWN = ("profile-api", "outside", "links")
"""The services that are the suite's own."""

NOETLS = ("server", "worker")
"""How the names of NoETL's own services begin."""

TRACEBACK, OWN_TRACEBACK = "traceback", "own-traceback"
"""The kinds of findings about logs: the product's, and the suite's."""

CRASH, INTERFERENCE = "service-crash", "service-interference"
"""A service of NoETL went by itself; somebody else ended or froze it, or nobody knows who."""

FAULT = "fault"
"""The cause of a change that the suite itself has made, and announced."""

CHANGE, OWN_CHANGE = "service-change", "own-service-change"
"""A service of the sandbox went, or one of the suite's own."""

MOST_NEWEST = 2
"""How many errors of a service are told where a deadline is missed."""

SHOWN_LINES = 12
"""How many lines of a traceback a message has; all of it is in the service's log."""


class ExpectedLog(FrozenModel):
    """A traceback that a scenario's tag announces; another release of NoETL may do without it.

    Args:
        tag: the tag, without its ``@``.
        words: of these, one must stand in what the traceback tells of its exception; those of
            other tracebacks in the same message, and of its own frames, excuse nothing.
        reason: why it is no failure.
    """

    tag: str
    words: tuple[str, ...]
    reason: str

    def is_(self, text: str) -> bool:
        """Whether a traceback is an announced one."""
        told = exception_of(text)
        return any(words in told for words in self.words)


@check("quiet-services", reads_log=False)
def quiet(
    records: Sequence[ExecutionRecord],
    errors: Sequence[LogError],
    changes: Sequence[ServiceChange],
    expected: Sequence[ExpectedLog],
) -> list[Finding]:
    """No service logs a traceback that no tag announces, exits, or is started anew.

    What the suite has done to a service is no finding.

    Args:
        records: the executions that the scenario has asked for.
        errors: what was logged outside of executions.
        changes: how services differ from before, outside of executions.
        expected: what the scenario's tags announce.
    """
    changes = [*(change for record in records for change in record.services), *changes]
    return [
        *(
            _traceback(error)
            for error in _tracebacks(records, errors)
            if not any(known.is_(error.text) for known in expected)
        ),
        *(_change(change) for change in changes if change.state != "up" and change.cause != FAULT),
    ]


def _tracebacks(records: Sequence[ExecutionRecord], errors: Sequence[LogError]) -> list[LogError]:
    every = [*(error for record in records for error in record.log_errors), *errors]
    return [error for error in every if error.traceback]


def _traceback(error: LogError) -> Finding:
    lines = error.text.strip().split("\n")
    shown = "".join(f"\n            {line}" for line in lines[-SHOWN_LINES:])
    kind = OWN_TRACEBACK if error.service in OWN else TRACEBACK
    return Finding(kind, f"{_words(error)}{shown}")


def _change(change: ServiceChange) -> Finding:
    message = f"{change.service} {change.state}, seen at {clock(change.at)}"
    return Finding(kind_of_change(change), message)


def newest_errors(errors: Iterable[LogError]) -> list[str]:
    """Return the newest different errors of each service, a line each, for a missed deadline.

    The one that tells why may be minutes old, with many other lines below it.

    Args:
        errors: of each service in the order of its log.
    """
    newest: dict[str, dict[str, str]] = {}
    for error in errors:
        lines = newest.setdefault(error.service, {})
        lines.pop(headline(error.text), None)
        lines[headline(error.text)] = _words(error)
    return [line for lines in newest.values() for line in list(lines.values())[-MOST_NEWEST:]]


def _words(error: LogError) -> str:
    return f"{error.service} logged at {clock(error.at)}: {headline(error.text)[:200]}"


def kind_of_change(change: ServiceChange) -> str:
    """Return the kind of finding that a change of a service is."""
    if change.service in OWN:
        return OWN_CHANGE
    if not change.service.startswith(NOETLS) or not change.cause:
        return CHANGE
    return CRASH if change.cause == "itself" else INTERFERENCE
