"""A whole behave run without services: a real Session over fake sandboxes, and scenarios in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from noetl_acceptance.bdd import first_lines, session
from noetl_acceptance.bdd.service_logs import hold_services
from noetl_acceptance.bdd.session import Session
from noetl_acceptance.execution import (
    connected_sandbox,
    connections,
    executor,
    hangs,
    last_words,
    monitor,
    outcome_reader,
    pool,
    probe_runner,
    read_ahead,
    recorder,
    second_look,
    service_monitor,
    unanswered,
)
from noetl_acceptance.execution.faults import (
    command_gap,
    driver,
    gaps,
    injections,
    moments,
    service,
    victims,
)
from noetl_acceptance.execution.faults.hanging import HangProof
from noetl_acceptance.execution.fixtures import cancelling
from noetl_acceptance.execution.hangs import DeadlockProof
from noetl_acceptance.execution.second_look import RecordedExecution
from noetl_acceptance.model.request import ExecutionRequest, Workload
from noetl_acceptance.options import Settings, load_settings
from noetl_acceptance.sandbox.protocol import Capability, RunFolder
from noetl_acceptance.support import clocks, polling
from noetl_acceptance.verdict import policy, weighing
from tests.fakes.clock import FakeClock
from tests.fakes.noetl import (
    FakeConnection,
    FakeEventLog,
    FakeEventReader,
    FakeOutcomes,
    FakeProfileApi,
    FakeRowReader,
    FakeWrittenEvents,
    Fate,
)
from tests.fakes.sandbox import FakeSandbox, fake_sandbox

REQUEST = ExecutionRequest(workload=Workload(seed_rows=4, batch_size=2, max_batches=2))


class FakePace:
    """The pace that the test says."""

    value = 1.0
    source = "the test"

    def look(self) -> None: ...


class World:
    """Everything that a session meets, under the test's hand.

    Args:
        monkeypatch: pytest's.
        folder: for the run's folder.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.clock = FakeClock()
        self.folder = folder
        self.fates = [Fate()]
        self.pace = FakePace()
        self.shy: set[str] = set()
        """Workers that run and do not register."""
        self.sandboxes: list[FakeSandbox] = []
        self.bring_ups: list[BaseException | None] = []
        self.make: Callable[[Settings], FakeSandbox] = lambda settings: fake_sandbox(
            settings, self.clock, self.fates
        )
        self.options: dict[str, str] = {"runs": str(folder), "sandbox": "embedded"}
        self._patch(monkeypatch)

    def _patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (
            recorder,
            last_words,
            hangs,
            monitor,
            outcome_reader,
            second_look,
            connected_sandbox,
            cancelling,
            service_monitor,
            probe_runner,
            read_ahead,
            session,
            first_lines,
            weighing,
            driver,
            moments,
            service,
        ):
            if hasattr(module, "time"):
                monkeypatch.setattr(module, "time", self.clock)
            if hasattr(module, "event_log"):
                monkeypatch.setattr(module, "event_log", FakeEventLog)
            if hasattr(module, "EventReader"):
                monkeypatch.setattr(module, "EventReader", FakeEventReader)
            if hasattr(module, "RowReader"):
                monkeypatch.setattr(module, "RowReader", FakeRowReader)
            if hasattr(module, "outcome_tables"):
                monkeypatch.setattr(module, "outcome_tables", FakeOutcomes)
        monkeypatch.setattr(recorder, "count_stores", lambda *_: None)
        monkeypatch.setattr(recorder, "direct_sql", SimpleNamespace(validations=lambda *_: []))
        for module in (recorder, connected_sandbox, unanswered, injections):
            monkeypatch.setattr(module, "services_pace", lambda _: self.pace)
        monkeypatch.setattr(polling, "machine_pace", lambda: self.pace)
        monkeypatch.setattr(session, "busy_already", lambda: "")
        clock = polling.Clock(self.clock.monotonic, self.clock.sleep)
        monkeypatch.setattr(recorder, "HangProof", lambda recovery: HangProof(recovery, clock))
        monkeypatch.setattr(recorder, "DeadlockProof", lambda: DeadlockProof(clock))
        monkeypatch.setattr(executor, "FaultDriver", partial(driver.FaultDriver, clock=clock))
        monkeypatch.setattr(executor, "await_heartbeats", lambda _: None)
        for module in (victims, gaps, command_gap):
            monkeypatch.setattr(module, "held_commands", FakeEventLog.held_commands)
        monkeypatch.setattr(moments, "written_events", FakeWrittenEvents)
        monkeypatch.setattr(injections, "registered", lambda _: self._workers())
        monkeypatch.setattr(executor, "registered", lambda _: ["worker-1", "of-an-earlier-run"])
        monkeypatch.setitem(polling.eventually.__kwdefaults__ or {}, "clock", clock)
        monkeypatch.setattr(connected_sandbox, "open_sandbox", self._open)
        monkeypatch.setattr(connected_sandbox, "NoetlApi", lambda *_: self.sandboxes[-1].noetl)
        monkeypatch.setattr(
            connected_sandbox, "ProfileApi", lambda *_: FakeProfileApi(self.sandboxes[-1].noetl)
        )
        monkeypatch.setattr(
            connections,
            "LastingConnection",
            lambda _: FakeConnection(self.sandboxes[-1].noetl),
        )
        monkeypatch.setattr(pool, "close_what_is_left", lambda: None)
        monkeypatch.setattr(clocks, "_differences", lambda: (0.0,))

    def _open(self, settings: Settings, _folder: RunFolder, _console: Any) -> FakeSandbox:
        failure = self.bring_ups.pop(0) if self.bring_ups else None
        if failure is not None:
            raise failure
        self.sandboxes.append(self.make(settings))
        return self.sandboxes[-1]

    def _workers(self) -> list[str]:
        """The workers that NoETL knows."""
        names = (state.name for state in self.sandbox.states() if state.running)
        return [each for each in names if each.startswith("worker") and each not in self.shy]

    @property
    def sandbox(self) -> FakeSandbox:
        """The one that was brought up last."""
        return self.sandboxes[-1]

    def session(self) -> Session:
        """Return a session that has begun."""
        session = Session(load_settings(self.options))
        session.console._console.quiet = True
        session.open()
        return session


class Told:
    """How a scenario ended: its verdict, what it says, and its executions."""

    def __init__(
        self, owner: object, verdict: str, words: str, executions: tuple[RecordedExecution, ...]
    ) -> None:
        self.owner = owner
        self.verdict, self.words, self.executions = verdict, words, executions


def scenario(
    session: Session,
    request: ExecutionRequest = REQUEST,
    *,
    seconds: float = 60,
    then: Callable[[], None] = lambda: None,
) -> Told:
    """Run a scenario of one request as environment.py does, and return how it ends.

    Args:
        session: of the run.
        request: what it asks for.
        seconds: its deadline.
        then: happens after the execution, before the scenario ends.
    """
    owner = SimpleNamespace(
        name="A scenario", status=SimpleNamespace(is_passed=lambda: True), effective_tags=()
    )
    context = SimpleNamespace(
        session=session,
        judgements=[],
        not_judged=[],
        deviations=session.recorded_deviations("A scenario"),
    )
    executions: tuple[RecordedExecution, ...] = ()
    error: Exception | None = None
    try:
        executions = session.execute(request, seconds=seconds)
        then()
    except Exception as raised:  # noqa: BLE001 - its verdict is what is asked
        error = session.weigh(raised)
    for recorded in executions:
        session.judged(recorded, owner, passed=error is None)
    seen = session.seen_in(owner)
    if error is None:
        error = hold_services(context, seen, ())
    if error is None:
        return Told(owner, "passed", "", executions)
    return Told(owner, policy.of_error(error), str(error), executions)


def other(number: int = 1) -> ExecutionRequest:
    """Return another request than ``REQUEST``."""
    return REQUEST.model_copy(update={"max_in_flight": number})


def attached(world: World) -> None:
    """Have the sandboxes of a world be somebody else's."""
    own = world.make

    def make(settings: Settings) -> FakeSandbox:
        sandbox = own(settings)
        sandbox.capabilities, sandbox.stays, sandbox.kind = frozenset[Capability](), True, "attach"
        return sandbox

    world.make = make
