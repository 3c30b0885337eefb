"""Pairs that are written otherwise than ours, and as healthy, have no finding."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from noetl_acceptance.checks import answers, ledger, runtime, summary, texts
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.playbooks import Playbook
from noetl_acceptance.model.record import ExecutionRecord
from tests.runs import PAIR, healthy_run
from tests.test_checks import change_row, kinds

ROUND = {"kind": "playbook", "path": PAIR.worker.path, "return_step": "end"}
WINDOW = {"kind": "python", "name": "window", "code": "result = {}"}
RETRIED = {"kind": "http", "spec": {"policy": {"rules": [{"else": {"then": {"do": "continue"}}}]}}}


def with_tool(record: ExecutionRecord, step: str, tool: Any, kind: str) -> ExecutionRecord:
    """Return a record in whose playbooks a step has another tool, and its commands another kind."""
    events = tuple(
        e.model_copy(update={"node_type": kind})
        if e.event_type == "command.issued" and e.node_name == step
        else e
        for e in record.events
    )
    pair = record.pair.model_copy(
        update={
            "parent": _with_tool(record.pair.parent, step, tool),
            "worker": _with_tool(record.pair.worker, step, tool),
        }
    )
    return record.model_copy(update={"events": events, "pair": pair})


def _with_tool(playbook: Playbook, step: str, tool: Any) -> Playbook:
    document = copy.deepcopy(playbook.document)
    for each in document["workflow"]:
        if each["step"] == step:
            each["tool"] = tool
    return playbook.model_copy(update={"text": yaml.safe_dump(document)})


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        ([WINDOW, {**ROUND, "name": "batch"}], "task_sequence"),
        ({**ROUND, "spec": {"policy": {"rules": []}}}, "task_sequence"),
        ({**ROUND, "path": "{{ workload.batch_playbook }}"}, "playbook"),
    ],
)
def test_a_round_may_be_more_than_the_call_of_the_worker(tool: Any, kind: str) -> None:
    run = with_tool(healthy_run(), "run_batches", tool, kind)
    assert summary.rounds_are(run, 3) == []
    assert runtime.ends_in_end(run) == []


def test_rounds_without_the_worker_are_told() -> None:
    run = with_tool(healthy_run(), "run_batches", [WINDOW], "task_sequence")
    assert [each.kind for each in summary.rounds_are(run, 3)] == ["rounds"]
    assert [each.kind for each in runtime.ends_in_end(run)] == ["no-playbook-step"]


@pytest.mark.parametrize(("key", "kinds"), [("other", ["no-playbook-step"]), ("where", [])])
def test_a_path_in_the_payload_is_the_workers_under_the_key_that_the_pair_names(
    key: str, kinds: list[str]
) -> None:
    tool = {"kind": "playbook", "path": "{{ workload.where }}", "return_step": "end"}
    run = with_tool(healthy_run(), "run_batches", tool, "playbook")
    said = run.pair.model_copy(update={"worker_key": key})
    found = runtime.ends_in_end(run.model_copy(update={"pair": said}))
    assert [each.kind for each in found] == kinds


def test_a_round_whose_tool_does_not_wait_is_told() -> None:
    tool = {"kind": "playbook", "path": "{{ workload.batch_playbook }}"}
    run = with_tool(healthy_run(), "run_batches", tool, "playbook")
    assert [each.kind for each in runtime.ends_in_end(run)] == ["return-step"]


@pytest.mark.parametrize("tool", [RETRIED, [{**RETRIED, "name": "ask"}, WINDOW]])
def test_an_http_step_may_have_a_policy_or_stand_in_a_list(tool: Any) -> None:
    run = with_tool(healthy_run(), "fetch", tool, "task_sequence")
    assert runtime.calls_inside_http(run) == []
    assert texts.parallel_http_loop(run, 25) == []


def test_calls_of_a_list_without_http_are_told() -> None:
    run = with_tool(healthy_run(), "fetch", [WINDOW], "task_sequence")
    assert [each.kind for each in runtime.calls_inside_http(run)] == ["call-outside-http"]


def test_a_traveler_may_be_named_with_zeros_before_its_number() -> None:
    run = healthy_run()
    args = {**run.outcome.stored[2].payload["args"], "traveler_id": "003"}
    assert answers.own_answer(change_row(run, 3, payload={"args": args})) == []
    foreign = {**args, "traveler_id": "030"}
    damaged = change_row(run, 3, payload={"args": foreign})
    assert kinds(answers.own_answer(damaged)) == {"payload-foreign": (3,)}


def with_columns(record: ExecutionRecord, source: str, results: str) -> ExecutionRecord:
    """Return a record whose tables have these columns."""
    columns = {
        "traveler_batch_source": tuple(source.split()),
        "traveler_batch_results": tuple(results.split()),
    }
    outcome = record.outcome.model_copy(update={"columns": columns})
    return record.model_copy(update={"outcome": outcome})


def test_why_a_row_is_invalid_is_not_judged_where_there_is_no_such_column() -> None:
    run = change_row(healthy_run(), 3, is_valid=False)
    silent = with_columns(run, "traveler_name", "is_valid validation_error")
    assert kinds(ledger.conserved(silent)) == {"row-no-reason": (3,)}
    with pytest.raises(NotJudgedError, match="no column validation_error for why a row is invalid"):
        ledger.conserved(with_columns(run, "traveler_name", "is_valid problem"))


def test_the_name_in_an_answer_is_not_judged_where_the_source_has_no_such_column() -> None:
    run = healthy_run()
    nameless = [row.model_copy(update={"name": None}) for row in run.outcome.source]
    outcome = run.outcome.model_copy(update={"source": tuple(nameless)})
    run = run.model_copy(update={"outcome": outcome})
    assert answers.own_answer(with_columns(run, "full_name", "profile_payload")) == []
