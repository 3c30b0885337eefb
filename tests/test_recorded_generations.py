"""Runs of each generation, recorded on the real NoETL, are judged today as they were then."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from noetl_acceptance.checks.summary import summary_is
from noetl_acceptance.evidence.rejudge import judge_folder
from noetl_acceptance.evidence.store import read_executions
from noetl_acceptance.generations.logs import unknown_types
from noetl_acceptance.places import ROOT

RUST = ROOT / "tests" / "recorded" / "rust"
LATE = ROOT / "tests" / "recorded" / "python-4.26.0"


def judged(folder: Path) -> tuple[int, list[str]]:
    told: list[str] = []
    return judge_folder(folder, told.append), told


@pytest.mark.parametrize(
    ("run", "code", "last"),
    [
        (RUST / "healthy", 0, "judged again: 2 passed, 1 deviates as recorded"),
        (RUST / "naive", 1, "judged again: 3 failed by the product"),
        (LATE / "healthy", 0, "judged again: 3 passed"),
    ],
)
def test_a_run_on_another_generation_is_judged_as_it_was(run: Path, code: int, last: str) -> None:
    found, told = judged(run)
    assert (found, told[-1]) == (code, last)
    assert not [line for line in told if "not recorded" in line or "not found any more" in line]


def test_a_naive_pair_on_rust_is_told_what_happened_to_names_and_hashes() -> None:
    told = "\n".join(judged(RUST / "naive")[1])
    assert 'for traveler 7: "42 7" instead of "{{ 7 * 6 }} 7" (travelers 7, 17)' in told
    assert 'hash-harmed: stored "[REDACTED]" for a digest (travelers 1' in told


def test_the_log_of_a_generation_that_nobody_knows_is_not_judged(tmp_path: Path) -> None:
    folder = shutil.copytree(RUST / "naive", tmp_path / "run")
    for file in (folder / "executions").iterdir():
        record = json.loads(gzip.decompress(file.read_bytes()))
        for event in record["events"]:
            event["event_type"] = f"v9.{event['event_type']}"
        file.write_bytes(gzip.compress(json.dumps(record).encode()))
    _, told = judged(folder)
    assert "not judged, because this release's log has no playbook.initialized" in "\n".join(told)
    assert not [line for line in told if line.strip().startswith("Expected")]
    reasons = [line for line in told if "not judged, because" in line or "not recorded" in line]
    assert len(reasons) == 3, "each scenario tells it once"


@pytest.mark.parametrize("run", [RUST / "healthy", LATE / "healthy"])
def test_each_command_names_a_worker(run: Path) -> None:
    (record, *_) = read_executions(run).values()
    claims = [event for event in record.events if event.event_type == "command.claimed"]
    assert claims
    assert all(event.worker_id and event.command_id for event in claims)


def test_the_log_of_the_last_python_release_is_known_to_its_last_word() -> None:
    (record, *_) = read_executions(LATE / "healthy").values()
    types = [event.event_type for event in record.events]
    assert "batch.accepted" in types
    assert not unknown_types(types)


def test_the_summary_is_found_that_the_last_python_release_keeps_as_a_text() -> None:
    (record, *_) = read_executions(LATE / "healthy").values()
    assert summary_is(record, rounds=2, rows=20) == []
