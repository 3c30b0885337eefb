"""Watches a sandbox's services: what they log as errors, and whether they stay up."""

from __future__ import annotations

import time
from collections.abc import Iterable

from noetl_acceptance.noetl.logs import errors_in, unfinished_in
from noetl_acceptance.redaction import redacted
from noetl_acceptance.run import LogError, ServiceChange
from noetl_acceptance.sandbox.protocol import Sandbox, ServiceState, signal_name


class Watch:
    """Tells each error and each change of a service once.

    Args:
        sandbox: up and ready; what it has logged while it started is told as well.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._states: dict[str, ServiceState] = {}
        self._aside: list[LogError] = []
        self._unfinished: dict[str, str] = {}
        self.changes(sandbox.states())

    def set_aside(self) -> None:
        """Keep what was logged until now for ``outside``: it is not of what starts now."""
        self._aside += self.errors()

    def outside(self) -> list[LogError]:
        """Return what was set aside, and what was logged since this or ``errors`` was asked."""
        aside, self._aside = self._aside, []
        return [*aside, *self.errors()]

    def errors(self) -> list[LogError]:
        """Return the errors that the services have logged since the logs were read last.

        A traceback that is still being written is told with its end, the next time.
        """
        secrets = self._sandbox.secrets.values()
        found = []
        for service, new in self._sandbox.new_logs().items():
            text = self._unfinished.pop(service, "") + new
            end = unfinished_in(text) if new else len(text)
            self._unfinished[service] = text[end:]
            found += errors_in(redacted(text[:end], secrets), service)
        return found

    def changes(self, states: Iterable[ServiceState]) -> list[ServiceChange]:
        """Return how the services differ from when this was asked last; a new one is not told.

        Args:
            states: of the services, as they are now.
        """
        found = []
        for state in states:
            before = self._states.get(state.name)
            self._states[state.name] = state
            if before is not None and before != state:
                found.append(_change(state))
        return found

    def standing(self) -> list[ServiceChange]:
        """Return each service as it was seen last."""
        return [
            ServiceChange(at=time.time(), service=name, state="up")
            if state.running and not state.frozen
            else _change(state)
            for name, state in sorted(self._states.items())
        ]


def _change(state: ServiceState) -> ServiceChange:
    """Return what is recorded of a service that is not as it was before.

    One that runs was started anew, or goes on after it was frozen; either is somebody else's doing.
    """
    if state.running:
        words = "frozen" if state.frozen else "restarted"
    elif state.signal:
        words = f"exited {state.exit_code} ({signal_name(state.signal)})"
    else:
        words = "ended" if state.exit_code is None else f"exited {state.exit_code}"
    return ServiceChange(
        at=time.time(), service=state.name, state=words, cause=state.cause or "outside"
    )
