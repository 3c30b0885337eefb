"""A run that older code has recorded is judged today as it was judged then.

``tests/recorded/run-schema-1`` is what commit e719065 left of nine scenarios on the embedded
sandbox, without the logs, the timelines and the pages, which no verdict needs. Its worker playbook
stored the status 200 whatever was answered. No file in it is to be changed.
"""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

from noetl_acceptance.evidence.rejudge import judge_folder
from noetl_acceptance.places import ROOT

FOLDER = ROOT / "tests" / "recorded" / "run-schema-1"

ENDS = [
    "Slices go by the travelers' numbers, however the source table holds them: passed",
    "A bad answer is told from a good one: product",
    "Rows expected are the smaller of travelers and capacity: a single traveler -- @1.6 : passed",
    "The services keep the message broker's password to themselves: deviates",
    "The dry run of what can run succeeds -- @1.1 : passed",
    "The loop waits for a run that completes: passed",
    "Two executions make the tables of an empty database at the same moment: passed",
    "Calls to two addresses in turn need one connection for each: passed",
    "The place outside is not reached from the sandbox: passed",
]

FINDINGS = [
    "status-made-up: rows with a status that was not answered for them (travelers 13)",
    "secret-leaked: the password of nats stands in the log of the server - a recorded deviation",
    "secret-leaked: the password of nats stands in the log of the worker - a recorded deviation",
]


def judged(folder: Path) -> tuple[int, list[str]]:
    told: list[str] = []
    return judge_folder(folder, told.append), told


def test_every_scenario_ends_as_recorded_by_the_same_findings() -> None:
    code, told = judged(FOLDER)
    ends = [line for line in told if line.startswith("features/")]
    assert [line.partition(" ")[2] for line in ends] == [f"{end}, as recorded" for end in ENDS]
    indented = [line.strip() for line in told if line.startswith("       ")]
    assert [line for line in indented if not line.startswith("but:")] == FINDINGS
    assert told[-1] == "judged again: 7 passed, 1 failed by the product, 1 deviates as recorded"
    assert code == 1  # by the playbook's defect


def test_an_altered_row_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(FOLDER, folder)
    file = folder / "executions" / "770046551044391602.json.gz"
    record = json.loads(gzip.decompress(file.read_bytes()))
    record["outcome"]["stored"].clear()
    file.write_bytes(gzip.compress(json.dumps(record).encode()))
    code, told = judged(folder)
    assert code == 1
    assert told[-1].endswith("1 not as recorded")


def test_a_deviation_that_was_shown_is_known_though_its_scenario_was_renamed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(FOLDER, folder)
    file = folder / "results.json"
    results = json.loads(file.read_bytes())
    (deviates,) = (result for result in results if result["verdict"] == "deviates")
    deviates["scenario"] = "Another name"
    file.write_text(json.dumps(results), encoding="utf-8")
    _, told = judged(folder)
    assert "Another name: deviates, as recorded" in "\n".join(told)
