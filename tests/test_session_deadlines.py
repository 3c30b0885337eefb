"""Whole runs over fake sandboxes: each scenario is judged by its own deadline."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.checks.ledger import nothing_missing
from noetl_acceptance.evidence.store import read_executions
from noetl_acceptance.execution import recorder
from noetl_acceptance.support.clocks import ClockWatch
from noetl_acceptance.support.polling import DeadlineError
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.known_deviations import RecordedDeviations
from tests.fakes.noetl import Fate
from tests.fakes.world import REQUEST, World, scenario


def test_each_scenario_is_judged_by_its_own_deadline(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=50)]

    def log(_: str) -> None:
        world.sandbox.logs["worker-1"] = "ERROR: slow\nINFO: on\n"

    session.execute(REQUEST, seconds=60, follow=log)
    told = scenario(session, seconds=40)
    assert "worker-1 logged at an unknown time: ERROR: slow" in told.words
    assert told.verdict == "product"
    assert "after 40 s" in told.words
    assert "it took 50.0 s" in told.words
    assert len(world.sandbox.noetl.asked) == 1


def test_a_missed_deadline_tells_what_a_service_has_logged_long_before(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=5000)]
    why = "2026-11-28T10:00:00 [ERROR] (noetl)\nMessage: Command callback timed out after 180.0s\n"

    def log(_: str) -> None:
        world.sandbox.logs["worker-1"] = why + "2026-11-28T10:03:00 [INFO] on\n" * 1000

    with pytest.raises(DeadlineError) as missed:
        session.execute(REQUEST, seconds=400, follow=log)
    words = "worker-1 logged at 10:00:00.000: Command callback timed out after 180.0s"
    assert words in str(missed.value)
    session.evidence.draw()
    (record,) = read_executions(session.folder.path).values()
    assert [error.service for error in record.log_errors] == ["worker-1"]


def test_who_allows_more_than_the_one_that_failed_has_it_carried_out_anew(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=50)]
    assert scenario(session, seconds=40).verdict == "product"
    assert scenario(session, seconds=60).verdict == "passed"


def test_siblings_are_watched_side_by_side_each_from_its_own_request_on(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=50), Fate(seconds=55)]
    request = REQUEST.model_copy(update={"parallel": 2})
    told = scenario(session, request, seconds=60)
    assert told.verdict == "passed"
    assert len(told.executions) == 2
    assert [each.record.siblings for each in told.executions] == [("1002",), ("1001",)]


def test_the_deadline_of_a_later_sibling_does_not_begin_with_the_end_of_the_first(
    world: World,
) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=50), Fate(seconds=100)]
    told = scenario(session, REQUEST.model_copy(update={"parallel": 2}), seconds=60)
    assert told.verdict == "product"
    assert "of execution" in told.words
    assert "1002" in told.words
    assert world.clock.at < 1_800_000_070


class Moved(ClockWatch):
    """A clock that has moved."""

    def __init__(self, moved: float) -> None:
        self._moved = moved

    @property
    def moved(self) -> float:
        return self._moved


@pytest.mark.parametrize(("moved", "verdict"), [(300.0, "skipped"), (-2.0, "skipped"), (0.9, "")])
def test_while_the_clock_was_set_nothing_is_judged_and_no_deadline_is_missed(
    world: World, monkeypatch: pytest.MonkeyPatch, moved: float, verdict: str
) -> None:
    session = world.session()
    monkeypatch.setattr(recorder, "ClockWatch", lambda: Moved(moved))
    world.fates[:] = [Fate(seconds=50 + moved)]
    session.execute(REQUEST, seconds=400)
    context = SimpleNamespace(
        session=session, judgements=[], not_judged=[], deviations=RecordedDeviations([])
    )
    (recorded,) = session.execute(REQUEST, seconds=51)
    assert recorded.record.clock_moved == moved
    judge(context, nothing_missing, recorded.record)
    assert [policy.of_error(each) for each in context.not_judged] == ([verdict] if verdict else [])
    words = f"the clock moved by {moved:+.1f} s during execution {recorded.record.execution_id}"
    assert all(str(reason).startswith(words) for reason in context.not_judged)
