"""What a user is told of a sandbox that stays up, and the commands for it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from noetl_acceptance.cli import kept_sandbox, words
from noetl_acceptance.cli.main import main
from noetl_acceptance.errors import UsageError
from noetl_acceptance.model.documents import DEFAULT, EDITIONS
from noetl_acceptance.model.playbooks import load_pair
from noetl_acceptance.noetl import documented_commands
from noetl_acceptance.noetl.cli import file_of
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox import kept_lines
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.support.program import PROGRAM
from tests.sandboxes import KEPT, PASSWORD, entry

COMPOSE = KEPT.model_copy(update={"kind": "compose"})


@pytest.mark.parametrize("kept", [KEPT, COMPOSE], ids=["embedded", "compose"])
def test_what_stays_up_is_told_with_commands_and_without_a_password(
    tmp_path: Path, kept: object
) -> None:
    known = entry(tmp_path).model_copy(update={"kept": kept})
    text = "\n".join(kept_lines.kept_lines(known))
    assert PASSWORD not in text
    for part in (
        "http://127.0.0.1:8082",
        "127.0.0.1:5432",
        f"sql --id {known.sandbox_id} ",
        f"-D sandbox=attach -D attach={known.sandbox_id}",
        f"down {known.sandbox_id}",
    ):
        assert part in text
    if kept is COMPOSE:
        assert f"docker compose --project-name noetl-acceptance-{known.sandbox_id} exec" in text
    else:
        assert f"tail -f {tmp_path}/data/logs/*.log" in text
        assert "server 11, worker-1 12" in text


def test_a_status_tells_what_has_ended_or_gone(tmp_path: Path) -> None:
    states = [ServiceState("server", running=False, exit_code=3)]
    text = "\n".join(words.status_lines(entry(tmp_path), KEPT.endpoints, states, used=True))
    assert "server exited with code 3, worker-1 has gone" in text
    assert "since 2027-01-15 08:00:00 UTC, in use by a run" in text


def test_the_documents_commands_are_pasted_as_they_stand(tmp_path: Path) -> None:
    lines = words.document_lines(
        tmp_path / "a b", tmp_path, "h", 1, "http://api/s/by-hand/profile", EDITIONS[DEFAULT]
    )
    text = "\n".join(lines)
    for group in words.DOCUMENTS:
        for name, command in documented_commands.groups()[group].items():
            assert (command.strip() in text) or name == "execute the parent"
    run = documented_commands.commands()["execute the parent"].strip()
    assert f'{run} \\\n  --set profile_api_url="$PROFILE_API_URL"\n)"\n' in text
    assert not any(
        command.strip() in text for command in documented_commands.groups()["the suite's own"]
    )


def test_the_documents_commands_have_the_paths_of_the_edition(tmp_path: Path) -> None:
    text = "\n".join(
        words.document_lines(tmp_path, tmp_path, "h", 1, "http://api", EDITIONS["2026-09"])
    )
    assert "catalog://fixtures/playbooks/" in text
    assert "tests/fixtures" not in text


def test_pasted_commands_are_what_a_shell_takes(tmp_path: Path) -> None:
    programs, work = tmp_path / "its:bin", tmp_path / "with a space"
    programs.mkdir()
    work.mkdir()
    answer = '{"execution_id": "4711"}'
    (programs / "noetl").write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$#\"\nprintf '<%s>\\n' \"$@\"\necho '{answer}'\n"
    )
    (programs / "noetl").chmod(0o755)
    lines = words.document_lines(
        work, programs, "127.0.0.1", 8082, "http://api/s/by-hand/profile", EDITIONS[DEFAULT]
    )
    done = subprocess.run(
        ["sh", "-eu"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    given = sum(len(documented_commands.groups()[group]) for group in words.DOCUMENTS)
    assert len([line for line in done.stdout.splitlines() if line.isdecimal()]) == given
    assert "<profile_api_url=http://api/s/by-hand/profile>" in done.stdout
    assert "<127.0.0.1>" in done.stdout
    assert "\n<4711>\n" in done.stdout  # the id of what was started, in what follows


def test_the_files_that_the_documents_register_are_those_that_are_laid_out() -> None:
    pair = load_pair(ROOT / "playbooks" / "2.8.x")
    text = "\n".join(documented_commands.commands().values())
    for playbook in (pair.parent, pair.worker):
        assert file_of(playbook) in text


@pytest.fixture
def ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sandboxes"
    monkeypatch.setattr(kept_sandbox, "LEDGERS", folder)
    return folder


def test_where_nothing_is_up_it_is_said(ledgers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not ledgers.exists()
    assert main(["status"]) == 0
    assert main(["down"]) == 0
    assert main(["down", "--all"]) == 0
    assert capsys.readouterr().out == "nothing is up\n" * 3


@pytest.mark.parametrize("command", [["down", "some-id"], ["sql", "SELECT 1"]])
def test_a_command_for_what_is_not_up_fails(
    ledgers: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main(command) != 0
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert "`noetl-acceptance up` brings one up" in told
    assert not ledgers.exists()


@pytest.mark.parametrize(
    ("options", "words_"),
    [
        (["-D", "sandbox=attach"], "leave out -D sandbox=attach"),
        (["-D", "sandbx=compose"], "did you mean 'sandbox'"),
    ],
)
def test_up_refuses_what_it_cannot_do(
    capsys: pytest.CaptureFixture[str], options: list[str], words_: str
) -> None:
    assert main(["up", *options]) != 0
    assert words_ in capsys.readouterr().err


def test_up_takes_options_as_behave_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "-D", "workers"]) == 2
    assert "KEY=VALUE, not 'workers'" in capsys.readouterr().err


def test_programs_are_named_as_the_folder_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(ROOT / ".venv/bin/python"))
    monkeypatch.chdir(ROOT)
    assert kept_lines.program(PROGRAM) == ".venv/bin/noetl-acceptance"
    monkeypatch.chdir("/")
    assert shlex.split(kept_lines.program(PROGRAM)) == [str(ROOT / ".venv/bin/noetl-acceptance")]


@pytest.mark.parametrize(("value", "cell"), [(None, ""), (1, "1"), ({"a": [1]}, '{"a": [1]}')])
def test_an_answers_values_are_told_as_text(value: object, cell: str) -> None:
    assert kept_sandbox._cell(value) == cell


@pytest.mark.usefixtures("ledgers")
def test_the_error_of_a_sandbox_that_is_not_up_is_one_line() -> None:
    with pytest.raises(UsageError) as raised:
        kept_sandbox.sql(None, "SELECT 1")
    assert "\n" not in str(raised.value)
