"""A scenario that fails after behave has counted it as passed."""

from __future__ import annotations

import pytest
from behave.model_core import Status
from behave.parser import parse_feature

from noetl_acceptance.bdd import scenario_results
from noetl_acceptance.bdd.late_failure import fail_late
from noetl_acceptance.errors import SandboxError

TEXT = """
Feature: F
  Rule: R
    Scenario: plain
      Then a
    Scenario Outline: outline <n>
      Then a
      Then b <n>
      Examples:
        | n |
        | 1 |
        | 2 |
"""


@pytest.mark.parametrize(
    ("name", "error", "verdict"),
    [
        ("plain", AssertionError("row-after-end"), "product"),
        ("outline 2", AssertionError("row-after-end"), "product"),
        ("plain", SandboxError("the database is gone"), "sandbox"),
    ],
)
def test_the_scenario_its_rule_and_its_feature_fail(
    name: str, error: Exception, verdict: str
) -> None:
    feature = parse_feature(TEXT)
    scenarios = {str(each.name).split(" -- ")[0]: each for each in feature.walk_scenarios()}
    for scenario in scenarios.values():
        for step in scenario.all_steps:
            step.set_status(Status.passed)
    assert feature.status == Status.passed
    fail_late(feature, scenarios[name], error)
    assert feature.status.has_failed()
    found = {result.scenario: result for result in scenario_results.collect([feature], {})}
    assert [r.verdict for r in found.values()].count("passed") == 2
    failed = next(result for result in found.values() if result.verdict != "passed")
    assert failed.scenario.startswith(name)
    assert (failed.verdict, failed.reason) == (verdict, str(error))
