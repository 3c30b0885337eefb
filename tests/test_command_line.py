"""NoETL's command line: how it is run, what stands in its records, what the checks say of them."""

from __future__ import annotations

import json
import re
import socket
import threading
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from behave.parser import parse_file

from noetl_acceptance.checks import command_line
from noetl_acceptance.checks.findings import Finding
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.noetl import cli_environment, documents
from noetl_acceptance.noetl.api import RefusedError
from noetl_acceptance.noetl.cli import NoetlCli, file_of
from noetl_acceptance.noetl.direct import as_json
from noetl_acceptance.noetl.records import CatalogEntry, CliCall, Footprint
from noetl_acceptance.run import RowCounts
from noetl_acceptance.sandbox.forward import TcpForward
from noetl_acceptance.settings import ROOT
from tests.runs import PAIR, PARENT, healthy_run

URL = "http://127.0.0.1:8082"
VARIABLES = {"NOETL_HOST": "localhost", "NOETL_PORT": "8082", "EXECUTION_ID": "12"}


def call(out: Any = "", *arguments: str, code: int | None = 0, err: str = "") -> CliCall:
    text = out if isinstance(out, str) else json.dumps(out)
    return CliCall(
        arguments=arguments, exit_code=code, out=text, err=err, seconds=0.1, ended_at=100.0
    )


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


# --- the program


def cli_with(tmp_path: Path, script: str) -> NoetlCli:
    """The client with a program of ours: it takes the context and then runs the script."""
    program = tmp_path / "noetl"
    program.write_text(f'#!/bin/sh\nif [ "$1" = context ]; then exit 0; fi\n{script}\n')
    program.chmod(0o755)
    return NoetlCli(program, tmp_path / "cli", URL)


def test_the_home_is_private_and_nothing_of_the_users_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOETL_SESSION_TOKEN", "the user's")
    said = cli_with(tmp_path, "env; pwd").run("status").out
    assert f"HOME={tmp_path / 'cli' / 'home'}\n" in said
    assert "the user's" not in said
    assert str(tmp_path / "cli" / "work") in said.splitlines()


def test_every_command_is_kept_as_evidence_in_order(tmp_path: Path) -> None:
    cli = cli_with(tmp_path, 'echo told; echo "$2" >&2; exit 3')
    cli.run("query", "SELECT 1")
    kept = [json.loads((tmp_path / "cli" / f"{n:02}.json").read_text()) for n in (1, 2)]
    assert kept[0]["command"] == [
        *["noetl", "context", "add", "sandbox", "--server-url", URL],
        "--set-current",
    ]
    assert kept[1].pop("seconds") < 30
    assert kept[1].pop("ended_at") > 0
    assert kept[1] == {
        "command": ["noetl", "query", "SELECT 1"],
        "exit_code": 3,
        "out": "told\n",
        "err": "SELECT 1\n",
    }


def test_a_command_that_hangs_is_ended_and_has_no_exit_code(tmp_path: Path) -> None:
    made = cli_with(tmp_path, "sleep 60").run("status", seconds=0.2)
    assert made.exit_code is None
    assert made.err == "ended after 0.2 s"


def test_a_context_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    program = tmp_path / "noetl"
    program.write_text("#!/bin/sh\necho no such thing >&2; exit 2\n")
    program.chmod(0o755)
    with pytest.raises(RefusedError, match="no such thing"):
        NoetlCli(program, tmp_path / "cli", URL)


def test_an_execution_is_started_with_what_is_set(tmp_path: Path) -> None:
    script = 'echo "Execution started:"; echo "{ \\"execution_id\\": \\"77\\" }"'
    done, execution_id = cli_with(tmp_path, script).execute("a/b", {"seed_rows": 4, "pg_auth": "x"})
    assert execution_id == "77"
    assert done.arguments == (
        *("exec", "catalog://a/b", "-r", "distributed"),
        *("--set", "seed_rows=4", "--set", "pg_auth=x"),
    )


@pytest.mark.parametrize("script", ["echo 404 >&2; exit 1", "echo started"])
def test_an_execution_without_an_id_is_refused(tmp_path: Path, script: str) -> None:
    with pytest.raises(RefusedError, match="told no execution"):
        cli_with(tmp_path, script).execute("a/b", {})


def test_the_pair_lies_where_the_documents_have_it(tmp_path: Path) -> None:
    cli_with(tmp_path, "").lay_out(PAIR)
    laid = {str(f.relative_to(tmp_path / "cli" / "work")) for f in tmp_path.rglob("*.yaml")}
    named = re.findall(r"\S+\.yaml", documents.commands()["register the worker"])
    named += re.findall(r"\S+\.yaml", documents.commands()["register the parent"])
    assert laid == set(named) == {file_of(PAIR.worker), file_of(PAIR.parent)}


def test_the_locked_release_is_known() -> None:
    assert re.fullmatch(r"5\.\d+\.\d+", cli_environment.release())


# --- the documents' commands


def test_a_command_is_split_as_a_shell_does() -> None:
    arguments = documents.arguments_of("dry run", VARIABLES)
    path = "tests/fixtures/playbooks/batch_execution/traveler_batch_enrichment_in_step"
    assert arguments == (
        *("--host", "localhost", "--port", "8082", "exec", f"catalog://{path}"),
        *("-r", "distributed", "--dry-run"),
    )


def test_a_query_keeps_its_text_and_takes_another_format() -> None:
    given = documents.arguments_of("count the stored rows", VARIABLES)
    assert given[-2:] == ("--format", "table")
    assert "WHERE execution_id = '12';" in given[5]
    assert given[5].startswith("SELECT\n")
    other = documents.arguments_of("count the stored rows, as data", VARIABLES)
    assert other == (*given[:-1], "json")


@pytest.mark.parametrize("name", ["make tea", "make tea, as data"])
def test_an_unknown_command_is_the_suites_fault(name: str) -> None:
    with pytest.raises(SuiteError, match="make tea"):
        documents.arguments_of(name, VARIABLES)


def test_a_command_about_an_execution_needs_one() -> None:
    with pytest.raises(SuiteError, match="EXECUTION_ID"):
        documents.arguments_of("ask for the status", {"NOETL_HOST": "a", "NOETL_PORT": "1"})


def test_every_command_is_given_by_a_feature() -> None:
    given = {
        found[1].split(", as ")[0]
        for file in (ROOT / "features").glob("*.feature")
        for scenario in parse_file(str(file)).walk_scenarios()
        for step in scenario.steps
        if (found := re.fullmatch(r'the command "(.+)" is given', step.name))
    }
    assert given == set(documents.commands())


# --- what the checks say


def test_success_and_refusal() -> None:
    assert command_line.succeeded(call()) == []
    assert kinds(command_line.succeeded(call(code=1))) == ["command-failed"]
    assert kinds(command_line.succeeded(call(code=None))) == ["command-failed"]
    assert command_line.refused(call(code=1, err="why")) == []
    assert kinds(command_line.refused(call(code=0))) == ["not-refused"]
    assert kinds(command_line.refused(call(code=1))) == ["refused-unsaid"]
    assert kinds(command_line.refused(call(code=None, err="late"))) == ["command-late"]
    assert command_line.says(call(err="tcp: Connection refused"), "connection refused") == []
    assert kinds(command_line.says(call(err="timeout"), "Connection refused")) == ["unsaid"]


def footprint(version: int = 1, text: str = "", executions: int = 3, **rows: int) -> Footprint:
    return Footprint(
        catalog={PAIR.worker.path: CatalogEntry(version=version, text=text or PAIR.worker.text)},
        executions=executions,
        rows={
            each.removeprefix("of_"): RowCounts(source=n, stored=n, digest=str(n))
            for each, n in rows.items()
        },
    )


def test_a_registration_adds_one_version_with_the_files_text() -> None:
    before = footprint(1)
    assert command_line.version_added(footprint(2), before, PAIR.worker) == []
    for now in (footprint(1), footprint(3), footprint(2, "another text")):
        assert len(command_line.version_added(now, before, PAIR.worker)) == 1
    assert kinds(command_line.version_added(footprint(2), before, PAIR.parent)) == ["version"]


def test_a_start_is_seen() -> None:
    assert command_line.nothing_started(footprint(), footprint()) == []
    assert kinds(command_line.nothing_started(footprint(executions=4), footprint())) == ["started"]


def test_a_clean_up_removes_one_executions_rows_and_no_other() -> None:
    before = footprint(of_1=4, of_2=5)
    assert command_line.only_removed(footprint(of_2=5), before, "1") == []
    assert kinds(command_line.only_removed(before, before, "1")) == ["rows-left"]
    assert kinds(command_line.only_removed(footprint(), before, "1")) == ["others-changed"]
    assert kinds(command_line.only_removed(footprint(of_2=6), before, "1")) == ["others-changed"]


@pytest.mark.parametrize("before", [footprint(of_1=4), footprint(of_2=4)])
def test_a_clean_up_without_rows_or_without_others_proves_nothing(before: Footprint) -> None:
    assert kinds(command_line.only_removed(footprint(), before, "1")) == ["nothing-to-judge"]


ROWS = [{"n": 200, "name": "a b", "none": None}, {"n": 1, "name": "c", "none": None}]
TABLE = "│ n   │ name │ none │\n│ 200 │ a b  │ null │\n│ 1   │ c    │ null │\n(2 rows)\n"


def test_data_must_be_what_the_database_says() -> None:
    answer = {"result": ROWS, "error": None, "status": "ok"}
    assert command_line.answers_as_database(call(answer, "json"), ROWS) == []
    assert kinds(command_line.answers_as_database(call(answer, "json"), ROWS[:1])) == [
        "answer-differs"
    ]
    assert kinds(command_line.answers_as_database(call("told", "json"), ROWS)) == [
        "answer-unreadable"
    ]
    failed = {"result": None, "error": "no such table\nLINE 1", "status": "error"}
    (finding,) = command_line.answers_as_database(call(failed, "table"), ROWS)
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
    assert command_line.answers_as_database(call(TABLE, "table"), ROWS) == []
    assert command_line.answers_as_database(call("(0 rows)", "table"), []) == []
    assert kinds(command_line.answers_as_database(call(out, "table"), ROWS)) == [kind]


def test_the_first_row_shows_what_is_wanted() -> None:
    answer = call({"result": [{"stored_rows": 200, "valid": True}]})
    assert command_line.shows(answer, {"stored_rows": "200", "valid": "true"}) == []
    (finding,) = command_line.shows(answer, {"stored_rows": "199"})
    assert (finding.kind, finding.seen) == ("answer", "200")
    assert kinds(command_line.shows(answer, {"missing_rows": "0"})) == ["answer"]
    assert kinds(command_line.shows(call({"result": []}), {"missing_rows": "0"})) == ["answer"]


def test_a_summary_shows_its_fields_wherever_it_stands_in_the_result() -> None:
    summary = {
        "status": "completed",
        "execution": {"batch_worker_iterations": 4},
        "data": {"expected_rows": 9, "stored_rows": 8, "missing_rows": 1},
    }
    answer = call({"result": [{"result": {"data": {"status": "other", "result": summary}}}]})
    wanted = {"status": "completed", "batch_worker_iterations": "4", "missing_rows": "1"}
    assert command_line.shows(answer, wanted) == []
    assert kinds(command_line.shows(answer, {"stored_rows": "9"})) == ["answer"]


def status(at: float = 100.0, **fields: Any) -> CliCall:
    fields = {"completed": False, "failed": False, "current_step": None, **fields}
    return call({"execution_id": PARENT, **fields}).model_copy(update={"ended_at": at})


def test_a_status_has_the_fields_of_the_documents() -> None:
    assert command_line.tells_status(status(), PARENT) == []
    done = status(completed=True, current_step="end")
    assert command_line.tells_status(done, PARENT) == []
    assert command_line.tells_status(done, "another")[0].seen == "execution_id"
    for fields, name in (
        ({"completed": "yes"}, "completed"),
        ({"failed": None}, "failed"),
        ({"completed": True}, "current_step"),
    ):
        assert name in [f.seen for f in command_line.tells_status(status(**fields), PARENT)]
    assert kinds(command_line.tells_status(call("", err="404"), PARENT)) == ["answer-unreadable"]


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


# --- around it


def test_values_of_the_database_are_written_as_json_has_them() -> None:
    values = [datetime(2026, 1, 2, 3, 4, 5, 60000), Decimal("2.0"), Decimal("2.5")]  # noqa: DTZ001
    assert [as_json(value) for value in values] == ["2026-01-02T03:04:05.060000", 2, 2.5]


def test_a_forward_hands_both_ways_on_and_then_takes_nothing_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:

        def echo() -> None:
            near, _ = service.accept()
            with near:
                near.sendall(near.recv(100).upper())

        threading.Thread(target=echo, daemon=True).start()
        forward = TcpForward("127.0.0.1", service.getsockname()[1])
        with socket.create_connection(("127.0.0.1", forward.port), timeout=5) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"HELLO"
            assert client.recv(100) == b""
        forward.close()
        forward.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", forward.port), timeout=5)
