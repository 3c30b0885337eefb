"""What the suite relies on inside of behave's steps, scenarios and features."""

from __future__ import annotations

from typing import Any

import pytest
from behave import register_type
from behave.configuration import Configuration
from behave.model_core import Status
from behave.runner import Context, ModelRunner
from behave.step_registry import StepRegistry
from parse_type import TypeBuilder

from noetl_acceptance.bdd import behave_internals as internals
from tests.tea_run import ALL, PASSED, Asked, named, parsed, registry, run, statuses

# How steps and scenarios have ended


@pytest.mark.parametrize(
    ("error", "status"), [(AssertionError("cold"), "failed"), (OSError("gone"), "error")]
)
def test_end_by(error: Exception, status: str) -> None:
    def ended(_context: Any, step: Any) -> None:
        if step.exception is not None:
            internals.end_by(step, error)

    ran = run({"after_step": ended}, hot=ValueError("the step's own"))
    scenario = named(ran.feature, "plain")
    step = scenario.steps[-1]
    assert (step.exception, step.status.name, scenario.status.name) == (error, status, status)


def test_end_skipped() -> None:
    def ended(context: Any, step: Any) -> None:
        if step.exception is not None:
            internals.end_skipped(step)
            context.scenario.skip("no kettle")

    ran = run({"after_step": ended}, hot=ValueError("no kettle"))
    assert statuses(ran.feature) == {**PASSED, "loose": "skipped", "plain": "skipped"}
    scenario = named(ran.feature, "plain")
    assert (scenario.skip_reason, scenario.steps[-1].error_message) == ("no kettle", None)
    assert not ran.failed


def test_print_instead() -> None:
    class Replacing(Asked):
        def result(self, step: Any) -> None:
            internals.print_instead(step, "mind the kettle")

    class Printing(Asked):
        def result(self, step: Any) -> None:
            printed.add(step.error_message)

    def both(runner: ModelRunner) -> None:
        runner.formatters += [Replacing(runner.config), Printing(runner.config)]

    printed: set[str] = set()
    run(before=both, hot=ValueError("a traceback"))
    assert printed == {"mind the kettle"}


def test_skip_ended() -> None:
    def end(_context: Any, scenario: Any) -> None:
        if scenario.name == "plain":
            internals.skip_ended(scenario, "no kettle")

    ran = run({"after_scenario": end})
    assert statuses(ran.feature) == {**PASSED, "plain": "skipped"}
    assert named(ran.feature, "plain").skip_reason == "no kettle"


@pytest.mark.parametrize("name", ALL)
def test_count_again(name: str) -> None:
    ran = run()
    scenario = named(ran.feature, name)
    rule = ran.feature.rules[0]
    assert (ran.feature.status, rule.status) == (Status.passed, Status.passed)
    internals.end_by(list(scenario.all_steps)[-1], AssertionError("cold"))
    assert scenario.status == Status.passed
    internals.count_again(ran.feature, scenario)
    assert statuses(ran.feature) == {**PASSED, name: "failed"}
    assert ran.feature.status == Status.failed
    assert (rule.status == Status.failed) is (name != "loose")


# What features consist of


def test_sort_items() -> None:
    feature = parsed()
    internals.sort_items([feature], lambda item: -item.location.line)
    wanted = ["in steel", "in copper", "plain", "loose"]
    assert [each.name.split(" -- ")[0] for each in feature.walk_scenarios()] == wanted
    runner = ModelRunner(Configuration(["--no-summary"], load_config=False), [feature], registry())
    ran: list[str] = []
    runner.context = Context(runner)
    runner.hooks["before_scenario"] = lambda _, each: ran.append(each.name.split(" -- ")[0])
    runner.run_model()
    assert ran == wanted


def test_prune() -> None:
    feature = parsed()
    steel = named(feature, "in steel")
    internals.prune(feature, {str(steel.location)})
    assert list(feature.walk_scenarios()) == [steel]
    assert len(feature.run_items) == len(feature.rules) == 1
    internals.prune(feature, ())
    assert feature.run_items == []


def test_rule_of() -> None:
    feature = parsed()
    found = [internals.rule_of(each) for each in feature.walk_scenarios()]
    assert found == ["", *["Kettles MUST boil"] * 3]


def test_item_at() -> None:
    feature = parsed()
    assert internals.item_at(feature, 5).name == "loose"
    assert internals.item_at(feature, 14).name.startswith("in copper")


# The steps


def test_step_definitions() -> None:
    steps = registry()
    steps.make_decorator("given")("milk")(lambda _: None)
    found = [each.pattern for each in internals.step_definitions(steps)]
    assert found == ["milk", "water", "it is hot"]


def test_phrases_of() -> None:
    register_type(Leaf=TypeBuilder.make_enum({"green": 1, "black": 2}))
    steps = StepRegistry()
    steps.make_decorator("given")("{kind:Leaf} tea")(lambda _: None)
    (definition,) = internals.step_definitions(steps)
    assert internals.phrases_of(definition, "Leaf") == ["green", "black"]
    assert internals.phrases_of(definition, "d") == []
