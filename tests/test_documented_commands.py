"""The commands of the documents: those that need no sandbox are run, the others are parsed.

A run of features is carried out as a dry run, which reads options, files, tags and names.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from noetl_acceptance.places import ROOT
from tests import warm

FOLLOWED = [ROOT / "README.md", *sorted((ROOT / "docs" / "tutorial").glob("*.md"))]
"""What a newcomer follows to the letter."""

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAM = ".venv/bin/noetl-acceptance"
NAMES = ("runs/RUN", "noetl.yaml", "../", "features/example.feature")
"""Stand in the documents for what the reader has: a run, addresses, folders, a feature."""

SHELL = ("cp", "diff", "echo", "mkdir", "rm", "sed")
"""What a newcomer does besides, with files of the checkout."""


def lines(document: Path) -> list[str]:
    """The commands of a document, each without its comment."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", document.read_text(), re.MULTILINE | re.DOTALL)
    whole = (block.replace("\\\n", " ") for block in blocks)  # a line may go on in the next
    found = (line.strip() for block in whole for line in block.splitlines())
    return [re.sub(r"\s+#.*$", "", line) for line in found if line and not line.startswith("#")]


def calls(documents: list[Path]) -> list[list[str]]:
    """The arguments of each call of the suite's own command, in blocks and within sentences."""
    told = [line for document in documents for line in lines(document)]
    for document in documents:
        told += re.findall(rf"`({PROGRAM} [^`]+)`", " ".join(document.read_text().split()))
    words = map(shlex.split, told)
    return [each[each.index(PROGRAM) + 1 :] for each in words if PROGRAM in each]


def dry_runs() -> Iterator[list[str]]:
    """Yield the runs of features that can be carried out dry."""
    for command, *arguments in calls(DOCUMENTS):
        named = any(name in each for name in NAMES for each in arguments)
        # What an earlier run has noted is not there.
        noted = any(each.startswith(("@", "--last-failed")) for each in arguments)
        if command == "run" and not named and not noted and "-o" not in arguments:
            yield arguments


@cache
def help_of(command: str) -> str:
    """What a command says of itself."""
    done = warm.run("noetl_acceptance", command, "--help", folder=ROOT)
    assert done.code == 0, (command, done.stderr)
    return done.stdout


def test_there_are_commands_to_look_at() -> None:
    assert len(calls(FOLLOWED)) >= 10
    assert len(list(dry_runs())) >= 10


@pytest.mark.parametrize("command", sorted({each[0] for each in calls(DOCUMENTS)}))
def test_a_command_takes_the_options_that_documents_give_it(command: str) -> None:
    for _, *arguments in (each for each in calls(DOCUMENTS) if each[0] == command):
        own = arguments[: arguments.index("--")] if "--" in arguments else arguments
        given = {each.split("=")[0] for each in own if each.startswith("--")}
        taken = help_of(command)
        assert {each for each in given if command != "run" and each not in taken} == set()
        files = {each for each in arguments if each.startswith("features/")} - set(NAMES)
        assert [each for each in files if not (ROOT / each.split(":")[0]).is_file()] == []


def _with_stand_ins(argument: str, stand_ins: dict[str, str]) -> str:
    for named, there in stand_ins.items():
        argument = argument.replace(named, there)
    return argument


@pytest.mark.parametrize("arguments", sorted(set(map(tuple, dry_runs()))), ids=" ".join)
def test_a_run_of_features_selects_what_its_document_says(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    own = ["-D", f"runs={tmp_path}", "--dry-run", "--no-summary", "-f", "progress"]
    settings = tmp_path / "own.env"
    settings.write_text("LOG_LEVEL=WARNING\n")
    stand_ins = {".work/lossy-pair": "playbooks/2.8.x", "own.env": str(settings)}
    given = [_with_stand_ins(each, stand_ins) for each in arguments]
    done = warm.run("noetl_acceptance", "run", *given, *own, folder=ROOT)
    assert done.code == 0, done.stderr
    assert "is taken for" not in done.stdout + done.stderr  # a line on which no scenario begins


def test_the_tutorials_look_at_the_machine_tells_what_it_can_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOETL_ACCEPTANCE_RUNS", str(tmp_path))
    done = warm.run("noetl_acceptance", "doctor", folder=ROOT)
    last = {0: "this machine can run: ", 3: "no sandbox can run here"}[done.code]
    assert done.stdout.splitlines()[-1].startswith(last)


@pytest.mark.parametrize("document", FOLLOWED, ids=lambda document: document.name)
def test_what_is_followed_to_the_letter_is_of_known_kinds(document: Path) -> None:
    known = (*SHELL, "make", PROGRAM)
    assert [line for line in lines(document) if shlex.split(line)[0] not in known] == []


def test_the_tutorial_breaks_the_worker_playbook_as_it_says(tmp_path: Path) -> None:
    tutorial = ROOT / "docs" / "tutorial" / "first-red-run.md"
    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")
    commands = [line for line in lines(tutorial) if line.split()[0] in SHELL]
    done = subprocess.run(
        ["bash", "-eu"],
        input="\n".join(commands),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = re.search(r"`diff` shows.*?```\n(.*?)```", tutorial.read_text(), re.DOTALL)
    assert shown is not None
    assert shown[1] in done.stdout
    assert not (tmp_path / ".work" / "lossy-pair").exists()


@pytest.mark.parametrize("document", FOLLOWED, ids=lambda document: document.name)
def test_scenarios_that_are_shown_stand_where_the_document_says(document: Path) -> None:
    shown = re.findall(r"(features/\w+\.feature):(\d+) ([^:\n]+):", document.read_text())
    assert shown
    for file, line, name in shown:
        there = (ROOT / file).read_text().splitlines()[int(line) - 1]
        assert there.strip() == f"Scenario: {name}"


@pytest.mark.parametrize("command", ["judge", "report"])
def test_a_recorded_run_is_taken_as_the_documents_say(command: str, tmp_path: Path) -> None:
    (arguments,) = {tuple(each) for each in calls(DOCUMENTS) if each[0] == command}
    folder = shutil.copytree(ROOT / "tests" / "recorded" / "run-schema-1", tmp_path / "run")
    given = [each.replace("runs/RUN", str(folder)) for each in arguments]
    done = warm.run("noetl_acceptance", *given, folder=ROOT)
    ended = "judged again: 7 passed, 1 failed by the product, 1 deviates as recorded"
    said, code = (ended, 1) if command == "judge" else (str(folder / "report.html"), 0)
    assert (done.stdout.splitlines()[-1], done.code) == (said, code)
