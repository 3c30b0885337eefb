"""Whole runs over fake sandboxes: what is recorded, shared, kept and told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from noetl_acceptance.errors import NotJudgedError, SandboxError, UsageError
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.execution import executor
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.fixtures.table_race import Race
from noetl_acceptance.generations.editions import edition_for
from noetl_acceptance.model.probe_record import TARGETS
from noetl_acceptance.model.request import ExecutionRequest, RowChange, Workers, Workload
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.support.polling import DeadlineError, StarvedError
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict.known_deviations import Deviation, Expected, RecordedDeviations
from tests.fakes.noetl import Fate
from tests.fakes.sandbox import PASSWORD
from tests.fakes.world import REQUEST, World, other, scenario

LATER = Deviation(
    name="goes on after its end",
    rules=("C25",),
    releases="==2.8.9",
    scenarios=("A scenario",),
    findings=(Expected(kind="row-after-end"),),
    why="An example.",
)


def test_an_execution_that_ends_is_recorded_once_for_all_who_ask(world: World) -> None:
    session = world.session()
    first, second = scenario(session), scenario(session)
    assert (first.verdict, second.verdict) == ("passed", "passed")
    assert first.executions == second.executions
    assert len(world.sandbox.noetl.asked) == 1
    session.close(failed=False)
    assert world.sandbox.closed


def test_an_interruption_goes_through_and_everything_is_taken_down(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None)]

    def interrupt() -> None:
        raise KeyboardInterrupt

    world.clock.plan(3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        scenario(session)
    session.close(failed=False)
    assert world.sandbox.closed


def test_what_changes_after_the_end_is_told_to_the_first_who_passed(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(later_stored=2)]
    passed = scenario(session)
    assert passed.verdict == "passed"
    scenario(session)
    world.clock.sleep(10)
    ((owner, error),) = session.settle()
    assert owner is passed.owner
    assert "row-after-end: 4 rows at the end and 2 later" in str(error)
    assert session.settle() == []


@pytest.mark.parametrize(
    ("fate", "pace", "kind"),
    [
        (Fate(later_stored=2), 1.0, AssertionError),
        (Fate(later_stored=2), STARVED, AssertionError),
        (Fate(later_stored=2, reason="playbook.failed"), 1.0, AssertionError),
        (Fate(later_stored=2, reason="playbook.failed"), STARVED, StarvedError),
    ],
)
def test_what_changes_after_a_failure_on_a_starved_machine_is_the_sandboxs(
    world: World, fate: Fate, pace: float, kind: type[Exception]
) -> None:
    session = world.session()
    world.pace.value = pace
    world.fates[:] = [fate]
    scenario(session)
    world.clock.sleep(10)
    ((_, error),) = session.settle()
    assert type(error) is kind
    assert "row-after-end: 4 rows at the end and 2 later" in str(error)


def test_what_changes_after_somebody_ended_a_worker_is_not_judged(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(later_stored=2)]
    scenario(session)
    world.clock.sleep(10)
    world.sandbox.becomes("worker-1", running=False, exit_code=-9)
    errors = [error for _, error in session.settle()]
    assert all(isinstance(error, NotJudgedError) for error in errors)
    assert "row-after-end: 4 rows at the end and 2 later" in str(errors[0])


def test_a_change_after_the_end_that_is_recorded_of_the_release_reddens_nobody(
    world: World,
) -> None:
    session = world.session()
    world.fates[:] = [Fate(later_stored=2)]
    session._deviations = RecordedDeviations([LATER])
    recorded = session.execute(REQUEST, seconds=60)
    session.judged(recorded[0], object(), passed=True)
    world.clock.sleep(10)
    assert session.settle() == []


def test_what_cannot_be_looked_at_again_reddens_nobody_who_passed(world: World) -> None:
    session = world.session()
    passed = scenario(session)
    world.sandbox.noetl.database_lost = True
    assert scenario(session, other()).verdict == "passed"
    ((owner, error), *_) = session.settle()
    assert owner is passed.owner
    assert isinstance(error, NotJudgedError)
    assert "could not be looked at again" in str(error)


def test_what_is_forgotten_is_carried_out_anew(world: World) -> None:
    session = world.session()
    first = scenario(session)
    session.forget(first.executions)
    second = scenario(session)
    assert first.executions[0].record.execution_id != second.executions[0].record.execution_id
    assert (
        session.look_again(second.executions[0]).stored
        == second.executions[0].record.outcome.stored
    )


def test_a_comparison_shares_what_was_carried_out_before(world: World) -> None:
    session = world.session()
    told = scenario(session)
    assert session.repeat(REQUEST) == told.executions[0].record


def test_a_probe_that_ends_is_evidence_and_one_that_does_not_costs_the_sandbox(
    world: World,
) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=1), Fate(seconds=None), Fate()]
    assert session.probe(REQUEST, TARGETS[0], 2, seconds=20).end == "playbook.completed"
    with pytest.raises(DeadlineError, match="the end of the probe"):
        session.probe(REQUEST, TARGETS[0], 2, seconds=20)
    assert scenario(session).verdict == "passed"
    assert len(world.sandboxes) == 2


def test_the_end_is_told_with_its_verdict_and_no_password(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    session = world.session()
    scenario(session)
    session.console._console.quiet = False
    words = f"the server said {PASSWORD}"
    (told,) = session.tell([ScenarioResult("F", "S", "f.feature:1", ("C01",), "product", words)])
    assert PASSWORD not in told.reason
    said = capfd.readouterr().err
    assert "verdict: 1 failed by the product in " in said
    assert f"evidence: {session.folder.path}" in said
    assert PASSWORD not in said


def test_a_run_without_a_folder_says_that_it_was_interrupted(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    session = world.session()
    shutil.rmtree(session.folder.path, ignore_errors=True)
    session.console._console.quiet = False
    session.tell([ScenarioResult("F", "S", "f.feature:1", (), "interrupted", "")])
    assert "interrupted: everything is taken down" in capfd.readouterr().err


def test_an_option_that_cannot_be_met_leaves_no_folder(world: World) -> None:
    world.bring_ups = [UsageError("no such release")]
    with pytest.raises(UsageError):
        world.session()
    assert not any(world.folder.iterdir())


def test_one_more_execution_of_other_sizes_goes_on_beside(world: World) -> None:
    session = world.session()
    sizes = Workload(seed_rows=2, batch_size=1, max_batches=2)
    told = scenario(session, REQUEST.beside_one_of(sizes).allowing(3))
    assert [each.record.workload for each in told.executions] == [REQUEST.workload, sizes]
    assert "max_in_flight: 3" in told.executions[0].record.pair.worker.text


@pytest.mark.parametrize(
    ("request_of", "entered"),
    [
        (REQUEST.losing_rows_of((1, 2), "loses"), "losing_rows"),
        (REQUEST.changing(RowChange(kind="removed", travelers=(1,))), "changing_rows"),
        (REQUEST.from_shuffled_source(), "disordering"),
    ],
)
def test_what_the_tables_do_is_set_up_for_its_execution_only(
    world: World, monkeypatch: pytest.MonkeyPatch, request_of: ExecutionRequest, entered: str
) -> None:
    log: list[str] = []

    @contextmanager
    def noting(*_: object, **__: object) -> Iterator[None]:
        log.append("on")
        yield
        log.append("off")

    monkeypatch.setattr(executor, entered, noting)
    monkeypatch.setattr(executor, "require_disorder", lambda *_: log.append("proven"))
    session = world.session()
    assert scenario(session, request_of).verdict == "passed"
    assert log == (["on", "off", "proven"] if entered == "disordering" else ["on", "off"])
    assert scenario(session).verdict == "passed"
    assert log.count("on") == 1


def test_executions_that_race_are_let_go_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    races: list[int] = []

    @contextmanager
    def race(_: object, executions: int, **__: object) -> Iterator[Race]:
        races.append(executions)
        yield Race(met=True)

    monkeypatch.setattr(ConnectedSandbox, "race", race)
    told = scenario(world.session(), REQUEST.side_by_side(2).racing())
    assert told.verdict == "passed"
    assert races == [2]


def test_an_execution_that_ended_badly_and_works_on_costs_the_sandbox(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(reason="playbook.failed", rests=100), Fate()]
    assert scenario(session).verdict == "passed"
    assert scenario(session, other()).verdict == "passed"
    assert len(world.sandboxes) == 2


def test_an_earlier_address_is_called_again(world: World) -> None:
    session = world.session()
    journal = scenario(session).executions[0].journal
    assert scenario(session, REQUEST.calling(journal)).executions[0].journal == journal


def test_a_parent_that_ends_early_is_registered_so(world: World) -> None:
    session = world.session()
    told = scenario(session, REQUEST.ending_after(1))
    assert told.verdict == "passed"
    assert told.executions[0].record.pair.parent.text != session.pair.parent.text


def test_rules_about_travelers_are_not_tried_where_calls_do_not_name_theirs(
    world: World,
) -> None:
    folder = world.folder / "pair"
    shutil.copytree(edition_for("2.8.9"), folder)
    (folder / "pair.yaml").write_text("schema: 1\nnames: {call_traveler_id: null}\n")
    world.options["playbooks"] = str(folder)
    session = world.session()
    slow = Rule("delay", seconds=5)
    told = scenario(session, REQUEST.answered_by((Rule("delay", travelers=(1,), seconds=5),)))
    assert (told.verdict, told.words) == ("skipped", "the pair's calls do not name their traveler")
    assert world.sandbox.noetl.asked == []
    assert scenario(session, REQUEST.answered_by((slow,))).verdict == "passed"


def at_bring_up(world: World) -> None:
    world.bring_ups = [KeyboardInterrupt()]


def at_the_request(world: World) -> None:
    world.sandbox.noetl.unreachable = KeyboardInterrupt()


def at_work(world: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    world.clock.plan(2, interrupt)


def while_recorded(world: World) -> None:
    world.sandbox.noetl.unreadable = KeyboardInterrupt()


@pytest.mark.parametrize("place", [at_bring_up, at_the_request, at_work, while_recorded])
def test_wherever_a_run_is_interrupted_nothing_stays_up(
    world: World, place: Callable[[World], None]
) -> None:
    session = world.session()
    place(world)
    workers = Workers(count=1) if place is at_bring_up else None
    with pytest.raises(KeyboardInterrupt):
        scenario(session, REQUEST if workers is None else REQUEST.on(workers))
    world.sandbox.noetl.unreadable = None
    session.close(failed=False)
    assert all(sandbox.closed for sandbox in world.sandboxes)


def test_an_interruption_of_the_first_bring_up_leaves_no_folder(world: World) -> None:
    world.bring_ups = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.session()
    assert not any(world.folder.iterdir())


def test_a_second_bring_up_is_told_as_the_first_one_would_have_been(world: World) -> None:
    world.bring_ups = [SandboxError("Postgres cannot start")]
    run = world.session()
    assert run.figures.noetl == ""
    run.sandbox()
    run.sandbox()
    assert (run.figures.noetl, run.figures.sandbox) == ("2.8.9", "embedded")
