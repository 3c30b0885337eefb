"""Healthy pairs that are written otherwise than ours pass: no file of ours is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.rejudge import judge_folder
from noetl_acceptance.places import ROOT
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


def test_no_pair_is_left_out() -> None:
    assert {folder.name for folder in PAIRS.iterdir()} == set(NOT_JUDGED)
