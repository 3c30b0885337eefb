"""Scenarios that were tried again take the place of those of a release's file."""

from __future__ import annotations

from noetl_acceptance.conformance.releases.release_file import ScenarioOutcome
from noetl_acceptance.conformance.releases.renewing import renewed
from noetl_acceptance.model.fault import HANGS_ANYWAY
from tests.releases import HANGS, HOLDS, execution, release


def scenario(name: str, verdict: str, *kinds: str, rows: tuple[str, ...]) -> ScenarioOutcome:
    return ScenarioOutcome(feature="f", scenario=name, rows=rows, verdict=verdict, kinds=kinds)


KILLED = execution().model_copy(update={"about": "worker-3 killed", "end": "unended"})
BEFORE = release("2.10.30", execution(), KILLED, C24=HANGS, P6=HANGS, P10=HANGS).model_copy(
    update={
        "scenarios": (
            scenario("It boils", "product", "row-missing", rows=("C24", "P6")),
            scenario("It is killed", "product", "not-ended", rows=("P6", "P10")),
        )
    }
)


def test_only_what_was_tried_again_is_new() -> None:
    ended = KILLED.model_copy(update={"end": "playbook.completed"})
    now = release("2.10.30", ended, P6=HOLDS, P10=HOLDS).model_copy(
        update={
            "scenarios": (scenario("It is killed", "passed", rows=("P6", "P10")),),
            "commit": "decade1",
        }
    )
    found = renewed(BEFORE, now, {})
    assert [(each.scenario, each.verdict, each.commit) for each in found.scenarios] == [
        ("It boils", "product", ""),
        ("It is killed", "passed", "decade1"),
    ]
    assert found.executions == (execution(), ended)
    assert (found.commit, found.rows["C24"], found.rows["P10"]) == ("c0ffee1", HANGS, HOLDS)
    assert found.rows["P6"].kinds == ("row-missing",)  # another scenario breaks it all the same


def test_a_release_that_could_not_be_tried_stays_as_it_was() -> None:
    assert renewed(BEFORE, release("2.10.30", hindrance="starved"), {}) == BEFORE


def test_what_a_release_that_hangs_without_a_fault_does_under_one_stays_as_it_was() -> None:
    hangs = BEFORE.scenarios[1].model_copy(
        update={"verdict": "skipped", "said": f"not judged, because {HANGS_ANYWAY}"}
    )
    before = BEFORE.model_copy(update={"scenarios": (BEFORE.scenarios[0], hangs)})
    now = release("2.10.30", KILLED, P6=HANGS).model_copy(
        update={"scenarios": (scenario("It is killed", "product", "traceback", rows=("P6",)),)}
    )
    assert renewed(before, now, {}) == before
