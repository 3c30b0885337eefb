"""Watches a sandbox's services: what they log as errors, and whether they stay up."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from noetl_acceptance.checks.log_findings import FAULT, NOETLS
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.model.services import LogError, ServiceChange
from noetl_acceptance.noetl.log_parser import errors_in, last_record_in, unfinished_in
from noetl_acceptance.sandbox.protocol import Sandbox, ServiceState
from noetl_acceptance.support.redaction import redacted
from noetl_acceptance.verdict.weighing import change_of, weigh

DISK_FULL = ("No space left on device", "Disk quota exceeded")
"""What any service logs when the sandbox has no room for it; told as a change of the disk."""


class ServiceMonitor:
    """Tells each error and each change of a service once; ``history`` keeps all changes.

    Args:
        sandbox: up and ready; what it has logged while it started is told as well.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._states: dict[str, ServiceState] = {}
        self._lives: dict[str, str] = {}
        self._aside: list[LogError] = []
        self._read: list[LogError] = []
        self._seen: list[LogError] = []
        self._unfinished: dict[str, str] = {}
        self._grown: set[str] = set()
        self.history: list[ServiceChange] = []
        self._told = 0
        self._announced: frozenset[str] = frozenset()
        self.look()

    def announce(self, services: Collection[str]) -> None:
        """Note that the suite itself does something to these services from now on."""
        self._announced = frozenset(services)

    def healed(self) -> None:
        """Note that they are as they shall be: what they were before counts no more."""
        self.look()
        for name in self._announced:
            self._lives[name] = self._states[name].life
        self._announced = frozenset()

    def set_aside(self) -> None:
        """Keep what was logged until now for ``outside``: it is not of what starts now."""
        self._aside += self.errors()
        self._seen = []

    def outside(self) -> list[LogError]:
        """Return what was set aside, and what was logged since this or ``errors`` was asked."""
        aside, self._aside = self._aside, []
        return [*aside, *self.errors()]

    def errors(self) -> list[LogError]:
        """Return the errors that the services have logged since this was asked last.

        A traceback that is still being written is told with its end, the next time.
        """
        self._read_logs()
        read, self._read = self._read, []
        return read

    def seen(self) -> list[LogError]:
        """Return the errors logged since ``set_aside``; ``errors`` returns them as well."""
        self._read_logs()
        return self._seen

    def read_ahead(self) -> None:
        """Read what was logged since the last time, for who asks for the errors later.

        The last record of each log waits for them: more of it may be about to come.
        """
        secrets = self._sandbox.secrets.values()
        found = []
        for service, parts in self._sandbox.new_logs().items():
            text = self._unfinished.pop(service, "")
            for part in parts:
                self._grown.add(service)
                text += part
                begin = last_record_in(text)
                found += errors_in(redacted(text[:begin], secrets), service)
                text = text[begin:]
            self._unfinished[service] = text
        self._note(found)

    def _read_logs(self) -> None:
        self.read_ahead()
        secrets = self._sandbox.secrets.values()
        found = []
        for service, text in self._unfinished.items():
            end = unfinished_in(text) if service in self._grown else len(text)
            self._unfinished[service] = text[end:]
            found += errors_in(redacted(text[:end], secrets), service)
        self._grown.clear()
        self._note(found)

    def _note(self, found: Sequence[LogError]) -> None:
        full = [error for error in found if tells_full(error.text)]
        if full:  # what it brought about may have been seen before this was read
            at = min([time.time(), *(error.at for error in full if error.at is not None)])
            change = ServiceChange(at=at, service="disk", state="full", cause="itself")
            self.history.append(change)
        self._read += found
        self._seen += found

    def look(self) -> list[ServiceState]:
        """Return the services as they are now; what has changed goes into ``history``.

        A service that is not there any more has ended, and nobody saw how.

        Raises:
            SandboxError: the engine does not answer.
        """
        states = {state.name: state for state in self._sandbox.states()}
        gone = {name: ServiceState(name, running=False) for name in self._states.keys() - states}
        for state in (*states.values(), *gone.values()):
            self._lives.setdefault(state.name, state.life)
            before = self._states.get(state.name)
            self._states[state.name] = state
            if before is not None and before != state:
                change = change_of(state, before)
                if state.name in self._announced:
                    change = change.model_copy(update={"cause": FAULT})
                self.history.append(change)
        return list(self._states.values())

    def refuse_ended(self, affected: Collection[str], *, may_crash: bool, since: int) -> None:
        """Go on only where every service runs.

        Args:
            affected: those that may have ended, as the suite has done something to them.
            may_crash: whether those of NoETL's may have ended by themselves.
            since: from which change in ``history`` on one may be the cause.

        Raises:
            AssertionError: a service of NoETL's has ended by itself.
            NotJudgedError: somebody has ended one.
            SandboxError: another service has ended, or the engine does not answer.
        """
        ended = [
            state
            for state in self.look()
            if not state.running
            and state.name not in affected
            and not (may_crash and has_crashed(state))
        ]
        if ended:
            told = ", ".join(f"{state.name} {state.told}" for state in ended)
            tail = "\n".join(self._sandbox.log_tail(ended[0].name))
            error = SandboxError(
                f"{told} during an execution", f"see logs/{ended[0].name}.log of the run", tail
            )
            raise weigh(error, self.history[since:])

    def crashed(self) -> list[str]:
        """Return in words each service of NoETL's that has ended by itself.

        Raises:
            SandboxError: the engine does not answer.
        """
        return [f"{state.name} {state.told}" for state in self.look() if has_crashed(state)]

    def life_of(self, service: str) -> str:
        """Return which of its lives a service had when it was seen last."""
        return self._states[service].life

    def untold(self) -> list[ServiceChange]:
        """Return the changes that were seen since this was asked last."""
        untold, self._told = self.history[self._told :], len(self.history)
        return untold

    def unfit(self) -> list[str]:
        """Return in words each service that is not as it was when the sandbox had come up.

        One that was started anew may have lost what the others rely on: a stream, a connection.

        Raises:
            SandboxError: the engine does not answer.
        """
        return [
            f"{state.name} {state.told}" if state.cause else f"{state.name} was started anew"
            for state in self.look()
            if state.cause or self._lives[state.name] != state.life
        ]

    def standing(self) -> list[ServiceChange]:
        """Return each service as it was seen last."""
        return [
            ServiceChange(at=time.time(), service=name, state="up")
            if not state.cause
            else change_of(state, state)
            for name, state in sorted(self._states.items())
        ]


def has_crashed(state: ServiceState) -> bool:
    """Whether a service is of NoETL's, and has ended by itself."""
    return state.name.startswith(NOETLS) and not state.running and state.cause == "itself"


def tells_full(text: str) -> bool:
    """Whether a text tells of a disk without room."""
    return any(words in text for words in DISK_FULL)
