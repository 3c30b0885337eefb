"""Whole runs over fake sandboxes: bring-ups that fail, once and again."""

from __future__ import annotations

import pytest

from noetl_acceptance.bdd import session as session_module
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.request import Workers
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.sandbox.starting import ServiceEndedError
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict.known_deviations import Deviation, Expected
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, World, other, scenario


def failing(words: str = "worker-1 exited with code 3 while starting") -> SandboxError:
    return SandboxError(words, "see below", "line 29")


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (ServiceState("server", running=False, exit_code=3), "product"),
        (ServiceState("worker-1", running=False, exit_code=-11), "product"),
        (ServiceState("worker-1", running=False, exit_code=-9), "skipped"),
        (ServiceState("postgres", running=False, exit_code=1), "sandbox"),
        (ServiceState("profile-api", running=False, exit_code=1), "suite"),
    ],
)
def test_a_service_that_ends_while_the_sandbox_comes_up(
    world: World, state: ServiceState, verdict: str
) -> None:
    world.bring_ups = [ServiceEndedError(state, "line 29")] * 2
    session = world.session()
    told = scenario(session)
    assert told.verdict == verdict
    assert "line 29" in told.words


@pytest.mark.parametrize(
    ("service", "code", "verdict"),
    [("worker-1", 1, "sandbox"), ("worker-1", -9, "skipped"), ("profile-api", 1, "suite")],
)
def test_a_service_that_ends_while_a_starved_sandbox_comes_up(
    world: World, service: str, code: int, verdict: str
) -> None:
    ended = ServiceEndedError(ServiceState(service, running=False, exit_code=code), "line 29")
    ended.pace = STARVED
    world.bring_ups = [ended] * 2
    told = scenario(world.session())
    assert told.verdict == verdict
    assert "line 29" in told.words


@pytest.mark.parametrize(
    ("service", "expected"), [("server", UsageError), ("postgres", SandboxError)]
)
def test_what_does_not_start_with_settings_of_ones_own_is_not_the_products(
    world: World, service: str, expected: type[Exception]
) -> None:
    settings = world.folder / "own.env"
    settings.write_text("NOETL_NODE_ID=node-a\nNOETL_API_KEY=quite-a-secret\n")
    world.options["noetl_settings"] = str(settings)
    ended = ServiceEndedError(ServiceState(service, running=False, exit_code=1), "line 29")
    world.bring_ups = [ended] * 2
    with pytest.raises(expected) as raised:
        world.session().sandbox()
    words = str(raised.value)
    assert f"{service} exited with code 1 while starting, with settings of your own: " in words
    assert "NOETL_API_KEY, NOETL_NODE_ID - run without them to see whether they are why" in words
    assert ("see logs/" in words) is (expected is not UsageError), "no folder is left then"
    assert "quite-a-secret" not in words


def test_what_does_not_start_in_place_of_root_is_not_the_products(world: World) -> None:
    state = ServiceState("server", running=False, exit_code=1)
    world.bring_ups = [ServiceEndedError(state, "line 29", "user 10001")] * 2
    with pytest.raises(UsageError, match="run by user 10001 in place of root"):
        world.session().sandbox()


@pytest.mark.parametrize("runner", ["", "user 10001"])
def test_what_ends_after_the_same_settings_have_come_up_is_the_products(
    world: World, runner: str
) -> None:
    settings = world.folder / "own.env"
    settings.write_text("LOG_LEVEL=WARNING\n")
    world.options["noetl_settings"] = str(settings)
    state = ServiceState("worker-1", running=False, exit_code=-11)
    world.bring_ups = [None, ServiceEndedError(state, "line 29", runner)]
    session = world.session()
    with pytest.raises(AssertionError, match="worker-1") as raised:
        session.sandbox(Workers(count=3, inflight=1))
    assert "settings of your own" not in str(raised.value)


@pytest.mark.parametrize("service", ["worker-1", "postgres"])
def test_who_comes_after_a_service_that_never_came_up_is_told_in_one_line(
    world: World, service: str
) -> None:
    ended = ServiceEndedError(ServiceState(service, running=False, exit_code=1), "line 29")
    world.bring_ups = [ended] * 3
    session = world.session()
    first, second, third = (scenario(session, other(number)) for number in (1, 2, 3))
    assert first.verdict == second.verdict == third.verdict
    assert "failed to come up" in third.words


def test_a_busy_machine_is_told_and_what_that_means_for_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Console, "say", lambda _, text: told.append(text))
    monkeypatch.setattr("noetl_acceptance.bdd.session.busy_already", lambda: "busy: load 9.0")
    world.session()
    assert told[0].startswith("busy: load 9.0\nif something fails for want of processors, the san")


def test_a_bring_up_that_fails_once_is_tried_again(world: World) -> None:
    world.bring_ups = [failing(), None]
    session = world.session()
    assert scenario(session).verdict == "passed"


def test_deviations_are_known_to_the_scenario_in_which_the_sandbox_first_comes_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Deviation(
        name="a row is lost",
        rules=("P1",),
        releases="==2.8.9",
        scenarios=("A scenario",),
        findings=(Expected(kind="row-missing"),),
        why="An example.",
    )
    monkeypatch.setattr(session_module, "load_deviations", lambda: (known,))
    settings = world.folder / "own.env"
    settings.write_text("NOETL_OWN=1\n")
    world.options["noetl_settings"] = str(settings)
    world.bring_ups = [failing(), None]
    session = world.session()
    deviations = session.recorded_deviations("A scenario")
    assert deviations.deviations == ()
    session.sandbox()
    assert deviations.unrecorded([Finding("row-missing", "one is missing")]) == []
    assert deviations.shown() == ["a row is lost"]
    assert deviations.other_settings


def test_a_recorded_stall_is_known_once_the_sandbox_comes_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalls = Deviation(name="stalls", rules=("C11",), releases="==2.8.9", chance=True, why="So.")
    monkeypatch.setattr(session_module, "load_deviations", lambda: (stalls,))
    world.bring_ups = [failing(), None]
    world.fates[:] = [Fate(seconds=None, rests=2, silent_after=2), Fate()]
    session = world.session()
    assert scenario(session, seconds=90).verdict == "passed"
    assert session.stalls == ["stalls"]


def test_with_settings_of_ones_own_no_stall_is_taken_for_the_recorded_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalls = Deviation(name="stalls", rules=("C11",), releases="==2.8.9", chance=True, why="So.")
    monkeypatch.setattr(session_module, "load_deviations", lambda: (stalls,))
    settings = world.folder / "own.env"
    settings.write_text("NOETL_ORPHAN_SWEEP_ENABLED=true\n")
    world.options["noetl_settings"] = str(settings)
    world.fates[:] = [Fate(seconds=None, rests=2, silent_after=2), Fate()]
    session = world.session()
    assert "after 90 s" in scenario(session, seconds=90).words
    assert session.stalls == []


def test_a_bring_up_that_fails_twice_is_tried_no_more_and_told_in_one_line(world: World) -> None:
    world.bring_ups = [failing(), failing(), failing()]
    session = world.session()
    told = [scenario(session, other(number)) for number in range(3)]
    assert [each.verdict for each in told] == ["sandbox"] * 3
    assert "line 29" in told[0].words
    assert all("failed to come up 2 times" in each.words for each in told[1:])
    assert all("\n" not in each.words for each in told[1:])
    assert len(world.bring_ups) == 1


def test_workers_of_ones_own_have_tries_of_their_own(world: World) -> None:
    session = world.session()
    world.bring_ups = [failing(), failing()]
    single = REQUEST.on(Workers(count=1))
    assert [scenario(session, single).verdict for _ in range(3)] == ["sandbox"] * 3
    assert scenario(session, REQUEST.on(Workers(count=2))).verdict == "passed"
    assert scenario(session).verdict == "passed"


def test_the_runs_own_sandbox_failing_leaves_the_others_their_tries(world: World) -> None:
    world.bring_ups = [failing(), failing()]
    session = world.session()
    assert scenario(session).verdict == "sandbox"
    assert scenario(session, REQUEST.on(Workers(count=1))).verdict == "passed"
