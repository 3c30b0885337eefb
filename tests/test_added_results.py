"""A part of the default set renews what is recorded of a full run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from noetl_acceptance.cli.main import main
from noetl_acceptance.conformance.added_results import renewed
from noetl_acceptance.conformance.release_results import (
    found_in,
    read_records,
    record_of,
    write_record,
)
from noetl_acceptance.errors import UsageError
from tests.test_records import SCENARIOS, WHOLE, result, run_folder, scenario


def test_a_part_of_the_set_renews_what_it_has_and_names_its_own_run(tmp_path: Path) -> None:
    before = record_of(run_folder(tmp_path / "whole", WHOLE), SCENARIOS)
    gone = before.scenarios[0].model_copy(update={"scenario": "It is called otherwise today"})
    before = before.model_copy(update={"scenarios": (*before.scenarios, gone)})
    part = [result("It boils"), result("It boils in steel -- @1.2 ", "skipped", "interrupted")]
    later = {"when": "2026-11-30T08:00:00Z", "commit": "def"}
    since = found_in(run_folder(tmp_path / "part", part, **later))
    made = renewed(before, since, SCENARIOS)
    assert (made.when, made.commit) == (before.when, before.commit)
    assert [(each.scenario, each.verdict, each.commit) for each in made.scenarios] == [
        ("It boils", "passed", "def"),
        ("It boils in copper", "deviates", ""),
        ("It boils in steel", "skipped", ""),
    ]
    write_record(made, tmp_path / "results")
    assert read_records(tmp_path / "results") == [made]


def test_a_part_that_another_command_line_took_part_in_is_refused(tmp_path: Path) -> None:
    before = record_of(run_folder(tmp_path, WHOLE, cli="5.3.2"), SCENARIOS)
    since = before.model_copy(update={"when": "2026-11-30T08:00:00Z"})
    with pytest.raises(UsageError, match=r"was 5\.4\.0, and is 5\.3\.2 in the record"):
        renewed(before, since.model_copy(update={"cli": "5.4.0"}), SCENARIOS)
    assert renewed(before, since.model_copy(update={"cli": ""}), SCENARIOS).cli == "5.3.2"
    assert renewed(before.model_copy(update={"cli": ""}), since, SCENARIOS).cli == "5.3.2"


def test_a_run_that_is_no_later_than_what_is_recorded_is_refused(tmp_path: Path) -> None:
    before = record_of(run_folder(tmp_path, WHOLE), SCENARIOS)
    for when in (before.when, "2026-11-24T07:59:59Z"):
        with pytest.raises(UsageError, match=f"the run of {when} is no later than that of"):
            renewed(before, before.model_copy(update={"when": when}), SCENARIOS)
    since = before.model_copy(update={"when": "2026-11-30T08:00:00Z"})
    later = renewed(before, since, SCENARIOS)
    with pytest.raises(UsageError, match=f"is no later than that of {since.when} in the record"):
        renewed(later, since.model_copy(update={"when": "2026-11-29T08:00:00Z"}), SCENARIOS)


def test_a_run_without_a_scenario_of_the_features_is_refused(tmp_path: Path) -> None:
    before = record_of(run_folder(tmp_path, WHOLE), SCENARIOS)
    since = before.model_copy(update={"when": "2026-11-30T08:00:00Z", "scenarios": ()})
    with pytest.raises(UsageError, match="the run has no scenario that the features have"):
        renewed(before, since, SCENARIOS)


def test_there_must_be_a_record_to_add_a_part_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_folder(tmp_path, WHOLE, noetl="1.2.3")
    assert main(["results", "--add", str(run)]) == 2
    assert "nothing is recorded of NoETL 1.2.3 on compose yet" in capsys.readouterr().err


def test_both_scenarios_of_a_fault_are_of_one_run(tmp_path: Path) -> None:
    names = ("The kettle is broken", "After the kettle was broken")
    scenarios = [replace(scenario(name, name), fault=True) for name in names]
    before = record_of(run_folder(tmp_path, [result(name) for name in names]), scenarios)
    later = before.model_copy(update={"when": "2026-11-30T08:00:00Z"})
    assert len(renewed(before, later, scenarios).scenarios) == 2
    half = later.model_copy(update={"scenarios": later.scenarios[:1]})
    with pytest.raises(UsageError, match="is not in the run, and shares an execution"):
        renewed(before, half, scenarios)
