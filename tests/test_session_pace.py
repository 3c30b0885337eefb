"""Whole runs over fake sandboxes: the pace of each scenario says what was the machine's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from noetl_acceptance.bdd.judge import conclude, judge
from noetl_acceptance.bdd.service_logs import hold_services
from noetl_acceptance.bdd.session import Session
from noetl_acceptance.checks import network
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.execution import connected_sandbox, recorder, unanswered
from noetl_acceptance.model.probe_record import TARGETS
from noetl_acceptance.noetl.api import NoAnswerError
from noetl_acceptance.support.polling import StarvedError
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict.known_deviations import RecordedDeviations
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, FakePace, World, other, scenario
from tests.test_session import LATER

TIMED_OUT = (
    "2026-11-28T10:00:00 [ERROR] (noetl)\nMessage: late\n"
    "Traceback (most recent call last):\n  File x, line 1\nhttpx.ReadTimeout: late\n"
)


def context_of(session: Session) -> Any:
    return SimpleNamespace(
        session=session, judgements=[], not_judged=[], deviations=RecordedDeviations([])
    )


def owner_of() -> Any:
    passed = SimpleNamespace(is_passed=lambda: True)
    return SimpleNamespace(name="A scenario", status=passed, effective_tags=())


@pytest.mark.parametrize(("pace", "kind"), [(STARVED, StarvedError), (1.0, AssertionError)])
def test_what_a_probe_shows_late_is_weighed_by_the_pace_of_its_scenario(
    world: World, pace: float, kind: type[Exception]
) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=1)]
    probe = session.probe(REQUEST, TARGETS[0], 2, seconds=20)
    calls = [SimpleNamespace(good=True, arrived=1.0, departed=1.1) for _ in range(2)]
    late = probe.model_copy(update={"calls": tuple(calls)})
    world.pace.value = pace
    context = context_of(session)
    with pytest.raises(kind, match="not-idle"):
        judge(context, network.idle_between, late)


@pytest.mark.parametrize(("pace", "verdict"), [(STARVED, "sandbox"), (1.0, "product")])
def test_a_traceback_outside_of_executions_is_weighed_by_the_pace_of_its_scenario(
    world: World, pace: float, verdict: str
) -> None:
    session, owner = world.session(), owner_of()
    session.sandbox()
    world.pace.value = pace
    world.sandbox.logs["worker-1"] = TIMED_OUT
    seen = session.seen_in(owner)
    error = hold_services(context_of(session), seen, ())
    assert "worker-1 logged" in str(error)
    assert isinstance(error, SandboxError) is (verdict == "sandbox")


@pytest.mark.parametrize(("pace", "kind"), [(STARVED, StarvedError), (1.0, AssertionError)])
def test_what_is_logged_after_a_scenario_is_weighed_by_the_pace_until_then(
    world: World, pace: float, kind: type[Exception]
) -> None:
    session, owner = world.session(), owner_of()
    session.sandbox()
    session.seen_in(owner)
    world.pace.value = pace
    world.sandbox.logs["worker-1"] = TIMED_OUT
    ((_, error),) = session.settle()
    assert type(error) is kind
    assert "worker-1 logged" in str(error)


def test_a_scenario_begins_with_a_pace_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = world.session()
    session.sandbox()
    world.pace.value = STARVED
    assert session.pace == STARVED
    session.seen_in(owner_of())
    assert session.pace == 1.0, "it has used nothing yet"
    monkeypatch.setattr(connected_sandbox, "services_pace", lambda _: FakePace())
    session.sandbox()
    assert session.pace == 1.0


def test_nobody_looks_at_a_sandbox_that_is_closed(world: World) -> None:
    session = world.session()
    connected = session.sandbox()
    assert not connected.reader.closed
    session.close(failed=False)
    assert connected.reader.closed


def test_the_pace_of_a_sandbox_that_is_replaced_stays_the_scenarios(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = world.session()
    world.pace.value = STARVED
    session.sandbox().distrust("it hangs")
    monkeypatch.setattr(connected_sandbox, "services_pace", lambda _: FakePace())
    session.sandbox()
    assert len(world.sandboxes) == 2
    assert session.pace == STARVED


@pytest.mark.parametrize(("pace", "verdict"), [(STARVED, "sandbox"), (1.0, "product")])
def test_a_deviation_that_does_not_show_is_weighed_by_the_pace_of_its_scenario(
    world: World, pace: float, verdict: str
) -> None:
    session, owner = world.session(), owner_of()
    session.sandbox()
    world.pace.value = pace
    context = context_of(session)
    context.deviations = RecordedDeviations([LATER])
    assert hold_services(context, session.seen_in(owner), ()) is None
    assert [each.pace for each in context.judgements] == [pace]
    error = conclude(context, judged=True)
    assert "did not show row-after-end" in str(error)
    assert isinstance(error, SandboxError) is (verdict == "sandbox")


@pytest.mark.parametrize(("pace", "verdict"), [(STARVED, "sandbox"), (1.0, "product")])
def test_a_server_that_was_silent_on_a_machine_that_was_starved_until_then(
    world: World, monkeypatch: pytest.MonkeyPatch, pace: float, verdict: str
) -> None:
    session = world.session()
    scenario(session)
    monkeypatch.setattr(unanswered, "services_pace", lambda _: FakePace())
    world.pace.value = pace
    world.sandbox.noetl.unreachable = NoAnswerError("NoETL's API did not answer POST: timed out")
    told = scenario(session, other())
    assert told.verdict == verdict
    assert "did not answer POST" in told.words


class PaceSince:
    """The machine is starved; it takes 10 s to tell."""

    source = "the test"

    def __init__(self, world: World) -> None:
        self._clock, self._made = world.clock, world.clock.time()
        self.value = 1.0

    def look(self) -> None:
        self.value = STARVED if self._clock.time() - self._made >= 10 else 1.0


@pytest.mark.parametrize(("seconds", "pace"), [(20, STARVED), (5, 1.0)])
def test_the_pace_of_an_execution_begins_with_its_request(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: float, pace: float
) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=2)]
    monkeypatch.setattr(recorder, "services_pace", lambda _: PaceSince(world))
    (recorded,) = session.execute(REQUEST, seconds=60, follow=lambda _: world.clock.sleep(seconds))
    assert recorded.record.pace == pace
