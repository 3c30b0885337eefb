"""Keeps what is derived from a record for the next check that wants the same."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from noetl_acceptance.model.record import ExecutionRecord

_T = TypeVar("_T")


def kept(derive: Callable[[ExecutionRecord], _T]) -> Callable[[ExecutionRecord], _T]:
    """Keep what was derived from a record until another is asked for: many checks want the same."""
    last: list[tuple[weakref.ref[ExecutionRecord], _T]] = []

    @wraps(derive)
    def derived(record: ExecutionRecord) -> _T:
        if not last or last[0][0]() is not record:
            last[:] = [(weakref.ref(record, lambda _: last.clear()), derive(record))]
        return last[0][1]

    return derived
