"""What the checks say of the commands that NoETL's command line was given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from noetl_acceptance.checks import command_line
from noetl_acceptance.model.command_record import CliCall, Footprint, Given
from noetl_acceptance.model.findings import Finding
from tests.runs import PAIR, PARENT, healthy_run


def call(out: Any = "", *arguments: str, code: int | None = 0, err: str = "") -> CliCall:
    text = out if isinstance(out, str) else json.dumps(out)
    return CliCall(
        arguments=arguments, exit_code=code, out=text, err=err, seconds=0.1, ended_at=100.0
    )


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


NOTHING = Footprint(catalog={}, executions=3, rows={})


def given(
    made: CliCall | None = None,
    execution_id: str | None = "1",
    rows: list[dict[str, Any]] | None = None,
) -> Given:
    return Given(
        call=made or call(),
        before=NOTHING,
        after=NOTHING,
        pair=PAIR,
        execution_id=execution_id,
        rows=rows,
    )


def test_what_a_command_says_may_stand_anywhere_in_its_output() -> None:
    refused = given(call(err="tcp: Connection refused"))
    assert command_line.says(refused, "connection refused") == []
    assert kinds(command_line.says(given(call(err="timeout")), "refused")) == ["unsaid"]


ROWS = [{"n": 200, "name": "a b", "none": None}, {"n": 1, "name": "c", "none": None}]
TABLE = "│ n   │ name │ none │\n│ 200 │ a b  │ null │\n│ 1   │ c    │ null │\n(2 rows)\n"


def told(out: Any, form: str, rows: list[dict[str, Any]] | None) -> list[Finding]:
    return command_line.tells_rows(given(call(out, "query", form), rows=rows))


def test_data_must_be_what_the_database_says() -> None:
    answer = {"result": ROWS, "error": None, "status": "ok"}
    assert told(answer, "json", ROWS) == []
    (finding,) = told(answer, "json", ROWS[:1])
    assert finding.kind == "answer-differs"
    assert finding.message == (
        "2 rows told, 1 in the database; "
        "row 2: {'n': 1, 'name': 'c', 'none': None} told, nothing there"
    )
    assert kinds(told({**answer, "result": "all"}, "json", ROWS)) == ["answer-differs"]
    assert kinds(told("told", "json", ROWS)) == ["answer-unreadable"]
    assert kinds(told(answer, "json", None)) == ["nothing-to-judge"]
    failed = {"result": None, "error": "no such table\nLINE 1", "status": "error"}
    for rows in (ROWS, None):  # None: the database refuses the query to the suite as well
        (finding,) = told(failed, "table", rows)
        assert (finding.kind, finding.seen) == ("answer-error", "no such table")


@pytest.mark.parametrize(
    ("out", "kind"),
    [
        ("", "table-empty"),
        (TABLE.replace("name", "column_2"), "table-unnamed"),
        (TABLE.replace("200", "20"), "answer-differs"),
        (TABLE.replace("│ 1   │ c    │ null │\n", ""), "answer-differs"),
    ],
)
def test_a_table_must_tell_names_and_values(out: str, kind: str) -> None:
    assert told(TABLE, "table", ROWS) == []
    assert told("(0 rows)", "table", []) == []
    assert kinds(told(out, "table", ROWS)) == [kind]


def test_the_first_row_shows_what_is_wanted() -> None:
    answer = given(call({"result": [{"stored_rows": 200, "valid": True}]}))
    assert command_line.shows(answer, {"stored_rows": "200", "valid": "true"}) == []
    (finding,) = command_line.shows(answer, {"stored_rows": "199"})
    assert (finding.kind, finding.seen) == ("answer", "200")
    assert kinds(command_line.shows(answer, {"missing_rows": "0"})) == ["answer"]
    empty = given(call({"result": []}))
    assert kinds(command_line.shows(empty, {"missing_rows": "0"})) == ["answer"]


def test_a_summary_shows_its_fields_wherever_it_stands_in_the_result() -> None:
    summary = {
        "status": "completed",
        "execution": {"batch_worker_iterations": 4},
        "data": {"expected_rows": 9, "stored_rows": 8, "missing_rows": 1},
    }
    rows = [{"result": {"data": {"status": "other", "result": summary}}}]
    answer = given(call({"result": rows}))
    wanted = {"status": "completed", "batch_worker_iterations": "4", "missing_rows": "1"}
    assert command_line.shows(answer, wanted) == []
    assert kinds(command_line.shows(answer, {"stored_rows": "9"})) == ["answer"]


def test_a_summary_may_say_more_in_the_same_words() -> None:
    summary = {
        "status": "completed",
        "data": {"expected_rows": 9, "stored_rows": "8", "status": "with gaps"},
        "execution": {"batch_worker_iterations": 4.0, "status": "all back", "stored_rows": 0},
        "request": {"expected_rows": 10, "missing_rows": 0},
    }
    answer = given(call({"result": [{"result": {"data": {"result": summary}}}]}))
    wanted = {"status": "completed", "batch_worker_iterations": "4", "expected_rows": "9"}
    assert command_line.shows(answer, {**wanted, "stored_rows": "8"}) == []
    assert kinds(command_line.shows(answer, {"missing_rows": "0"})) == ["answer"]


def status(at: float = 100.0, **fields: Any) -> CliCall:
    fields = {"completed": False, "failed": False, "current_step": None, **fields}
    return call({"execution_id": PARENT, **fields}).model_copy(update={"ended_at": at})


def test_a_status_has_the_fields_of_the_documents() -> None:
    def judged(made: CliCall, execution_id: str = PARENT) -> list[Finding]:
        return command_line.tells_status(given(made, execution_id=execution_id))

    done = status(completed=True, current_step="end")
    assert judged(status()) == judged(done) == []
    assert judged(status(failed=True)) == []  # in its first step
    assert judged(done, "another")[0].seen == "execution_id"
    for fields, name in (
        ({"completed": "yes"}, "completed"),
        ({"failed": None}, "failed"),
        ({"completed": True}, "current_step"),
    ):
        assert name in [finding.seen for finding in judged(status(**fields))]
    assert kinds(judged(call("", err="404"))) == ["answer-unreadable"]


def test_only_an_end_ends_the_loop() -> None:
    assert not command_line.ends_the_loop(status())
    assert not command_line.ends_the_loop(call(""))
    assert command_line.ends_the_loop(status(completed=True))
    assert command_line.ends_the_loop(status(failed=True))


def test_the_loop_ends_with_the_execution() -> None:
    run = healthy_run(6, 2, 3)
    late, early = run.ended_at + 1, run.ended_at - 1
    looks = [status(early), status(late, completed=True, current_step="end")]
    assert command_line.loop_ended(looks, run, "completed") == []
    assert kinds(command_line.loop_ended([], run, "completed")) == ["nothing-to-judge"]
    too_early = [status(early, completed=True, current_step="end")]
    assert kinds(command_line.loop_ended(too_early, run, "completed")) == ["loop-early"]
    both = [status(late, completed=True, failed=True, current_step="end")]
    assert kinds(command_line.loop_ended(both, run, "completed")) == ["loop-outcome"]
    assert kinds(command_line.loop_ended(both, run, "failed")) == ["loop-outcome"]
    failed = run.model_copy(update={"end": "playbook.failed"})
    assert command_line.loop_ended(both, failed, "failed") == []
