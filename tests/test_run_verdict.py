"""Broken features, run by behave without a sandbox: every report says the same of each."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.evidence.run_verdict import summary, verdict_line, why_of
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict import exit_codes
from tests import warm
from tests.test_junit import in_xml, read_xml

BROKEN = "tests/broken"


@dataclass(frozen=True)
class Ended:
    """How one run of broken features ended, in all its reports."""

    code: int
    console: str
    found: list[ScenarioResult]
    xml: list[ET.Element]


def command(place: Path, *arguments: str) -> list[str]:
    junit = ("--junit", f"--junit-directory={place / 'junit'}")
    options = ("-D", f"runs={place / 'runs'}", "--no-color", "--format=progress")
    return [*arguments, *options, *junit]


def run_broken(place: Path, *arguments: str, breaks: str = "") -> Ended:
    done = warm.run(
        "noetl_acceptance",
        "run",
        *command(place, *arguments),
        folder=ROOT,
        environment={**os.environ, "BROKEN": breaks},
    )
    return ended_with(done.code, done.stdout + done.stderr, place)


def ended_with(code: int, console: str, place: Path) -> Ended:
    return Ended(
        code=code,
        console=console,
        found=[each for run in place.glob("runs/*") for each in results.read(run)],
        xml=read_xml(place / "junit"),
    )


def in_results(found: list[ScenarioResult]) -> list[tuple[str, str, str]]:
    passed = {"deviates": "passed"}
    return sorted(
        (each.scenario, passed.get(each.verdict, each.verdict), why_of(each)) for each in found
    )


def assert_agree(ended: Ended) -> None:
    """The console, the exit code, results.json and the XML say the same."""
    assert in_xml(ended.xml) == in_results(ended.found)
    for suite in ended.xml:
        cases = list(suite.iter("testcase"))
        assert suite.get("tests") == str(len(cases))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped",) * 2):
            assert suite.get(attribute) == str(len(list(suite.iter(tag))))
    assert ended.code == exit_codes.exit_code(each.verdict for each in ended.found)
    assert verdict_line(ended.found) in ended.console
    for line in summary(ended.found):
        assert line in ended.console.splitlines()


FOLDERS = [
    ("green", 0, "2 passed, 1 deviates as recorded"),
    ("product", 1, "1 passed, 7 failed by the product"),
    ("deviation_gone", 1, "1 failed by the product"),
    ("sandbox", 3, "2 failed by the sandbox"),
    ("suite", 4, "10 failed by the suite"),
    ("not_judged", 5, "1 passed, 3 not judged"),
    ("feature_hook", 4, "1 failed by the suite, 1 not judged"),
    ("feature_hook_after", 4, "1 passed, 1 failed by the suite"),
    ("feature_cleanup", 4, "1 passed, 1 failed by the suite"),
    ("interrupted", 130, "interrupted, 1 passed, 2 not judged"),
    ("interrupted_in_hook", 130, "interrupted, 2 not judged"),
    ("interrupted_before_scenario", 130, "interrupted, 2 not judged"),
]


@pytest.mark.parametrize(("folder", "code", "words"), FOLDERS)
def test_a_broken_feature(folder: str, code: int, words: str, tmp_path: Path) -> None:
    ended = run_broken(tmp_path, f"{BROKEN}/{folder}")
    assert f"verdict: {words} in " in ended.console
    assert ended.code == code
    assert_agree(ended)


BREAKS = [
    ("before_all", 4, "1 failed by the suite, 3 not judged"),
    ("after_all", 4, "2 passed, 1 failed by the suite, 1 deviates as recorded"),
    ("the bring-up", 3, "3 failed by the sandbox"),
    ("the take-down", 3, "2 passed, 1 failed by the sandbox, 1 deviates as recorded"),
]


@pytest.mark.parametrize(("breaks", "code", "words"), BREAKS)
def test_what_breaks_outside_of_every_scenario(
    breaks: str, code: int, words: str, tmp_path: Path
) -> None:
    ended = run_broken(tmp_path, f"{BROKEN}/green", breaks=breaks)
    assert f"verdict: {words} in " in ended.console
    assert ended.code == code
    assert_agree(ended)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((f"{BROKEN}/green", "--tags=@nobody"), "no scenario ran"),
        ((f"{BROKEN}/green", "-D", "sandbx=auto"), "unknown option -D sandbx"),
        ((f"{BROKEN}/none.feature",), "there is no tests/broken/none.feature"),
        ((f"{BROKEN}/unparsable",), "unparsable.feature"),
    ],
)
def test_where_nothing_could_run_the_report_is_red(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    ended = run_broken(tmp_path, *arguments)
    assert ended.code == 2
    assert words in ended.console
    ((_, kind, why),) = in_xml(ended.xml)
    assert kind == "usage"
    assert words in why


def test_only_a_fault_of_the_suite_is_told_with_a_traceback(tmp_path: Path) -> None:
    folders = [f"{BROKEN}/{name}" for name in ("sandbox", "product", "suite")]
    told = run_broken(tmp_path, *folders, "--format=pretty").console
    assert "SANDBOX FAILED: worker-1 exited with code 137" in told
    before, _, ours = told.partition("Feature: The suite fails")
    assert "match.run(" not in before  # the tracebacks that services have logged are told
    assert "match.run(" in ours
    assert "ZeroDivisionError" in ours


def test_a_terminal_that_lacks_a_character_ends_no_run(tmp_path: Path) -> None:
    written = f"--outfile={tmp_path / 'told.txt'}"
    more = ("--format=plain", written, "--outfile=-")
    # Python asks for its encoding when it starts: a process of its own, not one forked from ours.
    given = command(tmp_path, f"{BROKEN}/product", *more)
    done = subprocess.run(
        [sys.executable, "-m", "noetl_acceptance", "run", *given],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    ended = ended_with(done.returncode, done.stdout, tmp_path)
    assert ended.code == 1
    assert "(travelers 1?3)" in ended.console
    assert "(travelers 1–3)" in (tmp_path / "told.txt").read_text(encoding="utf-8")


def test_who_has_read_enough_ends_the_run_in_order(tmp_path: Path) -> None:
    given = [*command(tmp_path, f"{BROKEN}/green"), "--format=pretty"]
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "noetl_acceptance", "run", *given],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as told:
        assert told.stdout is not None
        told.stdout.readline()
        told.stdout.close()
        assert told.stderr is not None
        lines = told.stderr.read()
    assert told.returncode == 130
    assert "Traceback" not in lines
    assert "verdict: interrupted, " in lines


def test_a_bring_up_that_the_user_ends_is_red(tmp_path: Path) -> None:
    ended = run_broken(tmp_path, f"{BROKEN}/green", breaks="the user")
    assert ended.code == 130
    assert "interrupted: everything is taken down" in ended.console
    assert sorted(kind for _, kind, _ in in_xml(ended.xml)) == ["interrupted", *["skipped"] * 3]


def test_steps_that_cannot_be_loaded_are_the_suites_fault(tmp_path: Path) -> None:
    steps = tmp_path / "features" / "steps"
    steps.mkdir(parents=True)
    (steps / "broken.py").write_text("import nothing_that_is_there\n")
    (steps.parent / "any.feature").write_text("Feature: F\n  Scenario: S\n    Given all is well\n")
    ended = run_broken(tmp_path, str(steps.parent))
    assert ended.code == 4
    ((_, kind, why),) = in_xml(ended.xml)
    assert kind == "suite"
    assert "nothing_that_is_there" in why
    assert "nothing_that_is_there" in ended.console


def test_several_kinds_in_one_run_and_the_worst_is_its_code(tmp_path: Path) -> None:
    folders = [f"{BROKEN}/{name}" for name in ("green", "sandbox", "suite", "product")]
    ended = run_broken(tmp_path, *folders)
    assert ended.code == 1
    assert len(ended.xml) == len(folders)
    assert_agree(ended)


@pytest.mark.parametrize(("folder", "code"), [("not_judged", 0), ("sandbox", 1)])
def test_plain_behave_knows_two_codes(folder: str, code: int, tmp_path: Path) -> None:
    done = warm.run("behave", *command(tmp_path, f"{BROKEN}/{folder}"), folder=ROOT)
    assert done.code == code
