"""The pipelines for GitHub Actions and GitLab: what they run, and what they may."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import yaml

from noetl_acceptance.cli.running import acceptance
from noetl_acceptance.evidence.run_summary import FILE
from noetl_acceptance.options import OWN_KINDS
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.builds.build_context import SCHEMA_MODULES, stand_in_modules
from noetl_acceptance.support.program import PROGRAM


class _Loader(yaml.SafeLoader):
    """YAML with GitLab's own tag, which points at another place of the file."""


def _reference(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[str]:
    return [str(name) for name in loader.construct_sequence(node)]


_Loader.add_constructor("!reference", _reference)

GITHUB = yaml.safe_load((ROOT / ".github" / "workflows" / "acceptance.yml").read_text())
GITLAB = yaml.load((ROOT / ".gitlab-ci.yml").read_text(), _Loader)  # noqa: S506 - a safe loader
MATRIX = GITHUB["jobs"]["acceptance"]["strategy"]["matrix"]


def commands() -> Iterator[str]:
    """Yield the shell commands of both pipelines."""
    for job in GITHUB["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
    for job in filter(lambda job: isinstance(job, dict), GITLAB.values()):
        lines = [*job.get("before_script", ()), *job.get("script", ())]
        yield from (line for line in lines if isinstance(line, str))  # else a reference


def cut_step() -> dict[str, Any]:
    step: dict[str, Any]
    (step,) = [each for each in GITHUB["jobs"]["cut"]["steps"] if each.get("id") == "cut"]
    return step


def test_both_cut_into_as_many_shards_and_none_has_a_list_of_them() -> None:
    assert MATRIX["shard"] == "${{ fromJSON(needs.cut.outputs.shards) }}"
    assert GITHUB["jobs"]["acceptance"]["needs"] == "cut"
    assert GITLAB[".acceptance"]["parallel"] == cut_step()["env"]["SHARDS"]


def test_the_matrix_is_the_suites_own_cut(tmp_path: Path) -> None:
    program = tmp_path / ".venv" / "bin" / PROGRAM
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m noetl_acceptance "$@"\n')
    program.chmod(0o755)
    given = {"PATH": os.environ["PATH"], "SHARDS": "3", "GITHUB_OUTPUT": str(tmp_path / "output")}
    command = ["bash", "-e", "-c", cut_step()["run"]]
    assert subprocess.run(command, cwd=tmp_path, env=given, check=False).returncode == 0
    assert (tmp_path / "output").read_text() == 'shards=["1/3","2/3","3/3"]\n'


def test_both_run_on_each_sandbox() -> None:
    kinds = set(OWN_KINDS)
    assert set(MATRIX["sandbox"]) == kinds
    assert set(GITHUB["jobs"]["report"]["strategy"]["matrix"]["sandbox"]) == kinds
    assert GITLAB["report"]["parallel"]["matrix"] == [{"SANDBOX": ["compose", "embedded"]}]
    jobs = [job for job in GITLAB.values() if "extends" in job and isinstance(job, dict)]
    assert {job["variables"]["SANDBOX"] for job in jobs} == kinds


def test_what_they_run_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    lines = list(commands())
    asked = {target for line in lines for target in make_targets(line)}
    assert asked == {"lint", "types", "unit", "env", "engine"}
    assert asked <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    own = [line for line in lines if "bin/noetl-acceptance" in line]
    assert len(own) == 6
    shards = set()
    for line in own:
        program, name, *words = shlex.split(
            line.replace("$SANDBOX", "compose").removeprefix("code=0\n")
        )
        assert program == ".venv/bin/noetl-acceptance"
        if name == "shards":
            assert words[:2] == ["--count", "$SHARDS"]
            continue
        if name in ("merge", "annotate"):
            assert "merged/compose" in words
            continue
        options = acceptance.make_context(name, words).params
        assert (options["sandbox"], options["lanes"]) == (["compose"], 1)
        define, shard = options["behave"]
        assert define == "-D"
        shards.add(shard)
    assert shards == {"shard=$SHARD", "shard=$CI_NODE_INDEX/$CI_NODE_TOTAL"}


def make_targets(line: str) -> list[str]:
    return line.split()[1:] if line.startswith("make ") else []


def test_what_is_found_is_kept_also_when_a_job_fails() -> None:
    upload = GITHUB["jobs"]["acceptance"]["steps"][-1]
    assert upload["if"] == "always()"
    assert upload["with"]["path"].split() == ["runs/", "!runs/**/data*/**"]
    artifacts = GITLAB[".acceptance"]["artifacts"]
    assert artifacts["when"] == "always"
    assert artifacts["paths"] == ["runs/"]
    assert artifacts["exclude"] == ["runs/**/data*/**/*"]
    assert artifacts["reports"] == {"junit": "runs/acceptance-*/junit/*.xml"}


def test_the_merged_run_is_shown_also_when_it_is_red() -> None:
    *_, merged, summary, annotations, upload = GITHUB["jobs"]["report"]["steps"]
    folder = re.findall(r'--into "(.*?)"', merged["run"])[0]
    assert summary["run"] == f'cat "{folder}/{FILE}" >> "$GITHUB_STEP_SUMMARY"'
    assert annotations["run"] == f'.venv/bin/noetl-acceptance annotate "{folder}"'
    for step in (summary, annotations):
        assert step["if"].startswith("${{ !cancelled() && hashFiles('merged/*/")  # a merge may fail
        assert step["env"] == merged["env"]
    assert upload["with"]["path"] == "merged/"
    assert GITLAB["report"]["artifacts"]["when"] == "always"
    assert GITLAB["report"]["artifacts"]["paths"] == ["merged/"]


def test_images_are_kept_until_something_of_theirs_changes() -> None:
    (key,) = [
        step["with"]["key"]
        for step in GITHUB["jobs"]["acceptance"]["steps"]
        if step.get("id") == "images"
    ]
    patterns = re.findall(r"'([^']+)'", key)
    for module in (*SCHEMA_MODULES, *stand_in_modules()):
        assert any(PurePath("noetl_acceptance", module).match(each) for each in patterns), module


def test_every_job_has_its_time_and_no_more_rights_than_to_read() -> None:
    assert GITHUB["permissions"] == {}
    for job in GITHUB["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 30
        uses = [step["uses"] for step in job["steps"] if "uses" in step]
        assert [
            name for name in uses if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)
        ] == []
    assert GITHUB["concurrency"]["cancel-in-progress"] is True
    assert GITLAB["default"]["timeout"] == "40 minutes"
    assert GITLAB["default"]["interruptible"] is True
    assert re.fullmatch(r"debian:\d+\.\d+-slim", GITLAB["default"]["image"])
