"""What is kept of a release is what its run has shown, no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from noetl_acceptance.conformance.releases.lost_rows import lost_in
from noetl_acceptance.conformance.releases.release_file import (
    ReleaseFile,
    ScenarioOutcome,
    Word,
    order_of,
    read_release,
    read_releases,
    write_release,
)
from noetl_acceptance.conformance.releases.release_outcome import (
    execution_outcome,
    hindrance_in,
    scenario_outcome,
)
from noetl_acceptance.conformance.releases.row_outcomes import row_outcomes
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence.judgements import Judgement
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.support.polling import missed_words, told_starved
from tests.releases import HOLDS, LOST, outcome, release
from tests.test_recorded import recorded


def result(verdict: str, reason: str = "", tags: tuple[str, ...] = ("core",)) -> ScenarioResult:
    return ScenarioResult("F", "S", "features/f.feature:7", ("C24",), verdict, reason, tags=tags)


def ended(verdict: str, *kinds: str, deviations: tuple[str, ...] = ()) -> ScenarioOutcome:
    return ScenarioOutcome(
        feature="f",
        scenario="S",
        rows=("C24", "P1"),
        verdict=verdict,
        kinds=kinds,
        deviations=deviations,
    )


def without(record: ExecutionRecord, *travelers: int) -> ExecutionRecord:
    stored = tuple(row for row in record.outcome.stored if row.traveler_id not in travelers)
    return record.model_copy(
        update={"outcome": record.outcome.model_copy(update={"stored": stored})}
    )


def invalid(record: ExecutionRecord, *travelers: int) -> ExecutionRecord:
    stored = tuple(
        row.model_copy(update={"is_valid": row.traveler_id not in travelers})
        for row in record.outcome.stored
    )
    outcome = record.outcome.model_copy(update={"stored": stored})
    return record.model_copy(update={"outcome": outcome})


def test_a_scenario_has_the_kinds_of_all_its_findings() -> None:
    findings = (Finding("row-missing", "9 rows missing"), Finding("summary", "it says 0"))
    judged = Judgement(
        check="no-missing", promise="", about=(), subject=None, arguments=(), findings=findings
    )
    found = scenario_outcome(result("product", "but: x"), [judged], {})
    assert found.kinds == ("row-missing", "summary")
    assert found.said == "row-missing: 9 rows missing"
    starved = scenario_outcome(result("sandbox", "but: x"), [judged], {})
    assert starved.said == "on a starved machine: row-missing: 9 rows missing"
    assert (found.feature, found.rows) == ("f", ("C24",))


def test_a_claim_is_not_blamed_for_what_a_check_of_another_one_found() -> None:
    def judged(promise: str, *findings: Finding) -> Judgement:
        return Judgement(
            check="no-missing",
            promise=promise,
            about=(),
            subject=None,
            arguments=(),
            findings=findings,
        )

    lost = Finding("failed-without-reason", "it has failed, and no event says why")
    checks = [
        judged("Nothing is doubled (P9)."),
        judged("It ends (P10, P11)."),
        judged("And it is whole (P11).", Finding("row-missing", "9 rows missing")),
        judged("It tells what is lost (P6).", lost),
    ]
    found = scenario_outcome(
        replace(result("product", "but: x"), rows=("P6", "P9", "P10", "P11", "P12")), checks, {}
    )
    assert found.kept == ("P9", "P10")
    told = {row: each.verdict for row, each in row_outcomes([found], {}).items()}
    assert told == {"P6": "fails", "P9": "holds", "P10": "holds", "P11": "fails", "P12": "fails"}


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("execution 7 hangs: nothing moves any more\n  services: …", "hangs"),
        (missed_words(90, "the end of execution 7"), "late"),
        (f"slow machine, pace 2.5: {missed_words(90, 'the end')}", "late-on-a-slow-machine"),
        ("POST /api/execute was refused: 500 no response from stream", "refused"),
        ("recorded deviation a cold cup did not show tea-cold", "deviation-not-shown"),
        ("service-crash: worker-2 has ended by itself", "service-crash"),
        ("something else", "failed"),
    ],
)
def test_where_no_check_found_anything_the_reason_gives_the_kind(reason: str, kind: str) -> None:
    assert scenario_outcome(result("product", reason), [], {}).kinds == (kind,)


def test_what_is_seen_after_the_verdict_is_nothing_against_the_claims_of_the_scenario() -> None:
    reason = "call-after-end: 3 calls after the end\n  services: …"
    found = scenario_outcome(result("product", reason), [], {})
    assert (found.late, found.kinds) == ("call-after-end: 3 calls after the end", ())
    assert row_outcomes([found], {})["C24"].verdict == "holds"
    recorded = found.model_copy(update={"kinds": ("secret-leaked",)})
    outcome = row_outcomes([recorded], {})["C24"]
    assert (outcome.verdict, outcome.kinds) == ("deviates", ("secret-leaked",))


@pytest.mark.parametrize(
    "reason", ["service-crash: worker-2 ended", "execution 7 hangs: nothing moves any more"]
)
def test_what_ends_a_scenario_is_not_taken_for_what_is_seen_late(reason: str) -> None:
    found = scenario_outcome(result("product", reason), [], {})
    assert not found.late
    assert row_outcomes([found], {})["C24"].verdict == "fails"


def test_a_deviation_is_told_of_its_own_claim_alone() -> None:
    found = row_outcomes(
        [ended("deviates", "x", deviations=("a cold cup",))], {"a cold cup": ("P1",)}
    )
    assert {row: each.verdict for row, each in found.items()} == {"C24": "holds", "P1": "deviates"}


def test_the_worst_scenario_decides_and_what_is_not_known_is_not_good() -> None:
    assert row_outcomes([ended("passed"), ended("product", "x")], {})["C24"].verdict == "fails"
    assert row_outcomes([ended("passed"), ended("sandbox")], {})["C24"].verdict == "not judged"
    assert row_outcomes([ended("passed"), ended("skipped")], {})["P1"].verdict == "not judged"


def test_a_deadline_that_a_slow_machine_missed_says_nothing_of_a_release() -> None:
    late = ended("product", "late-on-a-slow-machine")
    assert row_outcomes([late], {})["C24"].verdict == "not judged"
    assert ReleaseFile(release="1", asked="1", scenarios=(late,)).unproven
    assert row_outcomes([ended("product", "late")], {})["C24"].verdict == "fails"


def test_a_traceback_alone_is_nothing_against_the_claims_of_its_scenario() -> None:
    assert row_outcomes([ended("product", "traceback")], {})["C24"].verdict == "holds"
    assert row_outcomes([ended("product", "traceback", "x")], {})["C24"].verdict == "fails"
    assert row_outcomes([ended("sandbox", "traceback")], {})["C24"].verdict == "not judged"


def test_a_recorded_deviation_that_does_not_show_is_nothing_against_a_release() -> None:
    found = row_outcomes([ended("product", "deviation-not-shown")], {})
    assert found["C24"].verdict == "holds"


def test_why_nothing_is_said_of_a_release() -> None:
    refused = "POST /api/catalog/register was refused: 422 18 validation errors"
    assert hindrance_in([result("product", refused)] * 2, up=True) == ("pair", refused)
    one = [result("product", refused), result("passed")]
    assert hindrance_in(one, up=True) == ("", "")
    ended = result("product", "server exited 1 while starting")
    assert hindrance_in([ended], up=False) == ("start", "server exited 1 while starting")
    endless = result("sandbox", missed_words(120, "NoETL's API answering"))
    assert hindrance_in([endless], up=False)[0] == "start"
    slow = result("sandbox", f"slow machine, pace 2.5: {missed_words(120, 'NoETL')}")
    assert hindrance_in([slow], up=False)[0] == "starved"
    assert hindrance_in([result("sandbox", told_starved(9))], up=False)[0] == "starved"
    for reason in ("postgres exited 1 while starting", "server: No space left on device"):
        with pytest.raises(SandboxError, match=reason):
            hindrance_in([result("sandbox", reason)], up=False)


def test_where_missing_rows_stand() -> None:
    record = recorded("healthy")
    size, batches = record.workload.batch_size, record.workload.max_batches
    everyone = tuple(record.workload.travelers)
    assert lost_in(record, all_good=False) == ""
    assert lost_in(without(record, *everyone), all_good=False) == "no row is stored"
    assert lost_in(without(record, *everyone[:size]), all_good=False) == "whole batches are missing"
    last = [everyone[number * size + size - 1] for number in range(batches)]
    assert lost_in(without(record, *last), all_good=False) == "items at the end of a batch are lost"
    assert lost_in(without(record, everyone[0]), all_good=False) == "some rows are missing"
    assert lost_in(without(record, *everyone[1:]), all_good=False) == "most rows are missing"


def test_a_row_that_is_not_valid_is_lost_where_all_answers_are_good() -> None:
    record = recorded("healthy")
    everyone = tuple(record.workload.travelers)
    assert (
        lost_in(invalid(record, everyone[-1]), all_good=True)
        == "items at the end of a batch are lost"
    )
    assert lost_in(invalid(record, *everyone), all_good=True) == "no valid row is stored"


def test_an_execution_is_told_by_its_counts() -> None:
    found = execution_outcome(without(recorded("healthy"), 1))
    assert (found.about, found.end, found.missing) == ("plain", "playbook.completed", 1)
    assert found.stored == found.expected - 1


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = release("2.10.42", C24=LOST, P1=HOLDS)
    file = write_release(found, tmp_path)
    assert file.name == "2.10.42.json"
    assert read_release(file) == found
    write_release(release("2.9.0"), tmp_path)
    assert [each.release for each in read_releases(tmp_path)] == ["2.9.0", "2.10.42"]


def test_a_file_of_a_newer_suite_is_told(tmp_path: Path) -> None:
    file = write_release(release("2.9.0"), tmp_path)
    file.write_text(file.read_text().replace('"schema": 1', '"schema": 99'))
    with pytest.raises(UsageError, match="newer than"):
        read_release(file)


def test_what_a_starved_machine_could_not_judge_is_to_be_tried_again() -> None:
    assert not release("2.9.0", C24=HOLDS).unproven
    assert release("2.9.0", hindrance="starved").unproven
    assert ReleaseFile(release="1", asked="1", scenarios=(ended("sandbox"),)).unproven


def test_rust_comes_after_python_by_its_server() -> None:
    names = ["rust:3.9.0+5.1.0", "rust", "4.26.0", "rust:3.40.0+5.52.0", "2.10.0", "2.9.0"]
    assert sorted(names, key=order_of) == [
        *("2.9.0", "2.10.0", "4.26.0"),
        *("rust:3.9.0+5.1.0", "rust:3.40.0+5.52.0", "rust"),
    ]


@pytest.mark.parametrize(("verdict", "word"), [("deviates", "deviates"), ("product", "fails")])
def test_a_hang_breaks_also_what_no_check_could_be_applied_to(verdict: str, word: Word) -> None:
    hung = ended(verdict, "not-ended").model_copy(update={"unjudged": ("P1",)})
    assert row_outcomes([hung], {})["P1"] == outcome(word, "not-ended")
    other = ended(verdict, "row-missing").model_copy(update={"unjudged": ("P1",)})
    assert row_outcomes([other], {})["P1"].verdict == "not judged"


def test_what_is_said_is_one_line_and_names_no_folder_of_this_machine() -> None:
    finding = Finding("traceback", "worker-2 logged: a cold cup in /home/tea/pot.py\n  Traceback")
    judged = Judgement(
        check="logs", promise="", about=(), subject=None, arguments=(), findings=(finding,)
    )
    found = scenario_outcome(result("product"), [judged], {"/home/tea": "HOME"})
    assert found.said == "traceback: worker-2 logged: a cold cup in HOME/pot.py"


def test_a_claim_whose_check_could_not_be_applied_is_not_judged_whatever_is_logged() -> None:
    fault = Judgement(
        check="ended-after-fault",
        promise="It ends (P10).",
        about=(),
        subject=None,
        arguments=(),
        not_judged="the fault was not made",
    )
    logs = Judgement(
        check="quiet-services",
        promise="No service logs a traceback.",
        about=(),
        subject=None,
        arguments=(),
        findings=(Finding("traceback", "server logged: x"),),
    )
    ended = replace(result("product", "but: x"), rows=("P10", "C24"))
    found = scenario_outcome(ended, [fault, logs], {})
    assert (found.unjudged, found.kinds) == (("P10",), ("traceback",))
    told = {row: each.verdict for row, each in row_outcomes([found], {}).items()}
    assert told == {"C24": "holds", "P10": "not judged"}
