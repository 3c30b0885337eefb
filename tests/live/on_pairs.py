"""Runs features on a pair of playbooks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import ROOT

ONE_LANE = ("-D", "lanes=1")
"""So that there is one folder of one run."""


def run_behave(folder: Path, pair: Path, *selected: str) -> tuple[int, Path]:
    """Run scenarios on a pair; return behave's exit code and the run's folder.

    Args:
        folder: gets the run's folder.
        pair: the folder of the playbooks.
        selected: behave's arguments that choose the scenarios.
    """
    kind = os.environ.get("RED_SANDBOX", "embedded")
    command = behave_command(kind, folder, *selected, *ONE_LANE, "-D", f"playbooks={pair}")
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert folder.exists(), f"behave left no run\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    (run,) = folder.iterdir()
    return done.returncode, run
