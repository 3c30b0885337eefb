"""Watches an execution from its start to its end."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from noetl_acceptance.checks.log_findings import newest_errors
from noetl_acceptance.execution.faults.hanging import Movement, Standstill
from noetl_acceptance.execution.outcome_reader import OutcomeReader
from noetl_acceptance.execution.progress import Progress
from noetl_acceptance.execution.read_ahead import ReadAhead
from noetl_acceptance.execution.service_monitor import ServiceMonitor
from noetl_acceptance.execution.started import Started
from noetl_acceptance.generations.logs import require_known
from noetl_acceptance.model.fault import FaultInterval
from noetl_acceptance.model.record import StatusSample, StoredSample
from noetl_acceptance.model.services import ServiceChange
from noetl_acceptance.noetl import event_log, outcome_tables
from noetl_acceptance.noetl.api import NoetlApi, RefusedError, UnavailableError
from noetl_acceptance.noetl.event_reader import EventReader
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.sandbox.protocol import Sandbox
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.database import Database
from noetl_acceptance.support.polling import StalledError

SLOW_LOOK_SECONDS = 1.0
"""Seconds between two looks at what is costlier than the event log: rows, status, services."""

STALL_SECONDS = 40.0
"""How long an execution that may stall must be silent: the Rust server looks every 8 s whether one
is to go on (``spawn_orchestrator_reconciler`` of its 3.54.0), and a command of 2.8.x that is not
acknowledged is handed out again after 30 s."""

CANCELLED_REST_SECONDS = 10.0
"""How long nothing of a cancelled execution may move before it is recorded: longer than a parent's
2 s between two looks at its child, and than the 8 s between two looks of the Rust server."""

RESULT_STEPS = ("validate_persisted_results", "summarize")
"""The parent's steps, fixed by docs/reference/pair.md, whose results the checks read."""


class FaultInProgress(Protocol):
    """A fault in the middle of an execution; ``faults/driver.py`` makes it."""

    over: float | None
    """When all was healed (epoch seconds); None until then."""

    @property
    def affected(self) -> frozenset[str]:
        """The services that are under it now."""
        ...

    @property
    def intervals(self) -> tuple[FaultInterval, ...]:
        """What was done to each service, and what proves it."""
        ...

    def may_come_after(self, ended: float) -> bool:
        """Whether it is not made yet, and may be when the execution has ended (epoch seconds)."""
        ...

    def look(self) -> None:
        """Make it if its moment has come; heal it if it has lasted long enough."""
        ...

    def heal(self) -> None:
        """Undo what was done and not healed yet."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation of a running execution."""

    ending: event_log.Ending | None
    progress: Progress


@dataclass
class Observer:
    """Watches one execution, and keeps what the checks need of it while it goes on.

    Args:
        started: the execution.
        sandbox: the services.
        api: NoETL's API in it.
        profile_api: the control client of the mock profile API.
        events: a connection to NoETL's own database, in autocommit mode.
        console: shows how far the execution is.
        may_stall: whether an execution of this release may stall, as is recorded of it.
        watch: looks at the services meanwhile.
        fault: in the middle of the execution, if there is one.
        statuses: what the status said, look by look.
        samples: how many rows were stored, look by look.
    """

    started: Started
    sandbox: Sandbox
    api: NoetlApi
    profile_api: ProfileApi
    events: Database
    console: Console
    watch: ServiceMonitor
    may_stall: bool = False
    fault: FaultInProgress | None = None
    statuses: list[StatusSample] = field(default_factory=list)
    samples: list[StoredSample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._since = len(self.watch.history)
        self._standing = self.watch.standing()
        self._progress = Progress(self.started.sizes)
        self._looked = -math.inf
        own = self.started
        self.log = EventReader(self.events, own.execution_id, own.asked, RESULT_STEPS)
        self.outcome = OutcomeReader(
            own.outcome, self.profile_api, own.execution_id, own.journal, own.pair.names
        )
        ahead = (self.outcome.read_ahead, self.watch.read_ahead)
        self._ahead = [ReadAhead(each) for each in ahead]

    @property
    def services(self) -> list[ServiceChange]:
        """How each service stood at first, and each change since."""
        return [*self._standing, *self.watch.history[self._since :]]

    def look(self) -> Seen:
        """Return whether the execution has ended, and how far it is.

        Raises:
            AssertionError: a service of NoETL's has ended by itself.
            StalledError: it may stall, and did.
            NotJudgedError: somebody has ended one; or the log is in no known generation's words.
            SandboxError: another service has ended, or cannot be reached.
        """
        execution_id, asked = self.started.execution_id, self.started.asked
        ending = event_log.find_ending(self.events, execution_id, asked, time.time())
        if ending is None and time.monotonic() - self._looked >= SLOW_LOOK_SECONDS:
            self._looked = time.monotonic()
            self._refuse_ended_services()
            self._progress = self._count(self._progress)
            self._refuse_stall()
            self.console.live(str(self._progress))
        return Seen(ending, self._progress)

    def at_rest(self, ended: float) -> bool:
        """Whether an execution that has ended is to be watched no longer.

        One that was cancelled is, until nothing of it has moved for a while, and one that meets a
        fault until that is healed.

        Args:
            ended: when it has (epoch seconds).
        """
        if self.fault is not None and (self.fault.affected or self.fault.may_come_after(ended)):
            return False
        if self.started.cancelled is None:
            return True
        if time.monotonic() - self._looked >= SLOW_LOOK_SECONDS:
            self._looked = time.monotonic()
            self._refuse_ended_services()
            self._progress = self._count(self._progress)
        silent = time.time() - max(self.log.newest, self.started.cancelled.answered)
        calls_open = self.profile_api.counts(self.started.journal).open
        return silent >= CANCELLED_REST_SECONDS and not calls_open

    def _count(self, before: Progress) -> Progress:
        """Return how far an execution is, and keep what the checks need of it."""
        at = time.time()
        self.log.read()
        require_known(self.log.event_types, None)
        place = self.started.outcome, self.started.execution_id
        stored, valid = outcome_tables.count_stored(*place), outcome_tables.count_valid(*place)
        self.samples.append(StoredSample(at=at, stored=stored, valid=valid, until=time.time()))
        if not self._blinded:
            self.sample_status()
        for each in self._ahead:
            each.look()
        return Progress(
            before.workload,
            batches=self.log.ended_children,
            stored=stored,
            calls=self.profile_api.counts(self.started.journal).calls,
        )

    @property
    def _blinded(self) -> bool:
        """Whether a service that the status needs is under a fault."""
        affected = self.fault.affected if self.fault else frozenset()
        return any(not name.startswith("worker") for name in affected)

    def standstill(self) -> Standstill:
        """Return what would change if the execution went on."""
        broker = self.sandbox.control.broker()
        counts = self.profile_api.counts(self.started.journal)
        delivered = broker.delivered if broker else 0
        movement = Movement(self.log.newest, counts.calls, delivered)
        commands = event_log.open_commands(self.events, self.started.execution_id)
        return Standstill(movement, counts.open, commands, broker)

    @property
    def silent(self) -> float:
        """For how many seconds no event has come; 0 before the first."""
        return time.time() - self.log.newest if self.log.newest else 0.0

    def _refuse_stall(self) -> None:
        """End the wait for an execution that may stall where nothing is left that could move it.

        One that met a fault stalls by that, and not by chance.
        """
        if self.fault is not None:
            return
        if not (self.may_stall and self.silent >= STALL_SECONDS):
            return
        if not event_log.open_commands(self.events, self.started.execution_id):
            story = [f"no event for {self.silent:.0f} s, and no command is open", *self.story()]
            about = f"execution {self.started.execution_id} ({self.started.sizes}) stalls"
            raise StalledError("\n  ".join([about, *story]))

    def _refuse_ended_services(self) -> None:
        affected = self.fault.affected if self.fault else frozenset()
        # A service that does not stand a fault is judged; the execution goes on without it.
        may_crash = self.fault is not None and bool(self.fault.intervals)
        self.watch.refuse_ended(affected, may_crash=may_crash, since=self._since)

    def sample_status(self) -> bool:
        """Ask for the status, and keep what it says; return whether it was told."""
        try:
            status = self.api.status(self.started.execution_id)
        except (RefusedError, UnavailableError):
            return False  # some releases know no status before the first event is worked on
        self.statuses.append(
            StatusSample(
                at=time.time(),
                completed=status.completed,
                failed=status.failed,
                current_step=status.current_step,
                cancelled=status.cancelled,
            )
        )
        return True

    def waits_for(self) -> tuple[str, ...]:
        """Tell what an execution that does not end waits for: messages and open commands."""
        broker = self.standstill().story if self.fault is not None else ()
        return (*broker, *self.story()[1:2])

    def story(self) -> Sequence[str]:
        """Tell what a late execution waits for: services, open commands, errors in the logs."""
        states = self.sandbox.states()
        services = [f"{state.name} {state.told}" for state in states] or ["out of sight"]
        execution_id, asked = self.started.execution_id, self.started.asked
        waiting = event_log.open_steps(self.events, execution_id, asked, time.time())
        lines = [f"services: {', '.join(services)}", f"open: {', '.join(waiting) or 'no command'}"]
        return [*lines, *newest_errors(self.watch.seen())]
