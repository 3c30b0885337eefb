"""Which exit code of a merged run makes a job of a pipeline red, in each of the four pipelines."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.support.program import PROGRAM
from noetl_acceptance.verdict import exit_codes
from tests.test_pipelines import GITHUB, GITLAB
from tests.test_pipelines_for_others import COMPONENT, WORKFLOW

STUB = """\
#!/bin/sh
echo "not judged: the reason"
exit "$CODE"
"""


def script(job: dict[str, Any]) -> str:
    """Return the script of a job that merges the runs of shards."""
    pieces = [*job.get("script", ()), *(each.get("run", "") for each in job.get("steps", ()))]
    (found,) = [
        each for each in pieces if f'{PROGRAM}" merge' in each or f"{PROGRAM} merge" in each
    ]
    return str(found)


SCRIPTS = {
    "GitHub": script(GITHUB["jobs"]["report"]),
    "GitLab": script(GITLAB["report"]),
    "workflow": script(WORKFLOW["jobs"]["verdict"]),
    "component": script(COMPONENT["$[[ inputs.name ]] verdict"]),
}


@pytest.mark.parametrize("pipeline", SCRIPTS)
@pytest.mark.parametrize("code", exit_codes.MEANINGS)
def test_a_job_is_red_where_something_failed(pipeline: str, code: int, tmp_path: Path) -> None:
    for place in (".venv", "venv", "suite"):
        program = tmp_path / place / "bin" / PROGRAM
        program.parent.mkdir(parents=True)
        program.write_text(STUB)
        program.chmod(0o755)
    variables = {
        "SANDBOX": "compose",
        "FOLDER": str(tmp_path),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    ended = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", SCRIPTS[pipeline]],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "CODE": str(code), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == (0 if code in exit_codes.GREEN else code)
    assert "not judged: the reason" in ended.stdout
    assert f"exit code: {code}\n" in ended.stdout
