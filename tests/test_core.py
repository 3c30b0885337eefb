"""The core set stays so small that it can be tried on hundreds of releases."""

from __future__ import annotations

import re

from noetl_acceptance.bdd.entry import selected_by
from noetl_acceptance.conformance.feature_files import FAULT, read_features
from noetl_acceptance.conformance.releases.core import (
    CORE,
    FAULTS,
    FEATURES,
    LEFT_OUT,
    MOST_EXECUTIONS,
    MOST_SCENARIOS,
    core_cases,
)
from noetl_acceptance.orchestration.shards import group
from noetl_acceptance.verdict.claims import load_contract

PLAIN = f"--tags=@{CORE} and not @{FAULT}"
FAULTY = f"--tags=@{CORE} and @{FAULT}"


def rows_proven() -> set[str]:
    tags = {tag for _, case in core_cases(read_features()) for tag in case.tags}
    return {tag for tag in tags if re.fullmatch(r"[CP]\d+", tag)}


def test_the_core_set_has_few_scenarios_that_share_few_executions() -> None:
    scenarios, _ = selected_by([PLAIN])
    assert 0 < len(scenarios) <= MOST_SCENARIOS
    executions = group(scenarios)
    assert len(executions) <= MOST_EXECUTIONS
    assert not [each for each in scenarios if each.alone]
    several = [each for each in scenarios if "side by side" in " ".join(each.setup)]
    assert not several, "a request for several executions counts as one in a group"


def test_it_has_two_faults_each_judged_by_two_scenarios_of_one_execution() -> None:
    assert [len(each) for each in group(selected_by([FAULTY])[0])] == [2] * FAULTS


def test_its_features_are_named_in_the_order_in_which_they_run() -> None:
    assert sorted(FEATURES) == sorted({each.feature for each, _ in core_cases(read_features())})


def test_a_claim_is_in_the_core_set_or_left_out_for_one_reason() -> None:
    left_out = [row for rows in LEFT_OUT.values() for row in rows]
    assert len(left_out) == len(set(left_out))
    assert rows_proven().isdisjoint(left_out)
    assert rows_proven() | set(left_out) == set(load_contract().rows)
