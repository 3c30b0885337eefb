"""The reusable workflow and the GitLab component: the same inputs, and what their scripts do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from noetl_acceptance.conformance.scenarios import default_tags
from noetl_acceptance.option_values import IMAGE
from noetl_acceptance.options import OPTIONS, OWN_KINDS
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.program import PROGRAM

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "noetl-acceptance.yml").read_text())
CALL = WORKFLOW[True]["workflow_call"]  # YAML 1.1 reads the key `on` as a truth
HEADER, COMPONENT = yaml.safe_load_all((ROOT / "templates" / "noetl-acceptance.yml").read_text())
OWN = yaml.safe_load((ROOT / ".github" / "workflows" / "acceptance.yml").read_text())
DEFAULTS = {option.key: option.default for option in OPTIONS}


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def script(step_id: str) -> str:
    found: str = next(each["run"] for each in steps(WORKFLOW) if each.get("id") == step_id)
    return found


def test_both_have_the_same_inputs() -> None:
    inputs = HEADER["spec"]["inputs"]
    own = {"suite", "stage"}  # GitLab tells a component neither its address nor its stage
    assert inputs.keys() - own == CALL["inputs"].keys()
    for name, wanted in CALL["inputs"].items():
        assert inputs[name]["description"] == wanted["description"], name
        assert inputs[name]["default"] == wanted["default"], name
        assert inputs[name].get("type", "string") == wanted["type"], name


def test_the_inputs_have_the_defaults_of_the_options() -> None:
    for name in ("noetl", "noetl_worker", "playbooks"):
        assert str(CALL["inputs"][name]["default"]) == DEFAULTS[name]
    assert CALL["inputs"]["tags"]["default"] == " and ".join(default_tags())
    assert set(HEADER["spec"]["inputs"]["sandbox"]["options"]) == set(OWN_KINDS)


def test_an_input_reaches_the_suite_as_an_option_and_no_shell_as_code() -> None:
    known = {option.variable for option in OPTIONS}
    taken = {each.variable: each.key for each in OPTIONS if each.key in CALL["inputs"]}
    assert taken
    (features,) = [each for each in steps(WORKFLOW) if each["name"] == "Features"]
    jobs = [features["env"], COMPONENT["$[[ inputs.name ]]"]["variables"]]
    for variables in jobs:
        given = {name for name in variables if name.startswith("NOETL_ACCEPTANCE_")}
        assert given <= known
        assert taken.keys() <= given
        assert all(f" inputs.{key} " in variables[name] for name, key in taken.items())
    assert [each["run"] for each in steps(WORKFLOW) if "${{" in each.get("run", "")] == []
    lines = [line for job in COMPONENT.values() for line in job.get("script", ())]
    assert lines
    assert [line for line in lines if "$[[" in line] == []


def test_both_tell_how_an_image_is_given() -> None:
    page = (ROOT / "docs" / "how-to" / "in-another-repository.md").read_text()
    for name in ("noetl", "noetl_worker"):
        assert f"{IMAGE}NAME" in CALL["inputs"][name]["description"]
        (row,) = re.findall(rf"^\| `{name}` \|.*", page, re.MULTILINE)
        assert f"{IMAGE}NAME" in row


def test_it_takes_the_actions_that_the_suites_own_pipeline_has() -> None:
    used = {each["uses"] for each in steps(WORKFLOW) if "uses" in each}
    assert used <= {each["uses"] for each in steps(OWN) if "uses" in each}
    assert WORKFLOW["permissions"] == {}
    assert all(job["permissions"] == {"contents": "read"} for job in WORKFLOW["jobs"].values())


def test_only_the_merged_run_decides() -> None:
    assert WORKFLOW["jobs"]["shard"]["continue-on-error"] is True
    assert COMPONENT["$[[ inputs.name ]]"]["allow_failure"] is True
    assert "allow_failure" not in COMPONENT["$[[ inputs.name ]] verdict"]


class Runner:
    """A machine of GitHub's, in which a script of the workflow runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "temp" / "suite" / "bin"
        self.programs.mkdir(parents=True)
        self.output = folder / "output"
        self.output.touch()

    def install(self, text: str) -> None:
        program = self.programs / PROGRAM
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)

    def run(self, step_id: str, **variables: str) -> int:
        environment = {"RUNNER_TEMP": str(self.folder / "temp"), "GITHUB_OUTPUT": str(self.output)}
        return subprocess.run(
            ["bash", "-e", "-c", script(step_id)],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **environment, **variables},
            check=False,
        ).returncode

    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_the_matrix_is_the_suites_own_cut(runner: Runner) -> None:
    runner.install(f'exec "{sys.executable}" -m noetl_acceptance "$@"')
    tags = CALL["inputs"]["tags"]["default"]
    assert runner.run("cut", TAGS=tags, SHARDS="3") == 0
    assert json.loads(runner.outputs()["shards"]) == ["1/3", "2/3", "3/3"]


@pytest.mark.parametrize(("tags", "shards"), [("not @wip and", "2"), ("@quick", "0")])
def test_a_cut_that_cannot_be_made_ends_the_job(runner: Runner, tags: str, shards: str) -> None:
    runner.install(f'exec "{sys.executable}" -m noetl_acceptance "$@"')
    assert runner.run("cut", TAGS=tags, SHARDS=shards) == 2
    assert runner.outputs() == {}


@pytest.mark.parametrize(
    ("told", "code", "verdict"),
    [
        ("verdict: 149 passed", 0, "149 passed"),
        ("verdict: 147 passed, 2 not judged", 5, "147 passed, 2 not judged"),
        ("error: missing: shard 2/4", 2, ""),
    ],
)
def test_the_exit_code_and_the_verdict_of_the_merged_run_are_outputs(
    runner: Runner, told: str, code: int, verdict: str
) -> None:
    runner.install(f"echo '{told}'; exit {code}")
    runner.run("merge")
    assert runner.outputs() == {"exit-code": str(code), "verdict": verdict}


def test_the_shards_are_merged_where_they_ran(runner: Runner) -> None:
    (features,) = [each for each in steps(WORKFLOW) if each["name"] == "Features"]
    runner.install('echo "verdict: $PWD $3 $(ls ../runs)"')
    (runner.folder / "runs" / "2026").mkdir(parents=True)
    assert runner.run("merge") == 0
    place = runner.folder / features["working-directory"]
    assert runner.outputs()["verdict"] == f"{place} ../merged/run 2026"


def test_the_guide_shows_each_with_inputs_that_it_has() -> None:
    page = (ROOT / "docs" / "how-to" / "in-another-repository.md").read_text()
    blocks = [yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    called = [job for block in blocks for job in block.get("jobs", {}).values() if "with" in job]
    included = [each for block in blocks for each in block.get("include", ())]
    assert called
    assert included
    assert all(job["with"].keys() <= CALL["inputs"].keys() for job in called)
    assert all(each["inputs"].keys() <= HEADER["spec"]["inputs"].keys() for each in included)
