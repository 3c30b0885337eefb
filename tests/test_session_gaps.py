"""Whole runs over fake sandboxes: a fault in a gap that is held open for it."""

from __future__ import annotations

import psycopg
import pytest
from pydantic import ValidationError

from noetl_acceptance.execution.faults import command_gap
from noetl_acceptance.execution.faults import gaps as gap_module
from noetl_acceptance.link_proxy.faults import LinkFault
from noetl_acceptance.model.fault import Action, Fault, FaultInterval, Gap, Victim
from noetl_acceptance.model.request import Workers, Workload
from tests.fakes.control import FakeControl
from tests.fakes.noetl import Fate
from tests.fakes.row_gate import FakeRowGate
from tests.fakes.world import REQUEST, Told, World, scenario

CALLED = Fate(seconds=60, answered_after=6)
SIZES = Workload(seed_rows=4, batch_size=2, max_batches=3)
CUT = LinkFault("cut")
REPORTS = LinkFault("silent", source="worker-2", direction="requests")
QUESTIONS = LinkFault("silent", source="worker-1", direction="requests")
ANSWERS = LinkFault("silent", direction="answers")


class Gaps:
    """Executions with a fault in a gap, on a sandbox whose rows wait at a fake gate."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.run = world, world.session()
        world.fates[:] = [CALLED]
        self.gate = FakeRowGate(world.sandbox)
        self.children = (2, 2)
        self.sizes = SIZES
        monkeypatch.setattr(gap_module, "RowGate", self._gate)
        monkeypatch.setattr(gap_module, "count_stored", lambda *_: self.gate.stored)
        monkeypatch.setattr(gap_module, "count_children", lambda *_: self.children)

    def _gate(self, *_: object) -> FakeRowGate:
        self.gate.sandbox = self.world.sandbox
        return self.gate

    def told(self, gap: Gap, action: Action, victim: Victim, lasts: float = 3) -> Told:
        fault = Fault(action=action, victim=victim, gap=gap, calls=3, seconds=lasts)
        request = REQUEST.sized(self.sizes).on(Workers(links=True)).under(fault)
        return scenario(self.run, request, seconds=500)

    def met(self, gap: Gap, action: Action, victim: Victim) -> FaultInterval:
        told = self.told(gap, action, victim)
        assert told.verdict == "passed"
        (interval,) = told.executions[0].record.faults
        assert interval.proven
        return interval


@pytest.fixture
def gaps(world: World, monkeypatch: pytest.MonkeyPatch) -> Gaps:
    return Gaps(world, monkeypatch)


def test_a_worker_is_met_while_its_rows_wait_and_they_go_with_it(gaps: Gaps, world: World) -> None:
    interval = gaps.met("before the rows", "killed", "the storing worker")
    assert world.sandbox.control.given == [("kill", "worker-2"), ("start", "worker-2")]
    assert (
        interval.moment
        == "when all calls were answered, and 1 session of NoETL's waited to commit rows"
    )
    assert interval.commands == ("fetch",)
    assert gaps.gate.done[:2] == ["shut", "remove"]


def test_a_session_that_outlives_its_worker_would_store_the_rows_so_nothing_is_judged(
    gaps: Gaps,
) -> None:
    gaps.gate.lasting = True
    told = gaps.told("before the rows", "killed", "the storing worker")
    assert told.verdict == "skipped"
    assert "nothing shows that it was met: before the rows" in told.words
    assert "remove" in gaps.gate.done


def test_a_worker_is_met_when_its_rows_are_there_and_its_report_is_lost_with_it(
    gaps: Gaps, world: World
) -> None:
    interval = gaps.met("before the report", "killed", "the storing worker")
    assert interval.service == "worker-2"
    assert interval.moment == (
        "with 2 rows stored, 1 byte held among the requests of worker-server of worker-2"
    )
    lost = LinkFault("cut", source="worker-2")
    given = [("worker-server", REPORTS), ("worker-server", lost), "clear"]
    assert world.sandbox.links.given == given


def test_the_answer_that_rows_are_stored_is_lost_with_the_link(gaps: Gaps, world: World) -> None:
    interval = gaps.met("before the answer", "cut", "worker-postgres")
    assert interval.service == "links"
    assert interval.moment.startswith("with 2 rows stored, 1 byte held among the answers")
    given = [("worker-postgres", ANSWERS), ("worker-postgres", CUT), "clear"]
    assert world.sandbox.links.given == given


def test_the_server_is_met_between_two_batches(gaps: Gaps, world: World) -> None:
    interval = gaps.met("between batches", "terminated", "server")
    assert interval.moment.startswith("with 2 of 3 batches ended, 2 rows stored, 1 byte held")
    assert world.sandbox.links.given == [("worker-server", QUESTIONS), "clear"]


def test_the_gap_ends_as_soon_as_the_first_service_that_is_replaced_has_ended(
    gaps: Gaps, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what a worker asks the server for would wait for the last worker's update."""
    update, held = FakeControl.update, list[tuple[str, bool]]()

    def updated(control: FakeControl, service: str, *, beside: bool) -> None:
        held.append((service, bool(control.sandbox.links.faults("worker-server"))))
        update(control, service, beside=beside)

    monkeypatch.setattr(FakeControl, "update", updated)
    gaps.told("between batches", "replaced by another release", "server and workers")
    assert ("worker-server", QUESTIONS) in world.sandbox.links.given
    assert held[0] == ("server", False)


@pytest.mark.parametrize(("takes", "verdict"), [(4.0, "passed"), (11.0, "skipped")])
def test_a_request_that_is_held_back_for_too_long_makes_it_unjudged(
    gaps: Gaps, monkeypatch: pytest.MonkeyPatch, takes: float, verdict: str
) -> None:
    terminate = FakeControl.terminate

    def slowly(control: FakeControl, service: str) -> None:
        gaps.world.clock.sleep(takes)
        terminate(control, service)

    monkeypatch.setattr(FakeControl, "terminate", slowly)
    told = gaps.told("between batches", "terminated", "server")
    assert told.verdict == verdict
    assert ("a request to the server was held back for 11 s" in told.words) == (takes > 10)


@pytest.mark.parametrize(
    ("gap", "why"),
    [
        ("between batches", "batch 2 did not end within 8 s of its rows"),
        ("before the rows", "its moment did not come within 20 s"),
    ],
)
def test_a_gap_that_does_not_come_is_let_go_and_not_judged(
    gaps: Gaps, world: World, gap: Gap, why: str
) -> None:
    gaps.children = (2, 1)
    gaps.gate.unused = gap == "before the rows"
    told = gaps.told(gap, "killed", "server")
    assert told.verdict == "skipped"
    assert f"the fault was not made: {why}" in told.words
    assert "remove" in gaps.gate.done
    assert world.sandbox.links.faults("worker-server") == []
    assert world.sandbox.control.given == []


@pytest.mark.parametrize("gap", ["between batches", "before the rows", "before the report"])
def test_what_comes_after_its_batch_is_not_the_gap_and_is_not_judged(
    gaps: Gaps, world: World, gap: Gap
) -> None:
    gaps.children = (3, 3)
    told = gaps.told(gap, "killed", "server")
    assert told.verdict == "skipped"
    assert "the fault was not made: batch 2 was over, and batch 3 had begun" in told.words
    assert world.sandbox.control.given == []
    assert "remove" in gaps.gate.done


def test_after_the_last_batch_there_is_no_gap_between_two(gaps: Gaps, world: World) -> None:
    gaps.sizes = Workload(seed_rows=4, batch_size=2, max_batches=2)
    told = gaps.told("between batches", "killed", "server")
    assert told.verdict == "skipped"
    assert "batch 2 was over, and it is the last one" in told.words
    assert world.sandbox.control.given == []


def test_the_server_is_met_before_a_worker_has_a_command(
    gaps: Gaps, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_gap, "held_commands", lambda *_: [])
    interval = gaps.met("before a command", "killed", "server")
    assert interval.moment == "with the request answered, and no command at a worker"
    assert world.sandbox.links.given == [("worker-nats", ANSWERS), "clear"]
    assert gaps.gate.done == []


def test_where_a_worker_has_a_command_already_nothing_is_judged(gaps: Gaps, world: World) -> None:
    told = gaps.told("before a command", "killed", "server")
    assert told.verdict == "skipped"
    assert "a worker has had a command already" in told.words
    assert world.sandbox.links.given[-1] == "clear"


def test_commands_that_are_kept_back_for_a_refused_request_are_let_go(
    gaps: Gaps, world: World
) -> None:
    world.fates[:] = [Fate(refused=True)]
    assert gaps.told("before a command", "killed", "server").verdict == "product"
    assert world.sandbox.links.given == [("worker-nats", ANSWERS), "clear"]


def test_who_stores_rows_is_known_in_some_gaps_only() -> None:
    with pytest.raises(
        ValidationError, match="the storing worker is known in a gap beside his rows alone"
    ):
        Fault(action="killed", victim="the storing worker", calls=3, seconds=3)


def test_a_target_that_takes_no_trigger_is_not_judged(gaps: Gaps) -> None:
    gaps.gate.refusal = psycopg.errors.WrongObjectType('"traveler_batch_results" is a view')
    told = gaps.told("before the rows", "killed", "the storing worker")
    assert told.verdict == "skipped"
    assert "no trigger can be made" in told.words
