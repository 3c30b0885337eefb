"""NoETL's command line: how it is run, what it leaves, and the documents' commands."""

from __future__ import annotations

import json
import re
import socket
import threading
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from behave.parser import parse_file

from noetl_acceptance.errors import SuiteError
from noetl_acceptance.model.documents import EDITIONS
from noetl_acceptance.noetl import cli_environment, documented_commands
from noetl_acceptance.noetl.api import RefusedError
from noetl_acceptance.noetl.cli import NoetlCli, file_of
from noetl_acceptance.noetl.direct_sql import as_json
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.polling import StarvedError
from noetl_acceptance.support.starvation import STARVED, Pace
from noetl_acceptance.support.tcp_forward import TcpForward
from tests.runs import PAIR


@dataclass(frozen=True)
class Told:
    """A pace that is as it is told to be."""

    value: float = 1.0
    source: str = "a test"

    def look(self) -> None:
        pass


URL = "http://127.0.0.1:8082"
VARIABLES = {"NOETL_HOST": "localhost", "NOETL_PORT": "8082", "EXECUTION_ID": "12"}


# --- the program


def cli_with(tmp_path: Path, script: str, pace: Pace | None = None) -> NoetlCli:
    """The client with a program of ours: it takes the context and then runs the script."""
    program = tmp_path / "noetl"
    program.write_text(f'#!/bin/sh\nif [ "$1" = context ]; then exit 0; fi\n{script}\n')
    program.chmod(0o755)
    return NoetlCli(program, tmp_path / "cli", URL, pace=lambda: pace or Told())


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
    assert made.err == "ended after 0.2 s (pace 1.0)"


def test_a_command_that_hangs_on_a_starved_machine_says_nothing_of_noetl(tmp_path: Path) -> None:
    cli = cli_with(tmp_path, "sleep 60", pace=Told(STARVED))
    with pytest.raises(StarvedError, match=r"this machine is starved(?s:.*)noetl status: ended"):
        cli.run("status", seconds=0.2)
    assert json.loads((tmp_path / "cli" / "02.json").read_text())["exit_code"] is None


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
    named = re.findall(r"\S+\.yaml", documented_commands.commands()["register the worker"])
    named += re.findall(r"\S+\.yaml", documented_commands.commands()["register the parent"])
    assert laid == set(named) == {file_of(PAIR.worker), file_of(PAIR.parent)}


def test_the_locked_release_is_known() -> None:
    assert re.fullmatch(r"5\.\d+\.\d+", cli_environment.release())


# --- the documents' commands


def test_a_command_is_split_as_a_shell_does() -> None:
    arguments = documented_commands.arguments_of("dry run", VARIABLES)
    path = "tests/fixtures/playbooks/batch_execution/traveler_batch_enrichment_in_step"
    assert arguments == (
        *("--host", "localhost", "--port", "8082", "exec", f"catalog://{path}"),
        *("-r", "distributed", "--dry-run"),
    )


def test_a_command_has_the_paths_of_the_edition() -> None:
    for name in ("dry run", "register the worker", "dry run, short form"):
        default = documented_commands.arguments_of(name, VARIABLES)
        newer = documented_commands.arguments_of(name, VARIABLES, EDITIONS["2026-09"])
        assert newer == tuple(word.replace("tests/fixtures/", "fixtures/") for word in default)
        assert newer != default


def test_a_query_keeps_its_text_and_takes_another_format() -> None:
    as_given = documented_commands.arguments_of("count the stored rows", VARIABLES)
    assert as_given[-2:] == ("--format", "table")
    assert "WHERE execution_id = '12';" in as_given[5]
    assert as_given[5].startswith("SELECT\n")
    other = documented_commands.arguments_of("count the stored rows, as data", VARIABLES)
    assert other == (*as_given[:-1], "json")


@pytest.mark.parametrize("name", ["make tea", "make tea, as data"])
def test_an_unknown_command_is_the_suites_fault(name: str) -> None:
    with pytest.raises(SuiteError, match="make tea"):
        documented_commands.arguments_of(name, VARIABLES)


def test_a_command_about_an_execution_needs_one() -> None:
    with pytest.raises(SuiteError, match="EXECUTION_ID"):
        documented_commands.arguments_of(
            "ask for the status", {"NOETL_HOST": "a", "NOETL_PORT": "1"}
        )


def test_every_command_is_given_by_a_feature() -> None:
    commands = {
        found[1].split(", as ")[0]
        for file in (ROOT / "features").glob("*.feature")
        for scenario in parse_file(str(file)).walk_scenarios()
        for step in scenario.steps
        if (found := re.fullmatch(r'the command "(.+)" is sent.*', step.name))
    }
    assert commands == set(documented_commands.commands())


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
