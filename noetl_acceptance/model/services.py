"""What became of the services meanwhile, and what they logged."""

from __future__ import annotations

from typing import Literal

from noetl_acceptance.model.request import FrozenModel


class ServiceChange(FrozenModel):
    """A service of the sandbox as first seen (``up``), or changed: ``exited CODE``, ``restarted``.

    ``at`` is when it was looked at; looks are a second or more apart. ``cause``: it went by itself,
    by somebody else's signal, by the suite's own fault, or nobody can tell; empty where nothing is
    wrong, and in records of before 0.2.
    """

    at: float
    service: str
    state: str
    cause: Literal["", "itself", "outside", "unseen", "fault"] = ""


class LogError(FrozenModel):
    """An error that a service has logged: its first line, or a whole traceback.

    ``at`` is the line's own time, or None where it has none and none stands before it.
    """

    at: float | None
    service: str
    traceback: bool
    text: str
