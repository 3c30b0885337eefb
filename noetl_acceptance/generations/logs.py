"""Tells by what a NoETL has written which generation it is; another is told as unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.generations.editions import is_rust
from noetl_acceptance.generations.log_dialect import LogDialect, Status
from noetl_acceptance.generations.logs_python import PYTHON
from noetl_acceptance.generations.logs_rust import RUST
from noetl_acceptance.model.event_types import (
    ENDINGS,
    FAILURES,
    GAVE,
    INITIALIZED,
    EndReason,
)

DIALECTS = (PYTHON, RUST)

_AT_FIRST = {"playbook.initialized": (INITIALIZED,), "command.issued": ("command.issued",)}
_AT_LAST = {
    "step.enter": ("step.enter",),
    "command.claimed": ("command.claimed",),
    "command.completed": ("command.completed", "command.failed"),
    "result of a step": (*GAVE, *FAILURES),
}
"""What a log has to have, while an execution goes on and once it is over: types of events, in the
suite's words, one of which tells it."""

RENAMED = {written: word for dialect in DIALECTS for written, word in dialect.renamed.items()}
"""What the suite calls an event type, where a generation calls it otherwise; no two disagree."""

_KNOWN = frozenset().union(*(dialect.event_types for dialect in DIALECTS))


def written_as(*words: str) -> list[str]:
    """Return all types that generations write for events that the suite calls so."""
    return [*words, *(written for written, word in RENAMED.items() if word in words)]


def dialect_of(event_types: Iterable[str]) -> LogDialect | None:
    """Return whose log has events of these types; None where it is no known generation's.

    Args:
        event_types: as they are written.
    """
    written = frozenset(event_types)
    return next((dialect for dialect in DIALECTS if dialect.begins in written), None)


def expected_dialect(noetl: str) -> LogDialect:
    """Return whose log a NoETL is to write, by the version that it told."""
    return RUST if is_rust(noetl) else PYTHON


def read_status(answer: Mapping[str, Any]) -> Status:
    """Return what NoETL's status says.

    Raises:
        NotJudgedError: it is no known generation's.
    """
    for dialect in DIALECTS:
        if (status := dialect.read_status(answer)) is not None:
            return status
    keys = ", ".join(sorted(answer)) or "nothing"
    raise NotJudgedError(f"this release's status has neither completed nor status; it has {keys}")


def unknown_types(event_types: Iterable[str]) -> Counter[str]:
    """Count the types, in the suite's words or as written, that no known generation writes."""
    return Counter(each for each in event_types if each not in _KNOWN)


def require_known(event_types: Iterable[str], end: EndReason | None) -> None:
    """Go on only where a log tells what happened.

    A log may lack anything, and that is then a finding; but where it also has types that no
    generation writes, these may be what is missing.

    Args:
        event_types: of all events of an execution and its children, in the suite's words.
        end: how it ended; None while it goes on, when much of it is still to come.

    Raises:
        NotJudgedError: it does not.
    """
    there = list(event_types)
    needed: dict[str, tuple[str, ...]] = dict(_AT_FIRST)
    if end:
        needed |= _AT_LAST
        if end != "command.failed":  # that is an end in silence
            needed["end"] = ENDINGS
    missing = [name for name, words in needed.items() if not set(words) & set(there)]
    unknown = unknown_types(there)
    if missing and unknown:
        shown = ", ".join(f"{name} ({count})" for name, count in unknown.most_common(5))
        raise NotJudgedError(
            f"this release's log has no {', no '.join(missing)}; it has {shown}, "
            "which no known generation of NoETL writes"
        )
