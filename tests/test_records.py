"""The records of whole runs, made from what a run left."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.cli.main import main
from noetl_acceptance.conformance.release_results import (
    Record,
    read_records,
    record_of,
    write_record,
)
from noetl_acceptance.conformance.scenarios import Scenario
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results, store
from noetl_acceptance.evidence.figures import Figures, write_figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.model.fault import Fault
from noetl_acceptance.verdict.known_deviations import load_deviations
from tests.test_recorded import recorded


def scenario(name: str, *cases: str) -> Scenario:
    return Scenario("tea", name, cases, cases, ("P1",))


SCENARIOS = [
    scenario("It boils", "It boils"),
    scenario("It boils in …", "It boils in copper", "It boils in steel"),
]


def run_folder(folder: Path, found: Sequence[ScenarioResult], **more: Any) -> Path:
    start = {"when": "2026-11-24T08:00:00Z", "commit": "abc"}
    figures = Figures.model_validate({**start, "sandbox": "compose", "noetl": "2.8.9", **more})
    folder.mkdir(exist_ok=True)
    write_figures(figures, folder)
    results.write(found, folder)
    return folder


def result(name: str, verdict: str = "passed", reason: str = "") -> ScenarioResult:
    return ScenarioResult("Tea", name, "features/tea.feature:7", ("C01",), verdict, reason)


WHOLE = [
    ScenarioResult(
        "Tea",
        "It boils in copper -- @1.1 ",
        "features/tea.feature:7",
        (),
        "deviates",
        "",
        ("cold",),
    ),
    result("It boils", "product", "password in a long story"),
    result("It boils in steel -- @1.2 ", "skipped", "no"),
]


def test_a_full_run_becomes_a_record_whatever_its_verdicts(tmp_path: Path) -> None:
    made = record_of(run_folder(tmp_path, WHOLE, options={"seed": "7", "lanes": "auto"}), SCENARIOS)
    assert (made.name, made.when, made.commit) == ("2.8.9-compose", "2026-11-24T08:00:00Z", "abc")
    file = write_record(made, tmp_path / "results")
    assert file.name == "2.8.9-compose.json"
    assert read_records(tmp_path / "results") == [made]
    lines = file.read_text().splitlines()
    assert lines[8] == '  {"feature": "tea", "scenario": "It boils", "verdict": "product"},'
    assert lines[9].endswith('copper", "verdict": "deviates", "deviations": ["cold"]},')


@pytest.mark.parametrize(
    ("reason", "shown", "verdict"),
    [
        ("recorded deviation NAME did not show not-ended", (), "passed"),
        ("recorded deviation NAME did not show not-ended", ("cold",), "deviates"),
        ("recorded deviation a dry run validates nothing did not show not-refused", (), "product"),
        ("recorded deviation NAME did not show not-ended\nrow-missing: 2", (), "product"),
        ("row-missing: recorded deviation NAME did not show not-ended", (), "product"),
        ("", (), "product"),
    ],
)
def test_what_is_left_to_chance_by_now_is_no_failure_of_an_earlier_run(
    reason: str, shown: tuple[str, ...], verdict: str, tmp_path: Path
) -> None:
    chance = next(each.name for each in load_deviations() if each.chance)
    failed = result("It boils", "product", reason.replace("NAME", chance))
    folder = run_folder(tmp_path, [replace(failed, deviations=shown)])
    (made,) = record_of(folder, []).scenarios
    assert made.verdict == verdict


def test_a_record_has_what_an_execution_lost_that_met_a_fault(tmp_path: Path) -> None:
    run = recorded("healthy")
    fault = Fault(action="killed", victim="server", calls=12, seconds=3)
    outcome = run.outcome.model_copy(update={"stored": run.outcome.stored[2:]})
    request = run.request.under(fault)
    hit = run.model_copy(update={"request": request, "outcome": outcome})
    after = run.model_copy(update={"execution_id": "2", "outcome": outcome})
    found = [
        replace(result(name), rows=rows, executions=(hit.execution_id, after.execution_id))
        for name, rows in (("It breaks", ("P10", "P6")), ("It boils", ("P11",)))
    ]
    folder = run_folder(tmp_path, found)
    for each in (hit, after):
        store.write_record(each, folder / store.EXECUTIONS)
    made = {each.scenario: each.lost for each in record_of(folder, []).scenarios}
    expected = run.workload.expected_rows
    assert made == {"It boils": "", "It breaks": f"2 of {expected} rows missing"}


@pytest.mark.parametrize(
    ("found", "more", "cause"),
    [
        (WHOLE[:2], {}, "tea: It boils in steel"),
        ([], {}, "It boils and 2 more"),
        ([*WHOLE[:2], result(WHOLE[2].scenario, "skipped", "interrupted")], {}, "in steel"),
        (WHOLE, {"noetl": ""}, "did not come up"),
        (WHOLE, {"origin": "wheel x"}, "does not test a release as published: -D noetl"),
        (
            WHOLE,
            {"options": {"workers": "3", "runs": "x"}},
            "does not test a release as published: -D workers",
        ),
    ],
)
def test_a_run_that_is_not_the_whole_set_is_refused(
    tmp_path: Path, found: list[ScenarioResult], more: dict[str, Any], cause: str
) -> None:
    with pytest.raises(UsageError, match=cause):
        record_of(run_folder(tmp_path, found, **more), SCENARIOS)


def test_a_folder_that_is_none_of_a_run_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["results", str(tmp_path)]) == 2
    assert (
        capsys.readouterr().err
        == f"error: {tmp_path} is not a folder of a run - give one below runs/\n"
    )


def test_records_are_in_order_of_releases(tmp_path: Path) -> None:
    made = record_of(run_folder(tmp_path, WHOLE), SCENARIOS)
    for release in ("2.10.42", "2.8.9"):
        write_record(made.model_copy(update={"release": release}), tmp_path / "results")
    assert [each.release for each in read_records(tmp_path / "results")] == ["2.8.9", "2.10.42"]
    assert read_records(tmp_path / "none") == []


def test_a_broken_record_is_named_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "2.8.9-embedded.json"
    file.write_text("{")
    with pytest.raises(UsageError, match=r"9-embedded.json cannot be read: Invalid JSON: EOF.* - "):
        read_records(tmp_path)


def test_a_record_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Record(release="2.8.9", sandbox="embedded", when="", commit="", scenarios=())
    write_record(made, tmp_path)

    def full(_: Path, text: str, **__: object) -> None:
        raise OSError(errno.ENOSPC, f"no space for {len(text)}")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        write_record(made, tmp_path)
    assert read_records(tmp_path) == [made]
    assert len(list(tmp_path.iterdir())) == 1
