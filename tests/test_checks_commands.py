"""What a log can say of commands and endings beyond a healthy run's: each a finding of its kind."""

from __future__ import annotations

import gc
import gzip
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given

from noetl_acceptance.checks import batch_ranges, commands, failure, history
from noetl_acceptance.checks.history import batches_by_child, batches_handled, children
from noetl_acceptance.evidence.command_lines import FOLDER, command_lines, write_command_lines
from noetl_acceptance.evidence.extract import extract
from noetl_acceptance.evidence.timeline import timeline
from noetl_acceptance.model.record import Event, ExecutionRecord
from tests.runs import PARENT, healthy_run
from tests.test_checks import SIZES, change_call
from tests.test_recorded import recorded

RUN = healthy_run()
BATCH_2 = f"{PARENT}2"


def with_events(
    record: ExecutionRecord, change: Callable[[Event], Sequence[Event]]
) -> ExecutionRecord:
    return record.model_copy(
        update={"events": tuple(new for e in record.events for new in change(e))}
    )


def fetch(record: ExecutionRecord, execution: str = BATCH_2) -> str:
    """Return the id of the first http command of a worker execution."""
    return next(
        str(e.command_id)
        for e in record.events
        if (e.execution_id, e.node_name, e.event_type) == (execution, "fetch", "command.issued")
    )


def told(record: ExecutionRecord) -> list[str]:
    return [str(finding) for finding in commands.once_each(record)]


@given(**SIZES)
def test_a_healthy_run_has_each_once(**sizes: int) -> None:
    assert told(healthy_run(**sizes)) == []


def test_a_recorded_healthy_run_has_each_once() -> None:
    assert told(recorded("healthy")) == []


def test_two_endings_are_told_with_both_and_their_times() -> None:
    twice = with_events(
        RUN,
        lambda e: (
            [e, e.model_copy(update={"event_type": "execution.cancelled", "at": e.at + 1})]
            if e.event_type == "playbook.completed" and e.execution_id in (BATCH_2, PARENT)
            else [e]
        ),
    )
    child, parent = told(twice)
    assert child == (
        f"ended-twice: worker execution {BATCH_2} ended 2 times: playbook.completed at "
        "00:01:58.000, execution.cancelled at 00:01:59.000 (batches 2)"
    )
    assert parent.startswith("ended-twice: the parent ended 2 times: playbook.completed at ")


def test_two_claims_are_told_with_both_workers() -> None:
    command = fetch(RUN)
    again = with_events(
        RUN,
        lambda e: (
            [e, e.model_copy(update={"worker_id": "worker-9", "at": e.at + 0.5})]
            if (e.command_id, e.event_type) == (command, "command.claimed")
            else [e]
        ),
    )
    (finding,) = told(again)
    assert finding.startswith(
        f"claimed-twice: command {command} of step fetch was claimed by worker-"
    )
    assert finding.endswith("and by worker-9 at 00:01:53.510 (batches 2)")


@pytest.mark.parametrize(
    ("lost", "kind", "tail"),
    [
        (
            ("command.claimed", "call.done", "command.completed"),
            "never-claimed",
            "was issued at 00:01:53.000, and no worker claimed it (batches 2)",
        ),
        (("command.completed",), "never-done", "at 00:01:53.010, and never done (batches 2)"),
    ],
)
def test_a_command_that_is_left_is_told(lost: tuple[str, ...], kind: str, tail: str) -> None:
    command = fetch(RUN)
    left = with_events(
        RUN, lambda e: [] if e.command_id == command and e.event_type in lost else [e]
    )
    (finding,) = told(left)
    assert finding.startswith(f"{kind}: command {command} of step fetch was ")
    assert finding.endswith(tail)


def another_command(record: ExecutionRecord, execution: str, step: str) -> ExecutionRecord:
    """Let a step of an execution be issued, and carried out, once more."""
    events = [e for e in record.events if (e.execution_id, e.node_name) == (execution, step)]
    first = next(e.command_id for e in events)
    more = [
        e.model_copy(
            update={
                "command_id": "more",
                "worker_id": e.worker_id and "worker-9",
                "at": events[-1].at,
            }
        )
        for e in events
        if e.command_id == first
    ]
    return record.model_copy(update={"events": (*record.events, *more)})


def test_a_command_that_was_cancelled_is_over_and_yet_not_carried_out() -> None:
    lost = fetch(RUN)

    def cancel(event: Event) -> Sequence[Event]:
        if event.command_id != lost or event.event_type != "command.completed":
            return [event]
        return [event.model_copy(update={"event_type": "command.cancelled"})]

    record = with_events(RUN, cancel)
    (command,) = (each for each in history.commands(record) if each.command_id == lost)
    assert (command.over, command.finished is None) == ("command.cancelled", False)
    (found,) = commands.carried_out(record)
    assert found.kind == "never-done"


def test_a_loop_with_more_commands_than_items_is_told() -> None:
    (finding,) = told(another_command(RUN, BATCH_2, "fetch"))
    assert finding == (
        f"loop-too-long: worker execution {BATCH_2} issued 5 commands for the 4 items of step "
        "fetch, the last ones more, claimed by worker-9 (batches 2)"
    )


def test_one_command_more_is_due_for_each_bad_answer() -> None:
    answered_badly = change_call(RUN, 6, answer="status", status=500)
    assert told(another_command(answered_badly, BATCH_2, "fetch")) == []


def test_a_step_without_a_loop_may_have_any_number_of_commands() -> None:
    assert told(another_command(RUN, BATCH_2, "start")) == []


def twins(record: ExecutionRecord, after: float) -> ExecutionRecord:
    """Let batch 2 be run by another worker execution as well, some seconds after."""
    asked = with_events(
        record,
        lambda e: [
            e.model_copy(update={"result": {"workload": {"n": e.execution_id}}})
            if e.event_type == "playbook.initialized"
            else e
        ],
    )
    more = [
        e.model_copy(
            update={
                "execution_id": f"{PARENT}9",
                "at": e.at + after,
                "command_id": e.command_id and f"{e.command_id}9",
                "worker_id": e.worker_id and "worker-9",
            }
        )
        for e in asked.events
        if e.execution_id == BATCH_2
    ]
    events = sorted((*asked.events, *more), key=lambda e: e.at)
    return asked.model_copy(update={"events": tuple(events)})


@pytest.mark.parametrize("after", [0.5, 3.0])
def test_two_worker_executions_of_one_batch_are_told(after: float) -> None:
    run = twins(RUN, after)
    (finding,) = told(run)
    assert finding.startswith(f"batch-twice: batch 2 was handled by worker executions {BATCH_2} (")
    assert finding.endswith(f"and {PARENT}9 (by worker-9) (batches 2)")
    assert [str(each) for each in batch_ranges.children_are(run, 3)] == [
        "children: 3 worker executions expected, 4 seen (batches 2)"
    ]


def test_calls_during_two_that_were_asked_for_the_same_are_their_batch_s() -> None:
    run = twins(RUN, 0.5)
    assert batches_handled(run, children(run)) == [1, 2, 2, 3]


def test_calls_during_executions_side_by_side_are_nobody_s() -> None:
    shift = {f"{PARENT}1": 0.0, BATCH_2: -9.0, f"{PARENT}3": -16.0}
    together = with_events(
        RUN, lambda e: [e.model_copy(update={"at": e.at + shift.get(e.execution_id, 0.0)})]
    )
    assert [child.execution_id for child in children(together)] == list(shift)
    assert batches_by_child(together) == {f"{PARENT}1": 1, BATCH_2: 2, f"{PARENT}3": 3}


# --- cancelled


def cancelled() -> ExecutionRecord:
    ended = RUN.events[-1].model_copy(
        update={"event_type": "execution.cancelled", "node_name": "cancel", "error": "by hand"}
    )
    return RUN.model_copy(
        update={"events": (*RUN.events[:-1], ended), "end": "execution.cancelled"}
    )


def test_a_cancelled_execution_is_told_as_cancelled() -> None:
    assert cancelled().label.endswith(" was cancelled (by hand)")
    (told_of,) = [moment for moment in timeline(cancelled()) if moment.fault]
    assert (told_of.kind, told_of.text) == ("execution.cancelled", "cancel: by hand")


def test_a_cancelled_execution_is_none_that_failed() -> None:
    assert [str(finding) for finding in failure.failed(cancelled())] == [
        "not-failed: the run ended with execution.cancelled",
        "status-not-failed: the status does not say failed",
    ]


def test_a_cancelled_worker_execution_has_ended_so() -> None:
    ended = with_events(
        RUN,
        lambda e: [
            e.model_copy(update={"event_type": "execution.cancelled"})
            if (e.execution_id, e.event_type) == (BATCH_2, "playbook.completed")
            else e
        ],
    )
    (finding,) = batch_ranges.children_are(ended, 3)
    assert finding.message == f"worker execution {BATCH_2} ended with execution.cancelled"


# --- the lines of commands


def test_each_command_has_a_line(tmp_path: Path) -> None:
    run = recorded("healthy")
    lines = command_lines(run)
    assert len(lines) == sum(e.event_type == "command.issued" for e in run.events)
    write_command_lines(run, tmp_path)
    text = gzip.decompress((tmp_path / FOLDER / f"{run.execution_id}.txt.gz").read_bytes())
    assert text.decode().splitlines() == lines


def test_a_line_tells_who_and_when() -> None:
    line = next(line for line in command_lines(RUN) if fetch(RUN) in line)
    assert line.startswith(f"batch 2, fetch (http), {fetch(RUN)}: issued 00:01:53.000, claimed ")
    assert line.endswith(", completed 00:01:54.000")
    assert command_lines(RUN)[0].startswith("parent, start (postgres), ")
    left = with_events(
        RUN, lambda e: [] if e.command_id == fetch(RUN) and "issued" not in e.event_type else [e]
    )
    line = next(line for line in command_lines(left) if fetch(RUN) in line)
    assert line.endswith(": issued 00:01:53.000, not claimed, not done")


def test_the_bundle_has_the_lines_of_the_batches_that_it_is_about() -> None:
    command = fetch(RUN)
    left = with_events(
        RUN,
        lambda e: [] if (e.command_id, e.event_type) == (command, "command.completed") else [e],
    )
    lines = extract(left, commands.once_each(left), 500).files["commands.txt"].splitlines()
    assert {line.partition(",")[0] for line in lines} == {"parent", "batch 2"}


def test_what_is_derived_from_a_record_is_kept_until_another_is_asked_for() -> None:
    first, second = healthy_run(), healthy_run()
    kept = history.commands(first)
    assert history.commands(first) is kept
    assert history.commands(second) is not kept
    assert history.commands(first) == kept


def test_what_is_derived_keeps_no_record_in_memory() -> None:
    record = healthy_run()
    seen = weakref.ref(record)
    assert history.commands(record)
    del record
    gc.collect()
    assert seen() is None
