"""Whole runs over fake sandboxes: a service fails in the middle of an execution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

import pytest
from pydantic import ValidationError

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.faults import updated_service, victims
from noetl_acceptance.execution.faults.moments import HeldCalls, past
from noetl_acceptance.generations.recovery import SOON
from noetl_acceptance.link_proxy.faults import Direction, LinkFault
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.fault import Action, Fault, Victim
from noetl_acceptance.model.request import ExecutionRequest, Workers
from noetl_acceptance.noetl.event_log import HeldCommand
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox.control import BrokerState
from noetl_acceptance.support.starvation import STARVED
from tests.fakes.noetl import FakeProfileApi, Fate
from tests.fakes.sandbox import FakeSandbox, fake_sandbox
from tests.fakes.world import REQUEST, Told, World, attached, scenario

CALLED = Fate(seconds=20, answered_after=6)
HANGS = Fate(seconds=None, answered_after=6, silent_after=5)


def under(action: Action, victim: Victim, *, calls: int = 3, lasts: float = 3) -> ExecutionRequest:
    return REQUEST.under(Fault(action=action, victim=victim, calls=calls, seconds=lasts))


def carried_out(world: World, request: ExecutionRequest, *fates: Fate) -> Told:
    run = world.session()
    world.fates[:] = fates or (CALLED,)
    return scenario(run, request, seconds=500)


def answers_held(connected: ConnectedSandbox) -> dict[str, int]:
    """The journals whose answers the profile API holds back, each with the first such call."""
    return cast(FakeProfileApi, connected.profile_api).held


def unused_links(world: World) -> Callable[[Settings], FakeSandbox]:
    def make(settings: Settings) -> FakeSandbox:
        sandbox = fake_sandbox(settings, world.clock, world.fates)
        sandbox.links.unused = True
        return sandbox

    return make


@pytest.mark.parametrize(
    ("action", "victim", "orders"),
    [
        ("killed", "a worker at a call", [("kill", "worker-2"), ("start", "worker-2")]),
        ("killed", "the parent's worker", [("kill", "worker-1"), ("start", "worker-1")]),
        ("terminated", "server", [("terminate", "server"), ("start", "server")]),
        ("frozen", "nats", [("pause", "nats"), ("resume", "nats")]),
    ],
)
def test_a_fault_meets_whom_it_is_meant_for_and_is_healed(
    world: World, action: Action, victim: Victim, orders: list[tuple[str, str]]
) -> None:
    told = carried_out(world, under(action, victim))
    assert told.verdict == "passed"  # nobody is blamed for what the suite has done
    assert world.sandbox.control.given == orders
    (interval,) = told.executions[0].record.faults
    assert interval.proven
    assert interval.service == orders[0][1]
    assert interval.healed is not None
    assert 3 <= interval.healed - interval.began < 4


def test_every_worker_is_met_at_once_and_each_with_the_commands_that_it_held(world: World) -> None:
    told = carried_out(world, under("killed", "all workers"))
    intervals = {each.service: each for each in told.executions[0].record.faults}
    assert sorted(intervals) == [f"worker-{number}" for number in range(1, 6)]
    assert intervals["worker-1"].holds_parent
    assert intervals["worker-2"].commands == ("fetch",)
    assert intervals["worker-3"].commands == ()


def test_an_update_replaces_the_server_and_then_each_worker_and_puts_them_back(
    world: World,
) -> None:
    request = under("replaced by another release", "server and workers")
    told = carried_out(world, request, Fate(seconds=200, answered_after=6))
    assert told.verdict == "passed"
    orders = world.sandbox.control.given
    services = ["server", *(f"worker-{number}" for number in range(1, 6))]
    there_and_back = [(order, name) for name in services for order in ("terminate", "update")]
    assert orders[: len(there_and_back)] == there_and_back
    assert sorted(orders[len(there_and_back) :]) == sorted(there_and_back)
    first, *workers = told.executions[0].record.faults
    assert first.proof == "server runs other, no longer own"
    assert first.healing == "server runs own again"
    assert (first.interrupted, first.batches) == (0, 0)
    assert [each.interrupted for each in workers] == [2, 2, 0, 0, 0]  # the suite ends each twice
    assert [each.batches for each in workers] == [2, 0, 0, 0, 0]


def test_a_worker_that_is_replaced_may_begin_before_the_next_service_goes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6)]
    control, began = world.sandbox.control, list[float]()
    update = control.update

    def updated(service: str, *, beside: bool) -> None:
        update(service, beside=beside)
        began.append(world.clock.time())

    monkeypatch.setattr(control, "update", updated)
    scenario(run, under("replaced by another release", "server and workers"), seconds=500)
    apart = [later - sooner for sooner, later in pairwise(began)]
    seconds = pytest.approx(updated_service.BEGIN_SECONDS, abs=0.3)
    assert apart[1:5] == [seconds] * 4
    assert apart[6:] == [seconds] * 5  # the server goes back last


@pytest.mark.parametrize("action", ["killed", "terminated", "frozen"])
def test_a_command_that_a_worker_claims_until_it_is_hit_is_told_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    held = [HeldCommand("fetch", "worker-2", of_parent=False, command_id="1")]
    late = HeldCommand("fetch", "worker-2", of_parent=False, command_id="2")
    monkeypatch.setattr(
        victims,
        "held_commands",
        lambda *_: [*held, late] if world.sandbox.control.given else held,
    )
    told = carried_out(world, under(action, "a worker at a call"))
    assert told.executions[0].record.faults[0].commands == ("fetch", "fetch")


def test_a_worker_that_has_ended_is_known_by_its_log(world: World) -> None:
    world.session()
    world.sandbox.becomes("worker-3", running=False)
    sandbox: Any = world.sandbox
    assert victims.Workers(sandbox).service_of("worker-3") == "worker-3"


def test_a_release_that_is_put_back_late_is_not_the_products_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updated_service, "ORDERLY_SECONDS", 0.2)
    run = world.session()
    world.fates[:] = [Fate(seconds=600, answered_after=300)]
    control, order = world.sandbox.control, world.sandbox.control._order

    def late_once(given: str, service: str, **effect: object) -> None:
        order(given, service, **({} if len(control.given) == 12 else effect))

    monkeypatch.setattr(control, "_order", late_once)
    request = under("replaced by another release", "server and workers", lasts=1)
    told = scenario(run, request, seconds=500)
    assert told.verdict == "sandbox"
    assert "was to end, and after 0 s it is up" in told.words


def test_a_sandbox_that_has_been_healed_is_used_again(world: World) -> None:
    run = world.session()
    world.fates[:] = [CALLED, Fate()]
    request = under("killed", "server")
    assert scenario(run, request, seconds=500).verdict == "passed"
    assert scenario(run, REQUEST.repeating(request)).verdict == "passed"
    assert scenario(run).verdict == "passed"
    assert len(world.sandboxes) == 1


def test_another_service_that_goes_during_a_fault_is_blamed(world: World) -> None:
    run = world.session()
    world.fates[:] = [CALLED]
    world.clock.plan(4, lambda: world.sandbox.becomes("worker-4", running=False, exit_code=1))
    told = scenario(run, under("frozen", "nats", lasts=10), seconds=500)
    assert told.verdict == "product"
    assert "worker-4 exited 1" in told.words
    assert told.executions[0].record.end == "playbook.completed"  # it went on without


def test_a_moment_tells_how_many_calls_had_arrived(world: World) -> None:
    told = carried_out(world, under("killed", "server", calls=3))
    assert told.executions[0].record.faults[0].moment == "at 4 calls"


def test_a_fault_that_would_meet_a_later_batch_is_not_made_and_not_judged(world: World) -> None:
    told = carried_out(world, under("killed", "server", calls=2))
    assert told.verdict == "skipped"
    assert "the fault was not made: batch 1 was over, 4 calls had arrived" in told.words
    assert world.sandbox.control.given == []


def test_answers_are_held_back_until_the_fault_is_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.session()
    world.fates[:] = [CALLED]
    connected = run.sandbox()
    held: list[dict[str, int]] = []
    kill = world.sandbox.control.kill

    def killed(service: str) -> None:
        held.append(dict(answers_held(connected)))
        kill(service)

    monkeypatch.setattr(world.sandbox.control, "kill", killed)
    told = scenario(run, under("killed", "a worker at a call"), seconds=500)
    assert told.verdict == "passed"
    assert [list(each.values()) for each in held] == [[3]]
    assert answers_held(connected) == {}


@pytest.mark.parametrize("kept", [True, False])
def test_where_nobody_is_met_the_answers_are_let_go(
    world: World, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=60, answered_after=40)]
    connected = run.sandbox()
    monkeypatch.setattr(victims, "held_commands", lambda *_: [])
    if not kept:  # the sandbox breaks
        world.clock.plan(4, lambda: world.sandbox.becomes("postgres", running=False, exit_code=1))
    told = scenario(run, under("killed", "a worker at a call"), seconds=500)
    assert told.verdict == ("skipped" if kept else "sandbox")
    assert ("nobody whom it could meet was seen within 10 s of call 3" in told.words) is kept
    assert answers_held(connected) == {}


def test_a_fault_that_came_too_late_is_made_in_another_execution(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.session()
    world.fates[:] = [CALLED]
    late = [past(1, "4 calls had arrived")]
    look = HeldCalls.has_come
    monkeypatch.setattr(
        HeldCalls, "has_come", lambda moment: raised(late.pop()) if late else look(moment)
    )
    story = run.faults.of(under("killed", "server"), seconds=500, renewed_seconds=100)
    assert [each.proven for each in story.met.record.faults] == [True]
    assert not late


def raised(error: Exception) -> bool:
    raise error


def test_a_fault_whose_moment_does_not_come_is_told_by_no_interval(world: World) -> None:
    told = carried_out(world, under("killed", "server", calls=99))
    assert told.executions[0].record.faults == ()


@pytest.mark.parametrize(
    ("action", "order", "words"),
    [
        ("frozen", "pause", "nats was to be frozen, and after 20 s it is up"),
        ("killed", "kill", "nats was to be killed, and after 20 s it is up"),
        ("frozen", "resume", "nats was healed, and after 90 s it is frozen"),
        ("killed", "start", "nats was healed, and after 90 s it was ended by SIGKILL"),
    ],
)
def test_a_fault_or_a_healing_without_effect_is_the_sandboxs_failure(
    world: World, action: Action, order: str, words: str
) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6), Fate()]
    world.sandbox.control.without_effect = frozenset({order})
    told = scenario(run, under(action, "nats"), seconds=500)
    assert told.verdict == "sandbox"
    assert words in told.words
    assert scenario(run).verdict == "passed"
    assert len(world.sandboxes) == 2


@pytest.mark.parametrize(("code", "verdict"), [(1, "product"), (0, "skipped")])
def test_a_server_that_is_started_again_and_ends_is_the_products_failure_unless_it_was_asked_to(
    world: World, code: int, verdict: str
) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6)]
    control = world.sandbox.control
    control.without_effect = frozenset({"start"})
    world.clock.plan(3.5, lambda: world.sandbox.becomes("server", exit_code=code))
    told = scenario(run, under("killed", "server"), seconds=500)
    assert told.verdict == verdict
    assert f"server was healed, and after 90 s it exited with code {code}" in told.words


def test_a_server_that_is_started_again_and_never_answers_is_the_products_failure(
    world: World,
) -> None:
    told = unanswering(world, frozenset({"server"}))
    assert told.verdict == "product"
    words = (
        "server was healed, and after 90 s it is up and does not answer, while postgres and nats do"
    )
    assert words in told.words


@pytest.mark.parametrize("silent", ["postgres", "nats"])
def test_a_server_that_lacks_what_it_needs_is_not_blamed_for_its_silence(
    world: World, silent: str
) -> None:
    told = unanswering(world, frozenset({"server", silent}))
    assert told.verdict == "sandbox"
    assert "it is up and does not answer" in told.words


def test_a_server_that_does_not_answer_on_a_starved_machine_is_not_blamed(world: World) -> None:
    world.pace.value = STARVED
    assert unanswering(world, frozenset({"server"})).verdict == "sandbox"


def unanswering(world: World, silent: frozenset[str]) -> Told:
    """Return how a scenario ends in which these services do not answer after a kill."""
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6)]
    world.sandbox.control.silent = silent
    return scenario(run, under("killed", "server"), seconds=500)


@pytest.mark.parametrize(
    ("action", "victim", "code", "verdict"),
    [
        ("killed", "server", 1, "product"),  # not by KILL, so by itself
        ("killed", "server", -11, "product"),
        ("killed", "nats", 1, "sandbox"),
        ("killed", "server", -15, "sandbox"),
        ("terminated", "server", -11, "product"),
        ("terminated", "server", 1, "skipped"),
        ("terminated", "nats", -11, "sandbox"),
        ("killed", "server", 137, "passed"),
        ("terminated", "server", 0, "passed"),
        ("terminated", "server", 143, "passed"),
        ("terminated", "nats", 1, "passed"),
    ],
)
def test_a_service_counts_as_hit_where_it_ended_as_it_was_ordered_to(
    world: World, action: Action, victim: Victim, code: int, verdict: str
) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6)]
    world.sandbox.control.ends_with = {victim: code}
    told = scenario(run, under(action, victim), seconds=500)
    assert told.verdict == verdict
    if verdict != "passed":
        assert f"{victim} was to be {action}, and after" in told.words


def test_a_worker_that_finishes_its_work_first_is_waited_for(world: World) -> None:
    told = late_end(world, 25)
    assert told.verdict == "passed"
    assert world.sandbox.control.given == [("terminate", "worker-2"), ("start", "worker-2")]
    (interval,) = told.executions[0].record.faults
    assert interval.proof == "worker-2 was ended by SIGTERM (exit code -15)"
    assert interval.healed is not None
    assert 25 <= interval.healed - interval.began < 27


def test_a_worker_that_takes_too_long_to_end_is_killed_as_an_operator_does(world: World) -> None:
    told = late_end(world, 500)
    assert told.verdict == "passed"
    orders = [(order, "worker-2") for order in ("terminate", "kill", "start")]
    assert world.sandbox.control.given == orders
    (interval,) = told.executions[0].record.faults
    assert interval.proof == (
        "worker-2 was ended by SIGKILL (exit code -9); 30 s after SIGTERM it had not ended"
    )


def late_end(world: World, seconds: float) -> Told:
    """Return how a scenario ends in which a worker ends so long after it was asked to."""
    run = world.session()
    world.fates[:] = [Fate(seconds=90, answered_after=6)]
    world.sandbox.control.without_effect = frozenset({"terminate"})
    world.clock.plan(
        seconds, lambda: world.sandbox.becomes("worker-2", running=False, exit_code=-15)
    )
    return scenario(run, under("terminated", "a worker at a call"), seconds=500)


@pytest.mark.parametrize("action", ["killed", "terminated", "frozen"])
def test_a_postgres_under_a_fault_is_looked_at_again_when_it_is_back(
    world: World, action: Action
) -> None:
    run = world.session()
    world.fates[:] = [CALLED]
    noetl = world.sandbox.noetl
    for seconds, lost in ((0.2, True), (6, False)):
        world.clock.plan(seconds, lambda lost=lost: setattr(noetl, "database_lost", lost))  # type: ignore[misc]
    told = scenario(run, under(action, "postgres", lasts=9), seconds=500)
    assert told.verdict == "passed"
    (interval,) = told.executions[0].record.faults
    assert (interval.service, interval.proven) == ("postgres", True)
    assert not noetl.outage_expected
    samples = [sample.at for sample in told.executions[0].record.samples]
    assert max(later - sooner for sooner, later in pairwise(samples)) > 5


def test_after_a_fault_of_postgres_only_the_new_execution_is_on_the_same_sandbox(
    world: World,
) -> None:
    run = world.session()
    world.fates[:] = [CALLED, Fate()]
    request = under("killed", "postgres")
    assert scenario(run, request, seconds=500).verdict == "passed"
    assert scenario(run, REQUEST.repeating(request)).verdict == "passed"
    assert len(world.sandboxes) == 1
    assert scenario(run).verdict == "passed"
    assert len(world.sandboxes) == 2  # a worker may still hold a connection that is lost


def test_a_postgres_that_is_lost_while_another_service_fails_is_the_sandboxs_failure(
    world: World,
) -> None:
    run = world.session()
    world.fates[:] = [CALLED]
    noetl = world.sandbox.noetl
    world.clock.plan(2, lambda: setattr(noetl, "database_lost", True))
    told = scenario(run, under("frozen", "nats", lasts=10), seconds=500)
    assert told.verdict == "sandbox"
    assert "Postgres cannot be reached" in told.words


@pytest.mark.parametrize(
    ("action", "fault", "proof"),
    [
        ("cut", LinkFault("cut"), "1 connection of worker-nats reset"),
        ("silent", LinkFault("silent"), "1 byte of worker-nats held"),
        ("slow", LinkFault("delayed", seconds=2.0), "1 byte of worker-nats held"),
    ],
)
def test_a_link_is_disturbed_and_healed_and_the_workers_commands_are_told(
    world: World, action: Action, fault: LinkFault, proof: str
) -> None:
    request = under(action, "worker-nats").on(Workers(links=True))
    told = carried_out(world, request)
    assert told.verdict == "passed"
    assert world.sandbox.links.given == [("worker-nats", fault), "clear"]
    (interval,) = told.executions[0].record.faults
    assert interval.proven
    assert (interval.service, interval.proof) == ("links", proof)
    assert interval.told == f"links: worker-nats {action}"
    assert interval.commands == ("fetch", "run_batches")
    assert interval.holds_parent


def test_a_disturbed_link_of_the_server_explains_no_call(world: World) -> None:
    told = carried_out(world, under("silent", "server-postgres").on(Workers(links=True)))
    (interval,) = told.executions[0].record.faults
    assert (interval.commands, interval.holds_parent) == ((), False)


def test_a_fault_of_a_link_that_nobody_uses_is_not_judged(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6)]
    world.make = unused_links(world)
    told = scenario(run, under("silent", "worker-nats").on(Workers(links=True)), seconds=500)
    assert told.verdict == "skipped"
    assert "worker-nats was to be silent, and for 20 s nothing has come by it" in told.words
    assert world.sandbox.links.given[-1] == "clear"


@pytest.mark.parametrize(
    ("victim", "action"),
    [
        ("database", "killed"),
        ("server", "read-only"),
        ("next row", "locked"),
        ("server", "cut"),
        ("worker-nats", "killed"),
        ("a worker's link to the server", "killed"),
        ("the server's links", "frozen"),
        ("all workers", "added"),
    ],
)
def test_what_cannot_be_done_to_a_victim_is_refused(victim: Victim, action: Action) -> None:
    with pytest.raises(ValidationError, match=f"{victim} cannot be {action}"):
        Fault(action=action, victim=victim, calls=3, seconds=3)


def test_an_execution_that_ends_under_a_fault_is_recorded_when_that_is_healed(world: World) -> None:
    told = carried_out(world, under("frozen", "nats", lasts=30), Fate(seconds=9, answered_after=6))
    record = told.executions[0].record
    (interval,) = record.faults
    assert interval.proven
    assert interval.healed is not None
    assert record.ended_at < interval.healed <= record.outcome.read_at


def test_a_hang_is_told_long_before_its_deadline_with_what_it_waits_for(world: World) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    began = world.clock.time()
    told = scenario(run, under("killed", "server"), seconds=500)
    record = told.executions[0].record
    assert record.end == UNENDED
    assert any("open: 1 of step fetch" in line for line in record.waits_for)
    assert SOON < world.clock.time() - began < SOON + 30


@pytest.mark.parametrize(("took", "end"), [(145, "playbook.completed"), (900, UNENDED)])
def test_an_execution_has_120_seconds_from_the_healing_on_whenever_that_is(
    world: World, took: float, end: str
) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=took, answered_after=took)]
    told = scenario(run, under("killed", "server", lasts=30), seconds=20)
    record = told.executions[0].record
    assert record.end == end
    healed = record.faults[0].healed
    assert healed is not None
    assert record.ended_at - healed == pytest.approx(115 if took == 145 else 120, abs=5)


def test_a_command_that_a_late_release_may_take_up_is_no_hang_yet(world: World) -> None:
    run = world.session()
    world.sandbox.noetl_version = "4.26.0"
    world.fates[:] = [Fate(seconds=150, answered_after=2, silent_after=2)]
    assert scenario(run, under("killed", "server"), seconds=500).verdict == "passed"


def test_where_nats_has_something_to_hand_out_nothing_hangs_yet(world: World) -> None:
    run = world.session()
    world.fates[:] = [HANGS]
    world.sandbox.control.told = BrokerState(streams=1, consumers=1, pending=1)
    began = world.clock.time()
    told = scenario(run, under("killed", "server"), seconds=200)
    assert told.executions[0].record.end == UNENDED
    assert world.clock.time() - began > 200


def test_after_a_hang_others_get_a_fresh_sandbox_but_the_new_execution_does_not(
    world: World,
) -> None:
    run = world.session()
    world.fates[:] = [HANGS, Fate()]
    request = under("killed", "server")
    scenario(run, request, seconds=500)
    assert scenario(run, REQUEST.repeating(request)).verdict == "passed"
    assert len(world.sandboxes) == 1
    assert scenario(run).verdict == "passed"
    assert len(world.sandboxes) == 2


def test_where_a_service_has_crashed_no_new_execution_is_asked_of_a_fresh_one(
    world: World,
) -> None:
    run = world.session()
    world.fates[:] = [CALLED, Fate()]
    world.clock.plan(4, lambda: world.sandbox.becomes("worker-4", running=False, exit_code=1))
    story = run.faults.of(under("frozen", "nats"), seconds=500, renewed_seconds=100)
    assert story.crashed == ("worker-4 exited with code 1",)
    assert story.renewed == ()
    assert len(world.sandboxes) == 1


def test_a_new_execution_on_fresh_services_is_nobodys_but_the_sandboxs(world: World) -> None:
    run = world.session()
    world.fates[:] = [CALLED, Fate(), Fate()]
    # So late that it is seen after the end alone, before the new request.
    world.clock.plan(19.9, lambda: world.sandbox.becomes("nats", life="another"))
    for _ in range(2):  # both scenarios that share the story
        with pytest.raises(SandboxError, match="new execution was carried out on fresh services"):
            run.faults.of(under("killed", "server"), seconds=500, renewed_seconds=100)
    assert len(world.sandboxes) == 2


def test_after_a_refused_new_execution_others_get_a_fresh_sandbox(world: World) -> None:
    run = world.session()
    world.fates[:] = [CALLED, Fate(refused=True)]
    request = under("killed", "nats")
    scenario(run, request, seconds=500)
    told = scenario(run, REQUEST.repeating(request))
    assert "no response from stream" in told.words
    world.fates[:] = [Fate()]
    assert scenario(run).verdict == "passed"
    assert len(world.sandboxes) == 2


@pytest.mark.parametrize("fate", [Fate(reason="playbook.failed"), Fate(stored=2)])
def test_after_a_new_execution_that_is_not_whole_others_get_a_fresh_sandbox(
    world: World, fate: Fate
) -> None:
    run = world.session()
    request = under("killed", "server")
    world.fates[:] = [CALLED, fate, Fate()]
    scenario(run, request, seconds=500)
    scenario(run, REQUEST.repeating(request))
    assert scenario(run).verdict == "passed"
    assert len(world.sandboxes) == 2


@pytest.mark.parametrize(("noetl", "waited"), [("2.8.9", 35), ("4.26.0", 45)])
def test_a_command_that_is_open_at_the_end_is_waited_for_as_long_as_it_may_be_taken_up(
    world: World, noetl: str, waited: float
) -> None:
    run = world.session()
    world.fates[:] = [replace(CALLED, rests=20 + 45), Fate(seconds=3)]
    world.sandbox.noetl_version = noetl
    story = run.faults.of(under("killed", "server"), seconds=500, renewed_seconds=100)
    assert story.later.read_at - story.met.record.ended_at == pytest.approx(waited, abs=5)


def test_where_no_command_is_open_at_the_end_nothing_is_waited_for(world: World) -> None:
    run = world.session()
    world.fates[:] = [CALLED, Fate(seconds=3)]
    story = run.faults.of(under("killed", "server"), seconds=500, renewed_seconds=100)
    assert story.later.read_at - story.met.record.ended_at < 8


def test_services_of_somebody_else_are_left_alone(world: World) -> None:
    attached(world)
    told = carried_out(world, under("killed", "server"))
    assert told.verdict == "skipped"
    assert "services that may be ended, frozen and started again" in told.words
    assert world.sandbox.control.given == []


def test_workers_that_are_added_stay_and_cost_the_sandbox_later(world: World) -> None:
    run = world.session()
    world.fates[:] = [CALLED, Fate()]
    request = under("added", "two workers", lasts=0)
    told = scenario(run, request, seconds=500)
    assert told.verdict == "passed"
    (interval,) = told.executions[0].record.faults
    assert interval.proof == "worker-6 and worker-7 run beside the others, and NoETL knows of them"
    assert interval.healing == f"{interval.proof}, and stay"
    assert (interval.commands, interval.holds_parent) == ((), False)
    assert scenario(run, REQUEST.repeating(request)).verdict == "passed"
    assert len(world.sandboxes) == 1
    assert scenario(run).verdict == "passed"
    assert len(world.sandboxes) == 2


def test_workers_that_do_not_come_are_the_sandboxs_failure(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6)]
    world.sandbox.control.without_effect = frozenset({"add"})
    told = scenario(run, under("added", "two workers"), seconds=500)
    assert told.verdict == "sandbox"
    assert "worker-6 and worker-7 were to be added" in told.words


def test_of_workers_that_run_and_do_not_register_nothing_is_judged(world: World) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6)]
    world.shy = {"worker-7"}
    told = scenario(run, under("added", "two workers"), seconds=500)
    assert told.verdict == "skipped"
    assert "NoETL does not know of them" in told.words


def test_answers_that_were_held_for_too_long_make_it_unjudged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.session()
    world.fates[:] = [Fate(seconds=300, answered_after=6)]
    kill = world.sandbox.control.kill

    def slow(service: str) -> None:
        world.clock.sleep(16)
        kill(service)

    monkeypatch.setattr(world.sandbox.control, "kill", slow)
    told = scenario(run, under("killed", "server"), seconds=500)
    assert told.verdict == "skipped"
    assert "it took 16 s to make the fault" in told.words


def test_two_workers_are_met_that_hold_nothing_of_the_parents(world: World) -> None:
    told = carried_out(world, under("terminated", "two workers"))
    intervals = {each.service: each for each in told.executions[0].record.faults}
    assert sorted(intervals) == ["worker-2", "worker-3"]  # worker-1 waits for its child
    assert [each.holds_parent for each in intervals.values()] == [False, False]
    assert intervals["worker-2"].commands == ("fetch",)


@pytest.mark.parametrize(
    ("action", "direction"), [("silent", "both"), ("silent in its answers", "answers")]
)
def test_the_link_of_one_worker_is_disturbed_and_its_commands_are_told(
    world: World, action: Action, direction: Direction
) -> None:
    request = under(action, "a worker's link to the server").on(Workers(links=True))
    told = carried_out(world, request)
    assert told.verdict == "passed"
    fault = LinkFault("silent", source="worker-2", direction=direction)
    assert world.sandbox.links.given == [("worker-server", fault), "clear"]
    (interval,) = told.executions[0].record.faults
    assert (interval.service, interval.proof) == (
        "links",
        "1 byte of worker-server of worker-2 held",
    )
    assert (interval.commands, interval.holds_parent) == (("fetch",), False)


def test_a_server_that_is_cut_off_is_told_with_all_commands_that_workers_hold(world: World) -> None:
    told = carried_out(world, under("silent", "the server's links").on(Workers(links=True)))
    assert told.verdict == "passed"
    links = ("worker-server", "server-nats", "server-postgres")
    silent = LinkFault("silent")
    assert world.sandbox.links.given == [*((link, silent) for link in links), "clear"]
    (interval,) = told.executions[0].record.faults
    assert interval.victim == "the server's links"
    assert (interval.commands, interval.holds_parent) == (("fetch", "run_batches"), True)
