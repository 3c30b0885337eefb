"""What services log, and that they stay up, is held against green scenarios on the real NoETL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.places import ROOT
from tests.mutants.defects import Change, Defect
from tests.mutants.making import make_pair
from tests.test_junit import in_xml, read_xml
from tests.test_run_verdict import in_results

KIND = os.environ.get("RED_SANDBOX", "embedded")


def run(place: Path, *arguments: str) -> tuple[int, str, list[ScenarioResult]]:
    """Run features; return the exit code, the console and the results, which the XML must share."""
    options = ("-D", f"sandbox={KIND}", "-D", f"runs={place / 'runs'}", "--format=plain")
    junit = ("--junit", f"--junit-directory={place / 'junit'}")
    done = subprocess.run(
        [sys.executable, "-m", "noetl_acceptance", "run", *arguments, *options, *junit],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    found = [each for folder in place.glob("runs/*") for each in results.read(folder)]
    assert in_xml(read_xml(place / "junit")) == in_results(found), done.stdout
    return done.returncode, done.stdout, found


def test_a_green_scenario_fails_for_what_its_services_do(tmp_path: Path) -> None:
    code, console, found = run(tmp_path, "tests/live/services/services.feature")
    assert [each.verdict for each in found] == ["passed", "suite", "skipped"], console
    assert code == 4
    assert "JSONDecodeError" in found[1].reason
    assert ", line " in console  # the log's lines
    assert "worker-" in found[2].reason
    assert " exited " in found[2].reason
    assert all(step.status == "passed" for each in found for step in each.steps[:-1])


SWALLOWS = Defect(
    name="swallows-an-error",
    worker=(
        Change(
            find="        by_traveler = {}\n",
            replace=(
                "        import traceback\n"
                "        try:\n"
                "            rows = len(None)\n"
                "        except TypeError:\n"
                "            traceback.print_exc()\n"
                "        by_traveler = {}\n"
            ),
        ),
    ),
    caught={},
    findings=(),
)


def test_an_error_that_a_playbook_swallows_is_seen_in_the_log(tmp_path: Path) -> None:
    pair = make_pair(SWALLOWS, tmp_path)
    code, console, found = run(
        tmp_path, "features/smoke.feature", "--tags=@C24", "-D", f"playbooks={pair}"
    )
    assert code == 1, console
    assert [each.verdict for each in found] == ["product"]
    assert "TypeError: object of type 'NoneType' has no len()" in found[0].reason
    assert "worker-" in found[0].reason
