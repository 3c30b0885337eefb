"""Healthy pairs that are written otherwise than ours pass: no file of ours is judged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.rejudge import judge_folder
from noetl_acceptance.evidence.store import read_executions
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.program import PROGRAM, installed
from tests.live.on_pairs import run_behave

PAIRS = ROOT / "tests" / "pairs" / "2.8.x"

TAGS = (
    "(@quick and not @C05 and not @C15 and not @C26 and not (@C12 and @P1)) "
    "or (@C03 and @C09) or (@C27 and @C43)"
)
"""Of the smoke feature what judges the run of 200 travelers, or bad answers; batches that are
empty; the summary at the command line."""

FEATURES = ("features/smoke.feature", "features/batch_order.feature", "features/cli.feature")

NAMELESS = "not judged, because the pair's calls or source rows hold no names"

NOT_JUDGED = {
    "in_sql": {
        "Names come from the execution's own travelers": NAMELESS,
        "Names come from the source table": NAMELESS,
        "Names with special characters reach the profile API unchanged": NAMELESS,
    },
    "by_keyset": {
        "Each valid row holds its own traveler's answer": "not judged, because the pair has no "
        "column for the normalised name"
    },
    "row_by_row": {},
}
"""By pair, the scenarios that need a name which the pair lacks, with what the run says of them."""


@pytest.mark.parametrize("pair", NOT_JUDGED)
def test_a_healthy_pair_passes(pair: str, tmp_path: Path) -> None:
    code, run = run_behave(tmp_path / "runs", PAIRS / pair, *FEATURES, f"--tags={TAGS}")
    found = results.read(run)
    told = {each.scenario: each.reason for each in found if each.verdict != "passed"}
    assert told == NOT_JUDGED[pair]
    assert code == 0
    assert len({each.feature for each in found}) == len(FEATURES)
    assert judge_folder(run, print) == 0


RUST = ROOT / "tests" / "pairs" / "rust"

HARMED = "features/unharmed_data.feature"


def test_a_healthy_pair_for_rust_passes(tmp_path: Path) -> None:
    selected = (*FEATURES, HARMED, f"--tags=({TAGS}) or @P15", "-D", "noetl=rust")
    code, run = run_behave(tmp_path / "runs", RUST / "shaped", *selected)
    found = results.read(run)
    told = {e.scenario: e.reason for e in found if e.verdict not in ("passed", "deviates")}
    assert told == {
        "Names come from the execution's own travelers": NAMELESS,
        "Names come from the source table": NAMELESS,
        "Names with special characters reach the profile API unchanged": NAMELESS,
        "Names reach the profile API and the rows unchanged": NAMELESS,
    }
    assert code == 0


def test_a_pair_that_hands_data_from_step_to_step_is_red_on_rust(tmp_path: Path) -> None:
    code, run = run_behave(tmp_path / "runs", RUST / "naive", HARMED, "-D", "noetl=rust")
    assert (code, {each.verdict for each in results.read(run)}) == (1, {"product"})
    told = "\n".join(each.reason for each in results.read(run))
    assert 'for traveler 7: "42 7" instead of "{{ 7 * 6 }} 7" (travelers 7, 17)' in told
    assert 'hash-harmed: stored "[REDACTED]" for a digest (travelers 1' in told


LATE = ROOT / "tests" / "pairs" / "2.24-4.x"


@pytest.mark.chance
def test_a_healthy_pair_for_the_last_python_releases_passes(tmp_path: Path) -> None:
    selected = (*FEATURES, HARMED, f"--tags=({TAGS}) or @P15", "-D", "noetl=4.26.0")
    code, run = run_behave(tmp_path / "runs", LATE / "with_claims", *selected)
    found = results.read(run)
    told = {e.scenario: e.reason for e in found if e.verdict not in ("passed", "deviates")}
    assert told == {
        "Names come from the execution's own travelers": NAMELESS,
        "Names come from the source table": NAMELESS,
        "Names with special characters reach the profile API unchanged": NAMELESS,
        "Names reach the profile API and the rows unchanged": NAMELESS,
        "A hash that the worker playbook computes reaches the row unchanged": "not judged, because "
        "the pair has no column for the hash",
    }
    assert code == 0


NEWER = {
    "rust": RUST / "documents_2026_09",
    "4.26.0": LATE / "documents_2026_09",
}
"""The pairs that follow the documents of September 2026, by the NoETL that they are written for."""

NEWER_FEATURES = ("features/smoke.feature", "features/cli.feature", "features/full_scale.feature")

NEWER_TAGS = "(@C02 and not @C28) or @C17 or (@C27 and @C28)"
"""What depends on the edition of the documents: default sizes, and the paths that commands name."""


@pytest.mark.parametrize("noetl", ["rust", pytest.param("4.26.0", marks=pytest.mark.chance)])
def test_a_pair_that_follows_the_newer_documents_passes(noetl: str, tmp_path: Path) -> None:
    selected = (*NEWER_FEATURES, f"--tags={NEWER_TAGS}", "-D", f"noetl={noetl}")
    code, run = run_behave(tmp_path / "runs", NEWER[noetl], *selected)
    found = results.read(run)
    told = {e.scenario: e.reason for e in found if e.verdict not in ("passed", "deviates")}
    assert told == {}
    assert len({each.feature for each in found}) == len(NEWER_FEATURES)
    assert code == 0
    sizes = {str(record.workload) for record in read_executions(run).values()}
    assert "120 travelers, 4 batches of 30" in sizes


def test_a_release_that_knows_no_input_is_told_in_one_line(tmp_path: Path) -> None:
    options = (f"playbooks={NEWER['rust']}", "noetl=2.8.9", "lanes=2", f"runs={tmp_path / 'runs'}")
    command = [str(installed(PROGRAM)), "run", *NEWER_FEATURES, *(f"-D{each}" for each in options)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: worker.yaml, step end: NoETL 2.8.9 does not know input: - ")
    assert (done.returncode, list((tmp_path / "runs").iterdir())) == (2, [])


def test_no_pair_is_left_out() -> None:
    assert {folder.name for folder in PAIRS.iterdir()} == set(NOT_JUDGED)
