"""Edges of the checks: other shapes that are healthy, and damage that is easily overlooked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hamcrest import assert_that
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks import (
    answers,
    batch_ranges,
    batch_sequence,
    calls,
    history,
    ledger,
    quiet_end,
    runtime,
    summary,
)
from noetl_acceptance.checks.matchers import passes
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.record import ExecutionRecord, RowCounts
from tests.runs import PAIR, healthy_run
from tests.test_checks import change_call, change_row, kinds, with_calls, with_stored


@pytest.mark.parametrize(
    "shape",
    [
        lambda own: own,
        lambda own: own["args"],
        lambda own: {"status_code": 200, "data": own, "url": "http://x"},
        lambda own: json.dumps({"status": 200, "data": own}),
        lambda own: {"json": own["args"], "form": {}},
    ],
)
def test_an_answer_may_be_kept_in_any_shape(shape: Callable[[Any], Any]) -> None:
    run = healthy_run()
    own = run.outcome.stored[2].payload
    assert answers.own_answer(change_row(run, 3, payload=shape(own))) == []


def test_a_status_that_was_not_answered_is_named() -> None:
    run = healthy_run()
    assert answers.own_status(run) == []
    refused = change_call(run, 3, answer="status", status=500)
    assert kinds(answers.own_status(refused)) == {"status-made-up": (3,)}
    for told in (500, 0, None):
        assert answers.own_status(change_row(refused, 3, profile_status=told)) == []
    broken_off = change_call(run, 3, answer="close", status=None)
    assert answers.own_status(broken_off) == []


def test_rows_of_a_pair_whose_calls_name_nobody_are_of_no_worker_execution() -> None:
    names = PAIR.names.model_copy(update={"call_traveler_id": None})
    run = healthy_run().model_copy(update={"pair": PAIR.model_copy(update={"names": names})})
    with pytest.raises(NotJudgedError):
        ledger.stored_by_worker(run)


def test_another_executions_rows_are_watched() -> None:
    run = healthy_run()
    before = {"7": RowCounts(source=2, stored=2)}
    after = {"8": RowCounts(source=1, stored=0)}
    outcome = run.outcome.model_copy(update={"others": after})
    damaged = run.model_copy(update={"others_before": before, "outcome": outcome})
    found = [str(finding) for finding in ledger.others_untouched(damaged)]
    assert found == [
        "other-execution: execution 7 had 2 source rows and 2 result rows, now no rows",
        "other-execution: execution 8 had no rows, now 1 source row and 0 result rows",
    ]


def test_one_http_command_accounts_for_one_traveler() -> None:
    run = healthy_run()
    beside = run.outcome.calls[2].model_copy(update={"number": 99, "traveler_id": 4})
    damaged = with_calls(run, [*run.outcome.calls, beside])
    assert set(kinds(runtime.calls_inside_http(damaged))) == {"call-outside-http"}
    again = run.outcome.calls[2].model_copy(update={"number": 99, "arrived": 109.7})
    assert again.traveler_id == 3  # a retry inside its own command
    assert runtime.calls_inside_http(with_calls(run, [*run.outcome.calls, again])) == []


def test_nothing_at_all_is_no_proof() -> None:
    run = healthy_run()
    empty = run.outcome.model_copy(update={"stored": (), "calls": (), "source": ()})
    bare = run.model_copy(update={"outcome": empty, "events": run.parent_events})
    for check in (
        ledger.nothing_missing,
        ledger.all_answered,
        ledger.batch_numbers,
        answers.own_answer,
        answers.names_kept,
        answers.names_normalised,
        calls.names_unharmed,
        runtime.calls_inside_http,
        batch_ranges.own_slice,
        batch_sequence.children_in_turn,
        batch_sequence.batches_in_turn,
        batch_sequence.parent_ends_last,
    ):
        assert "nothing-to-judge" in kinds(check(bare)), check.__name__


@given(st.integers(0, 10**6))
def test_numbers_of_the_summary_may_be_text(number: int) -> None:
    for written in (number, str(number), float(number), f"{number}.0"):
        assert summary.as_number(written) == number
    assert summary.as_number(True) != 1


def test_calls_and_rows_past_the_terminal_event_are_named() -> None:
    run = healthy_run()
    late = change_call(run, 3, departed=run.ended_at + 1)
    assert kinds(quiet_end.unchanged(late, late.outcome)) == {"call-after-end": (3,)}
    stored = [r.model_copy(update={"stored_at": run.ended_at - 1}) for r in run.outcome.stored]
    stored[4] = stored[4].model_copy(update={"stored_at": run.ended_at + 0.05})
    late = with_stored(run, stored)
    assert kinds(quiet_end.unchanged(late, late.outcome)) == {"row-past-end": (5,)}


def test_a_failed_execution_tells_its_first_error() -> None:
    run = healthy_run()
    failed = run.events[-1].model_copy(
        update={
            "event_type": "call.error",
            "node_name": "summarize",
            "result": {"data": {"error": "no"}},
        }
    )
    label = run.model_copy(update={"events": (*run.events, failed), "end": "playbook.failed"}).label
    assert label.endswith("ended with playbook.failed; first error, in step summarize: no")


def test_a_message_has_the_promise_with_its_numbers_and_the_findings() -> None:
    run = with_stored(healthy_run(), healthy_run().outcome.stored[1:])
    with pytest.raises(AssertionError) as raised:
        assert_that(run, passes(ledger.ledger_is, {"valid": 10, "invalid": 0}))
    lines = [line.strip() for line in str(raised.value).strip().splitlines()]
    assert lines == [
        "Expected: The stored rows by outcome are exactly 10 valid, 0 invalid (C24, C26).",
        "but: execution 1000 (10 travelers, 3 batches of 4)",
        "ledger-valid: 10 valid rows expected, 9 stored (travelers 1; batches 1)",
        "row-missing: 1 missing from the target table (travelers 1)",
    ]


def test_a_retry_inside_a_command_leaves_the_next_one_to_its_neighbour() -> None:
    run = healthy_run()
    third = next(c for c in run.outcome.calls if c.traveler_id == 3)
    fourth = next(c for c in run.outcome.calls if c.traveler_id == 4)
    failed = third.model_copy(update={"number": 98, "status": 500, "answer": "status"})
    retried = third.model_copy(
        update={"number": 99, "arrived": third.arrived + 0.35, "departed": third.arrived + 0.4}
    )
    calls_now = [c for c in run.outcome.calls if c.traveler_id not in (3, 4)]
    assert runtime.calls_inside_http(with_calls(run, [*calls_now, fourth, failed, retried])) == []


def test_nameless_calls_take_a_command_each() -> None:
    run = healthy_run()
    nameless = [c.model_copy(update={"traveler_id": None}) for c in run.outcome.calls]
    assert runtime.calls_inside_http(with_calls(run, nameless)) == []
    twice = [*nameless, nameless[2].model_copy(update={"number": 99})]
    assert [f.kind for f in runtime.calls_inside_http(with_calls(run, twice))] == [
        "call-outside-http"
    ]


def test_a_nameless_call_may_be_repeated_inside_its_command_when_it_has_failed() -> None:
    run = healthy_run()
    nameless = [c.model_copy(update={"traveler_id": None}) for c in run.outcome.calls]
    bad = {"number": 99, "answer": "status", "status": 500}
    retried = [*nameless, nameless[2].model_copy(update=bad)]
    assert runtime.calls_inside_http(with_calls(run, retried)) == []
    outside = [*nameless, nameless[2].model_copy(update={**bad, "arrived": 1.0, "departed": 2.0})]
    assert [f.kind for f in runtime.calls_inside_http(with_calls(run, outside))] == [
        "call-outside-http"
    ]


def test_types_that_are_not_recorded_are_not_judged() -> None:
    run = healthy_run()
    with pytest.raises(NotJudgedError):
        ledger.columns_typed(run)


def test_other_content_under_another_execution_is_told() -> None:
    run = healthy_run()
    before = {"7": RowCounts(source=1, stored=1, digest="a")}
    outcome = run.outcome.model_copy(
        update={"others": {"7": RowCounts(source=1, stored=1, digest="b")}}
    )
    damaged = run.model_copy(update={"others_before": before, "outcome": outcome})
    (found,) = ledger.others_untouched(damaged)
    assert found.message.endswith("1 source row and 1 result row, now as many with other content")


def test_whole_seconds_of_storing_may_be_rounded_up() -> None:
    run = healthy_run()
    up = run.ended_at + 1  # within the second that the rounding may add
    stored = [r.model_copy(update={"stored_at": float(int(up))}) for r in run.outcome.stored]
    outcome = run.outcome.model_copy(update={"stored": tuple(stored), "read_at": up + 1})
    rounded = run.model_copy(update={"outcome": outcome})
    assert quiet_end.unchanged(rounded, outcome) == []


def test_a_tool_list_is_the_step_that_it_stands_for() -> None:
    run = healthy_run()
    events = tuple(
        e.model_copy(update={"node_name": f"{e.node_name}:task_sequence"})
        if e.node_name in ("validate_persisted_results", "summarize")
        else e
        for e in run.events
    )
    listed = run.model_copy(update={"events": events})
    assert batch_sequence.validation_entered_once(listed) == []
    assert summary.summary_is(listed, 3, 10) == []


def _with_a_failed_child(*, works_on: bool) -> ExecutionRecord:
    """A record as of 2.8.5: the first worker execution failed, and no event tells its end."""
    run = healthy_run()
    first = history.children(run)[0].execution_id
    own = [event for event in run.events if event.execution_id == first]
    *_, over, told = own  # the end of the last command, and of the execution
    failed = next(event for event in own if event.event_type == "command.completed")
    gone = (told, over) if works_on else (told,)
    events = [
        event.model_copy(update={"event_type": "command.failed"}) if event == failed else event
        for event in run.events
        if event not in gone
    ]
    return run.model_copy(update={"events": tuple(events)})


def test_a_failed_child_has_ended_when_no_command_of_it_is_open() -> None:
    run = _with_a_failed_child(works_on=False)
    assert batch_sequence.children_in_turn(run) == []
    assert set(kinds(batch_ranges.children_are(run, 3))) == {"child-not-completed"}


def test_a_failed_child_that_works_on_has_not_ended() -> None:
    run = _with_a_failed_child(works_on=True)
    assert set(kinds(batch_sequence.children_in_turn(run))) == {"batch-not-ended"}


def test_a_call_that_is_made_again_later_does_not_put_batches_out_of_turn() -> None:
    run = healthy_run(seed_rows=4, batch_size=4, max_batches=2)  # the second batch is empty
    later = history.children(run)[1].started + 0.1
    again = run.outcome.calls[1].model_copy(update={"arrived": later, "departed": later + 0.1})
    assert batch_sequence.children_in_turn(with_calls(run, [*run.outcome.calls, again])) == []
    first = [call.model_copy(update={"arrived": later}) for call in run.outcome.calls]
    assert kinds(batch_sequence.children_in_turn(with_calls(run, first))) == {"batch-turn": ()}


def test_who_was_never_requested_has_no_valid_row_either() -> None:
    refused = change_call(healthy_run(), 2, answer="status", status=500)
    left = [call for call in refused.outcome.calls if call.traveler_id not in (3, 4)]
    run = with_calls(change_row(refused, 2, is_valid=False), left)
    assert kinds(answers.bad_answers_not_valid(run)) == {"no-answer-valid": (3, 4)}
    nobody = left[0].model_copy(update={"traveler_id": None, "answer": "abandoned"})
    assert answers.bad_answers_not_valid(with_calls(run, [*left, nobody])) == []


def test_answers_that_name_nobody_by_the_calls_key_are_not_judged() -> None:
    run = healthy_run()
    rows = [
        row.model_copy(update={"payload": {"id": row.traveler_id}}) for row in run.outcome.stored
    ]
    with pytest.raises(NotJudgedError, match="names a traveler under traveler_id"):
        answers.own_answer(with_stored(run, rows))
    empty = [rows[0].model_copy(update={"payload": {}}), *rows[1:]]
    assert kinds(answers.own_answer(with_stored(run, empty))) == {"payload-empty": (1,)}
    one = [*run.outcome.stored[:1], *rows[1:2], *run.outcome.stored[2:]]
    assert kinds(answers.own_answer(with_stored(run, one))) == {"payload-foreign": (2,)}
