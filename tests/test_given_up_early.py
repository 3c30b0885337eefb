"""Releases that were given up before they take up what a fault has left lying."""

from __future__ import annotations

from typing import Any

import pytest

from noetl_acceptance.conformance.releases.given_up_early import told_as_today

WAITS = "it waits: NATS has 0 messages to hand out; open: 1 of step fetch_profiles, for 39 s"
AFTER = "not-ended: it has not ended, and may call and store yet"


def file(release: str, seconds: int, waits: str = WAITS) -> dict[str, Any]:
    said = f"not-ended: it has not ended {seconds} s after the healing; {waits}"
    failed = {"verdict": "product", "kinds": ["not-ended"]}
    return {
        "release": release,
        "scenarios": [
            {"scenario": "It is killed", **failed, "said": said},
            {"scenario": "After it was killed", **failed, "said": AFTER},
            {"scenario": "It boils", "verdict": "passed"},
        ],
        "rows": {
            "P10": {"verdict": "fails", "kinds": ["not-ended"], "said": said},
            "P12": {"verdict": "fails", "kinds": ["not-ended"], "said": AFTER},
            "P1": {"verdict": "fails", "kinds": ["row-missing"], "said": "row-missing: 2"},
        },
    }


@pytest.mark.parametrize("release", ["2.10.4", "2.10.30", "2.16.7", "4.26.0"])
def test_what_a_reaper_may_have_taken_up_later_is_not_judged(release: str) -> None:
    told: Any = told_as_today(file(release, 35))
    verdicts = {each["scenario"]: each["verdict"] for each in told["scenarios"]}
    assert verdicts == {
        "It is killed": "skipped",
        "After it was killed": "skipped",
        "It boils": "passed",
    }
    rows = {row: each["verdict"] for row, each in told["rows"].items()}
    assert rows == {"P10": "not judged", "P12": "not judged", "P1": "fails"}
    assert "awaited for 35 s" in told["rows"]["P10"]["said"]


@pytest.mark.parametrize(
    "data",
    [
        file("2.8.5", 35),
        file("rust 3.54.0 + 5.52.0", 35),
        file("2.10.30", 120),
        file("2.10.30", 177),
        file("2.10.30", 35, "it waits: NATS has 0 messages to hand out; open: no command"),
        {"release": "2.10.30"},
    ],
)
def test_what_was_proven_stays_as_it_is(data: dict[str, Any]) -> None:
    assert told_as_today(data) == data
