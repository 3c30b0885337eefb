"""Whole runs over fake sandboxes: whoever broke a service is to blame, and the run goes on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from noetl_acceptance.checks.status import answered_with_id
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.log_dialect import Status
from noetl_acceptance.model.request import Cancellation
from noetl_acceptance.noetl.api import (
    NoAnswerError,
    RefusedError,
    StrangeAnswerError,
    UnavailableError,
)
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict.weighing import weigh
from tests.fakes.noetl import Fate
from tests.fakes.world import World, attached, other, scenario


@pytest.mark.parametrize(
    ("fields", "verdict", "words"),
    [
        ({"running": False, "exit_code": 1}, "product", "worker-1 exited 1"),
        ({"running": False, "exit_code": -11}, "product", "worker-1 exited -11 (SIGSEGV)"),
        ({"running": False, "exit_code": 137}, "skipped", "exited 137 (SIGKILL) by somebody else"),
        ({"running": False, "exit_code": -15}, "skipped", "SIGTERM"),
        ({"running": False}, "skipped", "worker-1 ended"),
    ],
)
def test_a_worker_that_ends_during_an_execution(
    world: World, fields: dict[str, object], verdict: str, words: str
) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate()]
    broken = world.sandbox
    world.clock.plan(3, lambda: broken.becomes("worker-1", **fields))
    told = scenario(session)
    assert told.verdict == verdict
    assert words in told.words
    assert world.clock.at < 1_800_000_030, "the wait ends at once"
    assert scenario(session, other()).verdict == "passed"
    assert broken.closed
    assert len(world.sandboxes) == 2


@pytest.mark.parametrize(
    ("service", "verdict"), [("postgres", "sandbox"), ("nats", "sandbox"), ("profile-api", "suite")]
)
def test_another_service_that_ends(world: World, service: str, verdict: str) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate()]
    gone = world.sandbox
    world.clock.plan(3, lambda: gone.becomes(service, running=False, exit_code=1))
    world.clock.plan(3.5, lambda: gone.becomes("server", running=False, exit_code=1))
    assert scenario(session).verdict == verdict
    assert scenario(session, other()).verdict == "passed"


def test_what_the_sandbox_breaks_is_carried_out_anew_for_the_next_who_asks(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate()]
    broken = world.sandbox
    world.clock.plan(3, lambda: broken.becomes("postgres", running=False, exit_code=1))
    assert [scenario(session).verdict for _ in range(2)] == ["sandbox", "passed"]


def test_what_the_sandbox_breaks_twice_is_told_in_one_line_to_the_third(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None)]
    world.clock.plan(3, lambda: world.sandbox.becomes("nats", running=False, exit_code=1))
    world.clock.plan(9, lambda: world.sandbox.becomes("nats", running=False, exit_code=1))
    told = [scenario(session) for _ in range(4)]
    assert [each.verdict for each in told] == ["sandbox"] * 4
    assert len(world.sandboxes) == 2
    assert "told by the scenarios before" in told[3].words
    assert "\n" not in told[3].words


def test_what_the_product_fails_all_fail_who_share_it(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate()]
    told = [scenario(session) for _ in range(3)]
    assert [each.verdict for each in told] == ["product"] * 3
    assert all("after 60 s: the end of execution 1001" in each.words for each in told)
    assert len(world.sandbox.noetl.asked) == 1
    assert scenario(session, other()).verdict == "passed"
    assert len(world.sandboxes) == 2, "what did not end would disturb the next"


def test_an_execution_that_did_not_end_is_evidence(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None)]
    scenario(session)
    (file,) = (session.folder.path / "executions").glob("*.json.gz")
    assert file.name == "1001.json.gz"


def test_a_deadline_that_passes_on_a_starved_machine_is_the_sandboxs(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate()]
    world.pace.value = 5.0
    assert scenario(session).verdict == "sandbox"
    world.pace.value = 1.0
    assert scenario(session).verdict == "passed"


def test_a_frozen_worker_is_somebody_elses_doing_whatever_follows(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate()]
    frozen = world.sandbox
    world.clock.plan(3, lambda: frozen.becomes("worker-2", frozen=True))
    told = scenario(session)
    assert told.verdict == "skipped"
    assert "worker-2 frozen by somebody else" in told.words
    assert "after 60 s" in told.words
    assert scenario(session, other()).verdict == "passed"


def test_a_worker_frozen_for_a_while_is_told_though_all_went_well(world: World) -> None:
    session = world.session()
    world.clock.plan(1, lambda: world.sandbox.becomes("worker-2", frozen=True))
    world.clock.plan(3, lambda: world.sandbox.becomes("worker-2", frozen=False))
    told = scenario(session)
    assert told.verdict == "skipped"
    assert "worker-2 frozen" in told.words


def test_a_service_that_ends_between_two_scenarios(world: World) -> None:
    session = world.session()
    assert scenario(session).verdict == "passed"
    world.sandbox.becomes("nats", running=False, exit_code=0)
    assert scenario(session, other()).verdict == "passed"
    assert len(world.sandboxes) == 2
    ((_, error),) = session.settle()
    assert "nats exited 0" in str(error)


def test_a_service_that_was_started_anew_is_not_trusted(world: World) -> None:
    session = world.session()
    scenario(session)
    world.sandbox.becomes("nats", life="2")
    assert scenario(session, other()).verdict == "passed"
    assert len(world.sandboxes) == 2


def test_a_lost_connection_to_the_database_costs_one_scenario(world: World) -> None:
    session = world.session()
    lost = world.sandbox
    world.clock.plan(2, lambda: setattr(lost.noetl, "database_lost", True))
    world.fates[:] = [Fate(seconds=50), Fate()]
    assert scenario(session).verdict == "sandbox"
    assert scenario(session, other()).verdict == "passed"
    assert lost.closed


def test_an_engine_that_is_gone_costs_the_scenarios_until_it_is_back(world: World) -> None:
    session = world.session()
    gone = world.sandbox
    gone.refuses_to_close = True
    world.clock.plan(2, lambda: setattr(gone, "engine_gone", True))
    world.fates[:] = [Fate(seconds=50), Fate()]
    assert scenario(session).verdict == "sandbox"
    assert scenario(session, other()).verdict == "passed"


def test_refused_is_the_products(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(refused=True)]
    told = scenario(session)
    assert told.verdict == "product"
    assert "no response from stream" in told.words


def test_a_server_that_does_not_answer_while_it_runs_is_the_products(world: World) -> None:
    session = world.session()
    world.sandbox.noetl.unreachable = NoAnswerError("NoETL's API did not answer POST: timed out")
    told = scenario(session)
    assert told.verdict == "product"
    assert "the server runs" in told.words
    assert scenario(session, other()).verdict == "passed"
    assert len(world.sandboxes) == 2


@pytest.mark.parametrize(
    ("service", "fields", "verdict"),
    [
        ("server", {"frozen": True}, "skipped"),
        ("postgres", {"frozen": True}, "sandbox"),
        ("nats", {"running": False, "exit_code": 1}, "sandbox"),
    ],
)
def test_a_server_that_cannot_answer_is_not_the_products(
    world: World, service: str, fields: dict[str, object], verdict: str
) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=50)]
    sandbox, silence = world.sandbox, NoAnswerError("NoETL's API did not answer GET: timed out")
    world.clock.plan(2, lambda: sandbox.becomes(service, **fields))
    world.clock.plan(2, lambda: setattr(sandbox.noetl, "unreachable", silence))
    assert scenario(session).verdict == verdict


def test_a_server_that_is_about_to_end_is_not_told_to_hang(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=50)]
    sandbox, silence = world.sandbox, NoAnswerError("NoETL's API did not answer GET: reset by peer")
    world.clock.plan(2, lambda: setattr(sandbox.noetl, "unreachable", silence))
    world.clock.plan(5, lambda: sandbox.becomes("server", running=False, exit_code=143))
    assert scenario(session).verdict == "skipped"


def test_a_server_that_does_not_answer_on_a_starved_machine_is_not_told_to_hang(
    world: World,
) -> None:
    session = world.session()
    world.pace.value = 5.0
    world.sandbox.noetl.unreachable = NoAnswerError("NoETL's API did not answer POST: timed out")
    assert scenario(session).verdict == "sandbox"


def test_a_server_that_somebody_else_has_started_may_be_out_of_reach(world: World) -> None:
    attached(world)
    session = world.session()
    world.sandbox.noetl.unreachable = NoAnswerError("NoETL's API did not answer POST: timed out")
    assert scenario(session).verdict == "sandbox"


@pytest.mark.parametrize("service", ["postgres", "worker-1"])
def test_a_full_disk_is_the_sandboxs_whoever_stumbles_over_it(world: World, service: str) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None), Fate()]
    full = world.sandbox
    line = (
        "2026-11-28 08:00:00.000 UTC [7] ERROR:  could not extend file: No space left on device\n"
    )
    world.clock.plan(3, lambda: full.logs.update({service: line}))
    told = scenario(session)
    assert told.verdict == "sandbox"
    assert "disk full; so it came to this: after 60 s" in told.words
    assert scenario(session, other()).verdict == "passed"
    assert full.closed


def test_a_full_disk_is_dated_by_the_line_that_tells_of_it(world: World) -> None:
    watch = world.session().sandbox().watch
    written = world.clock.at - 4
    stamp = datetime.fromtimestamp(written, tz=UTC).strftime("%Y-%m-%d %H:%M:%S.000 UTC")
    world.sandbox.becomes("server", running=False, exit_code=1)
    watch.look()
    world.clock.sleep(5)
    line = f"{stamp} [7] ERROR:  could not extend file: Disk quota exceeded\n"
    world.sandbox.logs["postgres"] = line
    watch.errors()
    disk = next(each for each in watch.history if each.service == "disk")
    assert disk.at == pytest.approx(written)
    error = weigh(AssertionError("after 60 s"), watch.history)
    assert isinstance(error, SandboxError)
    assert str(error).startswith("disk full, server exited 1; so it came to this: after 60 s")


@pytest.mark.parametrize(
    ("words", "pace", "verdict"),
    [
        ("POST /api/execute was refused: 500 no connection", 1.0, "product"),
        ("POST /api/execute was refused: 500 no connection", STARVED, "sandbox"),
        ("no context could be made: No space left on device (os error 28)", 1.0, "sandbox"),
    ],
)
def test_a_refusal_is_not_the_products_where_it_had_no_chance(
    world: World, words: str, pace: float, verdict: str
) -> None:
    session = world.session()
    world.pace.value = pace
    world.sandbox.noetl.unreachable = RefusedError(words)
    told = scenario(session)
    assert told.verdict == verdict
    assert words in told.words


@pytest.mark.parametrize(("somebody_elses", "verdict"), [(False, "product"), (True, "skipped")])
def test_an_answer_that_is_none_of_noetls(world: World, somebody_elses: bool, verdict: str) -> None:
    if somebody_elses:
        attached(world)
    session = world.session()
    world.sandbox.noetl.unreachable = StrangeAnswerError("POST was answered with no object: <html>")
    assert scenario(session).verdict == verdict


def test_a_status_that_is_not_to_be_had_for_a_moment_ends_no_execution(world: World) -> None:
    session = world.session()
    noetl = world.sandbox.noetl
    world.clock.plan(1, lambda: setattr(noetl, "unreachable", UnavailableError("503")))
    world.clock.plan(3, lambda: setattr(noetl, "unreachable", None))
    told = scenario(session)
    assert told.verdict == "passed"
    assert told.executions[0].record.statuses


def test_a_status_that_is_refused_at_the_end_is_asked_for_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = world.session()
    noetl = world.sandbox.noetl
    status, answers = noetl.status, iter([RefusedError("500")])

    def refusing(execution_id: str) -> Status:
        if noetl.find_ending(execution_id) and (refusal := next(answers, None)):
            raise refusal
        return status(execution_id)

    monkeypatch.setattr(noetl, "status", refusing)
    (recorded,) = scenario(session).executions
    assert recorded.record.statuses[-1].completed
    assert next(answers, None) is None


@pytest.mark.parametrize("hours_before", [0, 0.25, 26])
def test_an_answer_with_the_id_of_an_earlier_execution_is_the_products_and_no_clocks(
    world: World, hours_before: float
) -> None:
    session = world.session()
    (first,) = scenario(session).executions
    noetl = world.sandbox.noetl
    world.clock.sleep(hours_before * 3600)
    noetl.answered = first.record.execution_id
    (second,) = scenario(session, other()).executions
    assert (first.record.there_before, second.record.there_before) == (False, True)
    (finding,) = answered_with_id(second.record)
    assert finding.message == (
        "the answer's id is of an execution that the log had before the request"
    )


def test_an_execution_that_was_there_before_is_not_disturbed(world: World) -> None:
    session = world.session()
    (first,) = scenario(session).executions
    noetl = world.sandbox.noetl
    noetl.answered = first.record.execution_id
    told = scenario(session, other().cancelled(Cancellation(by="api", calls=1)))
    assert told.verdict == "product"
    assert "had events of that execution before the request" in told.words
    assert not noetl.cancelled
