"""A real run is judged again from its folder: as it was, and red where its record was altered."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import ROOT

SCENARIOS = (
    "The smoke test stores all 200 travelers",
    "Each worker execution handles the travelers of its own batch",
    "The execution requests every traveler exactly once",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of a few smoke scenarios, which share one execution."""
    folder = tmp_path_factory.mktemp("replay") / "runs"
    kind = os.environ.get("RED_SANDBOX", "embedded")
    names = [f"--name={name}" for name in SCENARIOS]
    command = behave_command(kind, folder, "features/smoke.feature", *names)
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    (found,) = folder.iterdir()
    return found


def judge(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "noetl_acceptance", "judge", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_it_ends_as_it_was_recorded(run: Path) -> None:
    code, told = judge(run)
    assert code == 0, told
    assert told.splitlines()[-1] == f"judged again: {len(SCENARIOS)} passed"


def delete_a_row(record: dict[str, Any]) -> None:
    rows = record["outcome"]["stored"]
    rows[:] = [row for row in rows if row["traveler_id"] != 17]


def double_a_call(record: dict[str, Any]) -> None:
    made = record["outcome"]["calls"]
    again = next(call for call in made if call["traveler_id"] == 17)
    made.append({**again, "number": len(made) + 1})


def move_a_batch(record: dict[str, Any]) -> None:
    for row in record["outcome"]["stored"]:
        if row["traveler_id"] == 17:
            row["batch_number"] = 2


@pytest.mark.parametrize(
    ("alter", "finding"),
    [
        (delete_a_row, "row-missing: 1 missing from the target table (travelers 17)"),
        (
            double_a_call,
            "call-repeated: requested again without need, up to 2 times (travelers 17)",
        ),
        (move_a_batch, "traveler 17 has 2 instead of 1 (travelers 17)"),
    ],
)
def test_an_altered_record_is_found(
    alter: Callable[[dict[str, Any]], None], finding: str, run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(run, folder)
    file = max((folder / "executions").iterdir())
    record = json.loads(gzip.decompress(file.read_bytes()))
    alter(record)
    file.write_bytes(gzip.compress(json.dumps(record).encode()))
    code, told = judge(folder)
    assert code == 1
    assert finding in told
