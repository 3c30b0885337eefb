"""Why a sandbox cannot run on this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a sandbox cannot run here, in a few words, and what can be done about it."""

    cause: str
    remedy: str
