"""Generations of NoETL: whose log it is, what its status says, and one that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from noetl_acceptance.checks import check_names
from noetl_acceptance.checks.applying import apply
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.evidence.timeline import timeline
from noetl_acceptance.generations import logs
from noetl_acceptance.generations.editions import (
    edition_for,
    other_edition,
    pattern_for,
    unread_by,
)
from noetl_acceptance.generations.log_dialect import Status
from noetl_acceptance.generations.logs_python import PYTHON
from noetl_acceptance.generations.logs_rust import RUST
from noetl_acceptance.model.playbooks import load_pair
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.places import ROOT
from tests.fakes.noetl import Fate
from tests.fakes.world import World, scenario
from tests.runs import healthy_run

BEGUN = (
    "playbook.initialized",
    "step.enter",
    "command.issued",
    "command.claimed",
    "command.completed",
    "call.done",
)
HEALTHY = (*BEGUN, "playbook.completed")


@pytest.mark.parametrize(
    ("types", "dialect"),
    [
        (["command.issued", "playbook.initialized"], PYTHON),
        (["playbook_started", "command.issued"], RUST),
        (["run.begun", "command.issued"], None),
        ([], None),
    ],
)
def test_a_log_is_told_by_how_it_begins(types: Sequence[str], dialect: object) -> None:
    assert logs.dialect_of(types) is dialect


def test_no_two_generations_mean_different_things_by_one_word() -> None:
    for dialect in logs.DIALECTS:
        for other in logs.DIALECTS:
            own = {w: dialect.renamed.get(w, w) for w in dialect.event_types & other.event_types}
            assert own == {written: other.renamed.get(written, written) for written in own}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"completed": True, "failed": False, "current_step": "end"}, Status(True, False, "end")),
        ({"completed": True, "failed": True}, Status(True, True, None)),
        ({"completed": False, "status": "COMPLETED"}, Status(False, False, None)),
        ({"execution_id": 7, "status": "COMPLETED"}, Status(True, False, None)),
        ({"status": "RUNNING", "current_step": "a"}, Status(False, False, "a")),
        ({"status": "FAILED"}, Status(False, True, None)),
        ({"status": "CANCELLED"}, Status(False, False, None, cancelled=True)),
    ],
)
def test_each_generations_status_is_read(answer: dict[str, object], status: Status) -> None:
    assert logs.read_status(answer) == status


def test_a_status_in_nobodys_words_is_not_judged() -> None:
    with pytest.raises(NotJudgedError, match="neither completed nor status; it has over"):
        logs.read_status({"over": True})


@pytest.mark.parametrize(
    "types",
    [
        HEALTHY,
        HEALTHY[1:],  # what is missing is a finding
        (*HEALTHY, "step.dreamt"),  # one word more takes nothing away
        (),
    ],
)
def test_a_log_that_is_understood_is_judged(types: Sequence[str]) -> None:
    logs.require_known(types, "playbook.completed")


@pytest.mark.parametrize(
    ("types", "words"),
    [
        (
            ["run.begun", "job.out"],
            "no playbook.initialized, no command.issued",
        ),
        (["playbook.initialized", "job.out", "job.out"], r"no command.issued, .*has job.out \(2\)"),
        *(
            ([*(each for each in HEALTHY if each != word), "job.out"], f"log has no {told}; it has")
            for word, told in (
                ("step.enter", "step.enter"),
                ("command.completed", "command.completed"),
                ("call.done", "result of a step"),
                ("playbook.completed", "end"),
            )
        ),
    ],
)
def test_a_log_in_nobodys_words_is_not_judged(types: Sequence[str], words: str) -> None:
    with pytest.raises(NotJudgedError, match=words):
        logs.require_known(types, "playbook.completed")


def test_what_is_still_to_come_is_not_missing_while_an_execution_goes_on() -> None:
    types = ("playbook.initialized", "command.issued", "step.dreamt")
    logs.require_known(types, None)
    with pytest.raises(NotJudgedError, match=r"no step.enter, no command.claimed, no"):
        logs.require_known(types, "unended")


def test_a_command_that_fails_may_be_the_end_of_a_log_with_unknown_types() -> None:
    types = ("playbook.initialized", "step.enter", "command.issued", "command.claimed")
    logs.require_known((*types, "command.failed", "step.dreamt"), "command.failed")


def in_other_words(record: ExecutionRecord) -> ExecutionRecord:
    """Return a record whose log says job for command, and run for playbook."""
    events = tuple(
        event.model_copy(
            update={
                "event_type": event.event_type.replace("command", "job").replace("playbook", "run")
            }
        )
        for event in record.events
    )
    return record.model_copy(update={"events": events})


def test_no_check_has_a_finding_about_a_log_that_nobody_knows() -> None:
    record = in_other_words(healthy_run())
    check = check_names.check_named("carried-out-by-workers")
    assert check(record)
    with pytest.raises(NotJudgedError, match="log has no playbook"):
        apply(check, record)
    with pytest.raises(NotJudgedError):
        apply(check_names.check_named("side-by-side"), [healthy_run(), record])


def test_an_execution_with_a_log_that_nobody_knows_is_not_waited_for(world: World) -> None:
    session = world.session()
    world.fates[:] = [Fate(seconds=None, event_types=frozenset({"run.begun", "job.out"}))]
    told = scenario(session, seconds=60)
    assert told.verdict == "skipped"
    assert "this release's log has no playbook.initialized" in told.words


def test_an_end_in_unknown_words_is_no_missing_end(world: World) -> None:
    session = world.session()
    types = frozenset({*BEGUN, "run.over"})
    world.fates[:] = [Fate(seconds=None, event_types=types)]
    told = scenario(session, seconds=60)
    assert told.verdict == "skipped"
    assert "this release's log has no end; it has run.over" in told.words


def test_a_record_that_was_given_up_is_judged_where_all_its_words_are_known() -> None:
    logs.require_known(BEGUN, "unended")
    logs.require_known([*BEGUN, "step.dreamt", "playbook.completed"], "unended")
    with pytest.raises(NotJudgedError, match=r"log has no end; it has step.dreamt \(1\)"):
        logs.require_known([*BEGUN, "step.dreamt"], "unended")


def test_a_log_that_is_kept_elsewhere_is_not_judged() -> None:
    check = check_names.check_named("carried-out-by-workers")
    silent = healthy_run().model_copy(update={"events": ()})
    with pytest.raises(NotJudgedError, match="no event of an execution that called or stored"):
        apply(check, silent)


@pytest.mark.parametrize(
    ("noetl", "edition"),
    [
        ("2.8.9", "2.8.x"),
        ("2.10.42", "2.8.x"),
        ("2.13.1", "2.8.x"),
        ("2.14.0", "2.14-2.23"),
        ("2.23.0", "2.14-2.23"),
        ("2.24.2", "2.24-4.x"),
        ("2.103.4", "2.24-4.x"),
        ("4.26.0", "2.24-4.x"),
        ("wheels/noetl-4.26.0-py3-none-any.whl", "2.24-4.x"),
        ("../noetl", "2.8.x"),
        ("rust", "rust"),
        ("rust:3.40.0+5.52.0", "rust"),
        ("rust 3.54.0", "rust"),
        ("rusty/noetl-2.8.9-py3-none-any.whl", "2.8.x"),
        ("rust-wheels/noetl-2.8.9-py3-none-any.whl", "2.8.x"),
    ],
)
def test_an_edition_of_the_pair_goes_with_each_noetl(noetl: str, edition: str) -> None:
    folder = edition_for(noetl)
    assert folder.name == edition
    assert load_pair(folder)


@pytest.mark.parametrize(
    ("noetl", "pair"),
    [
        ("2.8.9", "playbooks/2.8.x"),
        ("2.16.7", "playbooks/2.14-2.23"),
        ("2.24.2", "playbooks/documents-pattern/2.24-4.x"),
        ("4.26.0", "playbooks/documents-pattern/2.24-4.x"),
    ],
)
def test_a_pair_in_the_documents_own_pattern_goes_with_each_python_release(
    noetl: str, pair: str
) -> None:
    folder = pattern_for(noetl)
    assert folder == ROOT / pair
    assert folder
    assert load_pair(folder)
    assert other_edition(folder, noetl) == ""
    assert pattern_for("rust") is None


def test_an_edition_for_other_releases_is_told() -> None:
    own, other = edition_for("rust 3.54.0"), edition_for("2.8.9")
    told = other_edition(other, "rust 3.54.0")
    assert told.startswith("playbooks/2.8.x is the edition for other releases; playbooks/rust ")
    assert [other_edition(each, "rust 3.54.0") for each in (None, own, Path("rust"))] == [""] * 3


@pytest.mark.parametrize(
    ("noetl", "unread"),
    [
        ("rust:3.15.4+5.52.0", True),
        ("rust 2.62.1 + 5.52.0", True),
        ("rust:3.40.0+5.52.0", False),
        ("rust 3.54.0 + 5.52.0", False),
        ("rust", False),
        ("2.8.9", False),
    ],
)
def test_a_rust_server_that_cannot_read_its_edition_is_told(noetl: str, unread: bool) -> None:
    assert unread_by(noetl).startswith("playbooks/rust is for Rust servers from 3.40 on") is unread


def test_events_of_unknown_types_are_counted_and_named_in_the_timeline() -> None:
    healthy = healthy_run()
    event = healthy.events[-1].model_copy(update={"event_type": "step.dreamt"})
    dreamt = healthy.model_copy(update={"events": (*healthy.events, event, event)})
    told = [moment.text for moment in timeline(dreamt) if moment.kind == "unknown types"]
    assert told == ["events of types that no known generation of NoETL writes: step.dreamt (2)"]
    assert not [moment for moment in timeline(healthy) if moment.kind == "unknown types"]
