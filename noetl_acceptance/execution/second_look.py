"""The second look at what executions left: nothing may change after their end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from noetl_acceptance.checks.applying import apply
from noetl_acceptance.checks.quiet_end import unchanged
from noetl_acceptance.errors import AcceptanceError, NotJudgedError, SandboxError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox, UnfinishedExecution
from noetl_acceptance.generations.recovery import recovery_seconds
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.record import Event, ExecutionRecord, Outcome
from noetl_acceptance.model.services import ServiceChange
from noetl_acceptance.verdict.found import error_of
from noetl_acceptance.verdict.known_deviations import RecordedDeviations
from noetl_acceptance.verdict.weighing import weigh

SECOND_LOOK_SECONDS = 2.0
"""Nothing may change from the end on; the earliest second look (docs/reference/pair.md)."""


def _now() -> float:
    return time.monotonic()  # looked up when it is called: tests have a clock of their own


@dataclass(frozen=True)
class RecordedExecution:
    """One execution as the scenarios share it: its record, where it ran, its journal's name.

    ``recorded_at`` is when it was recorded, by the monotonic clock: the other may be set.
    """

    record: ExecutionRecord
    connected: ConnectedSandbox
    journal: str
    recorded_at: float = field(default_factory=_now)


class SecondLook:
    """Keeps the executions that are to be looked at again, each with who is told of a change."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[RecordedExecution, Any, RecordedDeviations]] = {}
        self._looked: set[str] = set()
        self._changed: list[tuple[Any, Exception]] = []

    def expect(
        self, recorded: RecordedExecution, owner: Any, deviations: RecordedDeviations
    ) -> None:
        """Have an execution looked at again, unless it was; its first owner is told of a change.

        One that has not ended may change.

        Args:
            recorded: the execution.
            owner: the scenario.
            deviations: those that are recorded for it.
        """
        if recorded.record.execution_id not in self._looked and recorded.record.end != UNENDED:
            self._due.setdefault(recorded.record.execution_id, (recorded, owner, deviations))

    def stop(self, executions: Iterable[RecordedExecution]) -> None:
        """Look at executions no more: what they left goes."""
        for recorded in executions:
            self._looked.add(recorded.record.execution_id)
            self._due.pop(recorded.record.execution_id, None)

    def look_again(self, recorded: RecordedExecution) -> Outcome:
        """Return what an execution left, as it stands 2 s after it was recorded, or later.

        Who judges this does so for all that share the execution.
        """
        self.stop([recorded])
        time.sleep(max(0.0, recorded.recorded_at + SECOND_LOOK_SECONDS - time.monotonic()))
        record, connected = recorded.record, recorded.connected
        database = connected.database(record.request.credential)
        return connected.recorder.read_outcome(
            record.execution_id, database, recorded.journal, record.pair.names
        )

    def look_when_at_rest(self, recorded: RecordedExecution) -> tuple[Outcome, Sequence[Event]]:
        """Return what an execution that met a fault left once nothing of it is at work any more.

        A command that is open when it ends may be carried out yet, for as long as this release
        takes up what was left lying.

        Returns:
            What it left, and the events that were written since it was recorded.
        """
        record, connected = recorded.record, recorded.connected
        until = recorded.recorded_at + recovery_seconds(record.noetl_version)
        began = time.monotonic()
        rest = UnfinishedExecution(record.execution_id, recorded.journal, record.asked)
        with connected.console.phase("what the execution has left to do", max(until - began, 1.0)):
            connected.still_at_work(rest, until - began)
            # It has done something: what follows?
            if time.monotonic() - began > SECOND_LOOK_SECONDS:
                time.sleep(SECOND_LOOK_SECONDS)
            return self.look_again(recorded), connected.recorder.events_since(record)

    def settle(self, which: Callable[[RecordedExecution], bool]) -> None:
        """Look again at the executions that are due; what changed is kept for ``changed``."""
        for recorded, owner, deviations in [each for each in self._due.values() if which(each[0])]:
            try:
                findings = apply(unchanged, recorded.record, self.look_again(recorded))
            except (SandboxError, NotJudgedError, psycopg.Error) as error:
                # The scenario has passed; whoever met what broke the sandbox tells of that.
                first = str(error).partition("\n")[0]
                unseen = f"what its execution left could not be looked at again: {first}"
                self._changed.append((owner, NotJudgedError(unseen)))
                continue
            except (AssertionError, AcceptanceError) as error:
                self._changed.append((owner, error))
                continue
            if findings := deviations.unrecorded(findings):
                words = "\n".join(str(finding) for finding in findings)
                failure = error_of(findings, words, [recorded.record])
                self._changed.append((owner, weigh(failure, _changes_since(recorded))))

    def changed(self) -> list[tuple[Any, Exception]]:
        """Return the owners of executions that have changed, each told once.

        Each comes with the error to fail it by: what changed, or why it could not be looked at.
        """
        changed, self._changed = self._changed, []
        return changed


def _changes_since(recorded: RecordedExecution) -> list[ServiceChange]:
    """Return what became of the services since an execution was recorded, until now."""
    watch = recorded.connected.watch
    with suppress(SandboxError):  # the engine does not answer: what was seen must do
        watch.look()
    return [each for each in watch.history if each.at >= recorded.record.ended_at]
