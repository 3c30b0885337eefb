"""Reads the calls of an execution while it goes on, so that few are left to read at its end."""

from __future__ import annotations

from itertools import takewhile

from noetl_acceptance.model.record import Call
from noetl_acceptance.profile_api.client import ProfileApi


class CallReader:
    """Reads one journal of calls again and again; those that are over are read once.

    Args:
        profile_api: the control client of the profile API.
        journal: the name of the scenario whose calls are read.
    """

    def __init__(self, profile_api: ProfileApi, journal: str) -> None:
        self._profile_api = profile_api
        self._journal = journal
        self._over: list[Call] = []

    def read(self) -> tuple[Call, ...]:
        """Return the calls as they stand now, in the order of their arrival.

        Raises:
            SandboxError: the profile API does not answer.
        """
        # The last one known comes again. Its trace is unique, so it tells a journal begun anew.
        calls = self._since(max(0, len(self._over) - 1))
        if self._over:
            same = calls[:1] == self._over[-1:]
            calls = [*self._over, *calls[1:]] if same else self._since(0)
        self._over = list(takewhile(_is_over, calls))
        return tuple(calls)

    def _since(self, number: int) -> list[Call]:
        found = self._profile_api.journal(self._journal, number)
        return [Call.model_validate(call, from_attributes=True) for call in found]


def _is_over(call: Call) -> bool:
    """Whether a call changes no more: it tells its answer last."""
    return call.departed is not None and call.answer != "open"
