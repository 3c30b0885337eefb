"""What is said of releases is computed from what was found, and says no more than that."""

from __future__ import annotations

import pytest

from noetl_acceptance.conformance.releases.heat_map import columns_of
from noetl_acceptance.conformance.releases.release_file import (
    Hindrance,
    Pattern,
    ReleaseFile,
    ScenarioOutcome,
)
from noetl_acceptance.conformance.releases.statements import (
    cell_of,
    changes,
    class_of,
    statement,
    stretches,
    summary_line,
)
from tests.releases import HANGS, HOLDS, LOST, execution, outcome, release

LAST = "items at the end of a batch are lost"
ENDLESS = execution(200, end="not ended")
RELEASES = [
    release("2.8.5", C24=HOLDS),
    release("2.9.0", C24=HOLDS),
    release("2.10.0", C24=HOLDS),
    release("2.10.42", execution(9, lost=LAST), C24=LOST),
    release("2.11.0", ENDLESS, C24=HANGS),
    release("2.12.8", ENDLESS, C24=HANGS),
    release("2.13.0", hindrance="start"),
    release("2.14.0", hindrance="starved"),
    release("2.14.14", P1=HOLDS),
]


def test_a_claim_is_told_by_what_neighbours_have_in_common() -> None:
    assert statement(RELEASES, "C24") == (
        f"holds 2.8.5–2.10.0; 2.10.42: {LAST}; hangs 2.11.0–2.12.8; does not run 2.13.0; "
        "not judged 2.14.0; 2.14.14: unknown"
    )


def test_what_is_recorded_and_what_is_not_is_told_in_the_same_words() -> None:
    recorded, other = outcome("deviates", "secret-leaked"), outcome("fails", "secret-leaked")
    found = [release("2.8.9", P8=recorded), release("2.9.0", P8=other)]
    assert statement(found, "P8") == "2.8.9–2.9.0: a password is logged"
    assert [each.releases for each in stretches(found, "P8")] == [("2.8.9", "2.9.0")]


def test_a_kind_without_words_is_told_by_its_name() -> None:
    assert (
        statement([release("2.9.0", C01=outcome("fails", "tea-cold"))], "C01") == "2.9.0: tea cold"
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (release("1", C24=HOLDS, P1=HOLDS), "keeps the contract"),
        (release("1", C24=HOLDS, P8=outcome("deviates", "x")), "with recorded deviations"),
        (release("1", C24=HOLDS, P8=outcome("fails", "x")), "partly"),
        (release("1", execution(9, lost=LAST), C24=LOST), "misleading"),
        (release("1", execution(0, lost=LAST), C24=LOST), "misleading"),
        (release("1", execution(9, lost=LAST), C24=outcome("not judged"), P1=HOLDS), "not judged"),
        (release("1", execution(100, end="playbook.failed"), C24=LOST, P1=HOLDS), "partly"),
        (release("1", execution(100, end="playbook.failed"), C24=LOST), "does not run"),
        (release("1", execution(101, end="playbook.failed"), C24=LOST), "does not run"),
        (release("1", ENDLESS, C24=HANGS), "does not run"),
        (release("1", hindrance="install"), "does not run"),
        (release("1", C24=HOLDS, P1=outcome("not judged")), "not judged"),
        (release("1", C24=outcome("not judged")), "not judged"),
        (release("1"), "not judged"),
    ],
)
def test_a_release_has_a_class(found: ReleaseFile, expected: str) -> None:
    assert class_of(found) == expected


@pytest.mark.parametrize("hindrance", ["starved", "pair"])
def test_a_release_that_could_not_be_tried_is_not_called_bad(hindrance: Hindrance) -> None:
    found = release("2.9.0", hindrance=hindrance)
    assert class_of(found) == "not judged"
    assert statement([found], "C24") == "not judged 2.9.0"


def test_neighbours_with_equal_cells_share_a_column() -> None:
    columns = columns_of(RELEASES, ["C24"])
    assert [each.span for each in columns[:3]] == ["2.8.5–2.10.0", "2.10.42", "2.11.0–2.12.8"]


def test_another_edition_is_another_column() -> None:
    found = [release("2.23.0", C24=HOLDS), release("2.24.0", C24=HOLDS, edition="2.24-4.x")]
    assert len(columns_of(found, ["C24"])) == 2


def test_what_is_unknown_of_one_is_no_change() -> None:
    assert changes(RELEASES[2], RELEASES[3]) == [
        ("C24", "holds", LAST),
        ("completed", "holds", f"completed, and {LAST}"),
    ]
    assert changes(RELEASES[3], RELEASES[7]) == []
    assert changes(RELEASES[3], RELEASES[8]) == [("completed", f"completed, and {LAST}", "holds")]


def test_one_line_tells_of_a_release() -> None:
    found = release("2.9.0", C24=LOST, P1=LOST, P2=HOLDS)
    assert summary_line(found) == (
        "NoETL 2.9.0: partly: 1 of 3 claims hold; rows are missing (C24, P1)"
    )
    assert summary_line(RELEASES[6]) == "NoETL 2.13.0: does not run: no package index has it"


def test_what_services_log_has_a_line_of_its_own() -> None:
    scenario = ScenarioOutcome(
        feature="f", scenario="S", rows=("C24",), verdict="product", kinds=("traceback",), said="x"
    )
    quiet = scenario.model_copy(update={"verdict": "passed", "kinds": ()})
    unsure = scenario.model_copy(update={"verdict": "product", "kinds": ("hangs",)})
    logs = release("2.9.0", C24=HOLDS).model_copy(update={"scenarios": (scenario, quiet)})
    clean = release("2.10.0", C24=HOLDS).model_copy(update={"scenarios": (quiet,)})
    starved = release("2.11.0", C24=HOLDS).model_copy(update={"scenarios": (unsure, quiet)})
    assert statement([logs, clean, starved, RELEASES[0]], "logs") == (
        "2.9.0: a service logs a traceback; holds 2.10.0; not judged 2.11.0; 2.8.5: unknown"
    )
    assert [class_of(each) for each in (logs, clean)] == ["partly", "keeps the contract"]
    assert summary_line(logs).endswith("1 of 1 claims hold; a service logs a traceback")


def test_what_completed_is_worth_has_a_line_of_its_own() -> None:
    whole = release("2.8.9", C24=HOLDS)
    lost = release("2.10.42", execution(0, lost=LAST), C24=LOST)
    empty = release("4.26.0", execution(200, lost="no row is stored"), C24=LOST)
    starved = release("2.9.0", execution(9, lost=LAST), C24=outcome("not judged"))
    unstarted = release("2.13.0", hindrance="start")
    assert statement([whole, starved, lost, RELEASES[4], unstarted, empty], "completed") == (
        "holds 2.8.9; not judged 2.9.0; 2.10.42: completed, and items at the end of a batch are "
        "lost; 2.11.0: none completes; does not run 2.13.0; 4.26.0: completed, and no row is stored"
    )


KILLED = "fault: a worker at a call killed"


def killed(
    name: str, verdict: str, end: str = "playbook.failed", about: str = KILLED, **more: object
) -> ReleaseFile:
    scenario = ScenarioOutcome(
        feature="worker_faults", scenario="S", rows=("P10",), verdict=verdict, said="x"
    ).model_copy(update=more)
    met = execution(end=end).model_copy(update={"about": about})
    return release(name, met, P10=HOLDS).model_copy(update={"scenarios": (scenario,)})


def test_whether_an_execution_with_a_killed_worker_ends_has_a_line_of_its_own() -> None:
    found = [
        killed("2.8.5", "product", "unended"),
        killed("2.8.9", "deviates"),
        killed("2.9.0", "sandbox", "unended"),
        killed("2.10.0", "product", "unended", kinds=("late-on-a-slow-machine",)),
        killed("2.11.0", "product", "unended", about="plain"),
        killed("rust", "deviates", "unended"),
        release("2.13.0", C24=HOLDS),
    ]
    assert statement(found, "killed-worker") == (
        "hangs 2.8.5; holds 2.8.9; not judged 2.9.0–2.11.0; hangs rust; 2.13.0: unknown"
    )


def test_what_goes_on_after_the_end_has_a_line_of_its_own() -> None:
    def tried(
        name: str, verdict: str, end: str = "playbook.completed", late: str = ""
    ) -> ReleaseFile:
        scenario = ScenarioOutcome(
            feature="smoke", scenario="S", rows=("C24",), verdict=verdict, late=late
        )
        found = release(name, execution(end=end), C24=HOLDS)
        return found.model_copy(update={"scenarios": (scenario,)})

    late = tried("2.8.0", "product", late="call-after-end: 3 calls")
    found = [
        *(late, tried("2.8.9", "passed"), tried("2.10.0", "skipped")),
        *(tried("2.11.0", "product", "unended"), RELEASES[6]),
    ]
    assert statement(found, "after-end") == (
        "2.8.0: calls are made after the end; holds 2.8.9; not judged 2.10.0–2.11.0; "
        "does not run 2.13.0"
    )
    assert class_of(late) == "partly"
    assert summary_line(late).endswith("1 of 1 claims hold; calls are made after the end")


@pytest.mark.parametrize(
    ("lost", "stored", "unharmed"),
    [
        ("", "holds", "holds"),
        (LAST, "not judged", "holds"),
        ("no valid row is stored", "not judged", "not judged"),
        ("no row is stored", "not judged", "not judged"),
    ],
)
def test_rows_that_are_missing_show_nothing_of_what_stands_in_them(
    lost: str, stored: str, unharmed: str
) -> None:
    found = release("2.10.42", execution(9 if lost else 0, lost=lost), C07=HOLDS, P15=HOLDS)
    assert cell_of(found, "C07").word == stored
    assert cell_of(found, "P15").word == unharmed
    pattern = Pattern(
        edition="e", outcome=LOST, rows={"C07": HOLDS, "P15": HOLDS}, end="", lost=lost
    )
    written = release("2.10.42").model_copy(update={"pattern": pattern})
    assert cell_of(written, "pattern-C07").word == stored
    assert cell_of(written, "pattern-P15").word == unharmed


def test_calls_that_are_not_made_do_not_come_one_at_a_time() -> None:
    said = "not-parallel: at least 2 calls in flight wanted, peak 0"
    found = release("2.14.2", C05=outcome("fails", "not-parallel", said=said))
    assert cell_of(found, "C05").words == "nothing of it is done"


def test_what_is_broken_stays_so_where_rows_are_missing() -> None:
    found = release("2.10.42", execution(9, lost=LAST), C07=outcome("fails", "call-name"))
    assert cell_of(found, "C07").words == "names are changed on their way to the profile API"


def test_whose_travelers_are_whose_is_not_judged_where_batches_overlap() -> None:
    found = release("2.55.0", C04=outcome("fails", "slices-overlap", said="side by side"))
    assert cell_of(found, "C04") == ("not judged", "not judged", "side by side")
    other = release("2.55.0", C04=outcome("fails", "slices-overlap", "foreign-slice"))
    assert cell_of(other, "C04").words == "batches have each other's travelers"


def test_a_claim_about_all_executions_does_not_hold_by_the_smoke_test_alone() -> None:
    other = execution(60, lost="no row is stored").model_copy(update={"expected": 60})
    found = release("2.10.10", execution(), other, C24=HOLDS, C25=HOLDS, P1=HOLDS)
    assert [cell_of(found, row).word for row in ("C24", "C25", "P1")] == [
        *("holds", "not judged", "not judged")
    ]
    assert "no row is stored" in cell_of(found, "C25").said


def test_where_a_fault_was_not_made_nothing_is_said_of_what_comes_after_it() -> None:
    unmade = outcome("not judged", said="not judged, because the fault was not made: too late")
    found = release("2.8.0", P6=unmade, P11=outcome("fails", "new-row-missing"))
    assert cell_of(found, "P11").word == "not judged"
    made = release("2.8.5", P6=HOLDS, P11=outcome("fails", "new-row-missing"))
    assert cell_of(made, "P11").word == "fails"


def test_a_fault_shows_nothing_where_executions_hang_without_one() -> None:
    found = release("2.12.2", ENDLESS, P6=HANGS, P10=HANGS, C24=HANGS)
    assert [cell_of(found, row).word for row in ("P6", "P10", "C24")] == [
        *("not judged", "not judged", "fails")
    ]
