"""What the suite relies on inside of behave, each held against the real one.

After an upgrade of behave, the test that fails has the name of the function to mend.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave import register_type
from behave.configuration import Configuration
from behave.formatter.base import Formatter, StreamOpener
from behave.model_core import Status
from behave.parser import parse_feature
from behave.reporter.junit import JUnitReporter
from behave.reporter.summary import SummaryReporter
from behave.runner import Context, ModelRunner
from behave.step_registry import StepRegistry
from parse_type import TypeBuilder

from noetl_acceptance.bdd import behave_internals as internals
from noetl_acceptance.errors import UsageError
from noetl_acceptance.options import ROOT

TEXT = """
Feature: Tea
  Scenario: loose
    Given water
    Then it is hot
  Rule: Kettles MUST boil
    Scenario: plain
      Given water
      Then it is hot
    Scenario Outline: in <kettle>
      Given water
      Examples:
        | kettle |
        | copper |
        | steel  |
"""

Hook = Callable[..., None]


class Asked(Formatter):  # type: ignore[misc] # behave has no types
    """A formatter that prints nothing."""

    def __init__(self, config: Any) -> None:
        super().__init__(StreamOpener(stream=sys.stdout), config)


def registry(**broken: Exception) -> StepRegistry:
    """Steps that pass, but for those that are to raise: ``water``, ``hot``."""
    steps = StepRegistry()

    def defined(sentence: str, word: str) -> None:
        def step(_context: Any) -> None:
            if word in broken:
                raise broken[word]

        steps.make_decorator("step")(sentence)(step)

    defined("water", "water")
    defined("it is hot", "hot")
    return steps


def run(
    hooks: dict[str, Hook] | None = None,
    *,
    before: Callable[[ModelRunner], None] = lambda _: None,
    **broken: Exception,
) -> Any:
    """Run the feature in this process; return it with its ``runner`` and ``failed``."""
    feature: Any = parse_feature(TEXT, filename="tea.feature")
    config = Configuration(["--no-summary"], load_config=False)
    runner = ModelRunner(config, [feature], registry(**broken))
    runner.context = Context(runner)
    runner.hooks.update(hooks or {})
    before(runner)
    return SimpleNamespace(feature=feature, runner=runner, failed=bool(runner.run_model()))


def parsed() -> Any:
    return parse_feature(TEXT, filename="tea.feature")


def named(feature: Any, name: str) -> Any:
    return next(each for each in feature.walk_scenarios() if each.name.startswith(name))


def statuses(feature: Any) -> dict[str, str]:
    return {each.name.split(" -- ")[0]: each.status.name for each in feature.walk_scenarios()}


ALL = ("loose", "plain", "in copper", "in steel")
PASSED = dict.fromkeys(ALL, "passed")


def test_behave_is_the_release_that_the_adapter_is_written_for() -> None:
    pins = (ROOT / "requirements" / "suite.in").read_text(encoding="utf-8").splitlines()
    assert f"behave=={version('behave')}" in pins


INSIDE = (
    r"\._runner\b|\.hooks\[|\.formatters\b|\.reporters\b|\.outputs\b|on_cleanup_error|show_duration|"
    r"fail_on_cleanup|\.hook_failed|\bset_status\(|\bclear_status\(|store_exception_context|"
    r"\.error_message = |\.exception = |run_items|TYPE_REGISTRY|FeatureLineDatabase|setup_parser"
)


def test_nothing_else_touches_the_inside_of_behave() -> None:
    files = [ROOT / "environment.py", *(ROOT / "steps").glob("*.py")]
    files += (ROOT / "noetl_acceptance").rglob("*.py")
    touching = {file.name for file in files if re.search(INSIDE, file.read_text(encoding="utf-8"))}
    assert touching == {"behave_internals.py"}


# The configuration


def test_configuration_of() -> None:
    assert internals.configuration_of(["--format=plain"]).format == ["plain"]
    with pytest.raises(UsageError, match=r"--format=nosuch cannot be used: .* - `--format=help`"):
        internals.configuration_of(["--format=nosuch"])


def test_parsed_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    asked = internals.parsed_arguments(["a.feature", "--name=x"], "tea run")
    assert (asked.paths, asked.name, asked.junit_directory) == (["a.feature"], ["x"], None)
    with pytest.raises(SystemExit) as ended:
        internals.parsed_arguments(["--nosuch"], "tea run")
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: tea run ")


def test_write_below(tmp_path: Path) -> None:
    config = Configuration(["--format=plain", "--outfile=told.txt"], load_config=False)
    internals.write_below(config, tmp_path)
    assert config.outputs[0].name == str(tmp_path / "told.txt")
    printing = Configuration(["--format=plain"], load_config=False)
    internals.write_below(printing, tmp_path)
    assert not any("told" in str(output.name) for output in printing.outputs)


def test_write_utf8(tmp_path: Path) -> None:
    file = tmp_path / "told.txt"
    config = Configuration(["--format=plain", f"--outfile={file}"], load_config=False)
    config.outputs[0].encoding = "ascii"
    internals.write_utf8(config)
    config.outputs[0].open().write("1–2")
    config.outputs[0].close()
    assert file.read_text(encoding="utf-8") == "1–2"


# The run


def test_runner_of() -> None:
    found: list[Any] = []
    ran = run({"before_all": lambda context: found.append(internals.runner_of(context))})
    assert found == [ran.runner]


def test_wrap_hooks() -> None:
    called: list[str] = []

    def wrap(name: str, hook: Hook) -> Hook:
        def wrapped(*about: Any) -> None:
            called.append(name)
            hook(*about)

        return wrapped

    hooks: dict[str, Hook] = {"after_rule": lambda _context, _rule: called.append("the hook")}
    run(hooks, before=lambda ran: internals.wrap_hooks(ran, ["after_rule", "before_all"], wrap))
    assert called == ["after_rule", "the hook"]


def test_ask_first() -> None:
    class First(Asked):
        def result(self, step: Any) -> None:
            order.append(f"first {step.name}")

    class Last(Asked):
        def result(self, step: Any) -> None:
            order.append(f"last {step.name}")

    def both(runner: ModelRunner) -> None:
        runner.formatters.append(Last(runner.config))
        internals.ask_first(runner, First(runner.config))

    order: list[str] = []
    run(before=both)
    assert order[:3] == ["first water", "last water", "first it is hot"]


def test_drop_junit() -> None:
    config = Configuration(["--junit", "--summary"], load_config=False)
    assert {type(each) for each in config.reporters} == {JUnitReporter, SummaryReporter}
    internals.drop_junit(config)
    assert {type(each) for each in config.reporters} == {SummaryReporter}


def test_take_reporters() -> None:
    told: list[str] = []

    reporter = SimpleNamespace(feature=lambda _: told.append("told"), end=lambda: None)

    def report(runner: ModelRunner) -> None:
        runner.config.reporters = [reporter]

    def take(runner: ModelRunner) -> None:
        report(runner)
        assert internals.take_reporters(runner.config) == [reporter]

    run(before=take)
    assert told == []
    run(before=report)
    assert told == ["told"]


def test_hide_durations(capsys: pytest.CaptureFixture[str]) -> None:
    def summarized(runner: ModelRunner) -> None:
        runner.config.reporters = [SummaryReporter(runner.config)]
        if hidden:
            internals.hide_durations(runner.config)

    for hidden in (False, True):
        run(before=summarized)
        told = capsys.readouterr().out
        assert "4 scenarios passed" in told
        assert ("Took " in told) is not hidden


def test_hear_cleanup_errors_and_fail_in_cleanup() -> None:
    def broken() -> None:
        raise OSError("the kettle is stuck")

    def hear(context: Any, cleanup: Any, error: Exception) -> None:
        heard.append((cleanup, str(error)))
        internals.fail_in_cleanup(context.scenario, error)

    def begin(context: Any, scenario: Any) -> None:
        if scenario.name == "plain":
            context.add_cleanup(broken)

    heard: list[Any] = []
    ran = run(
        {"before_scenario": begin},
        before=lambda runner: internals.hear_cleanup_errors(runner.context, hear),
    )
    assert heard == [(broken, "the kettle is stuck")]
    assert statuses(ran.feature) == {**PASSED, "plain": "hook_error"}
    scenario = named(ran.feature, "plain")
    assert isinstance(scenario.exception, OSError)
    assert scenario.error_message == "in a clean-up: OSError: the kettle is stuck"


def test_print_cleanup_error(capsys: pytest.CaptureFixture[str]) -> None:
    def stuck() -> None: ...

    run(
        {"before_all": lambda context: internals.print_cleanup_error(context, stuck, OSError("x"))},
        before=lambda runner: setattr(runner.config, "capture_hooks", False),
    )
    assert "CLEANUP-ERROR in stuck: OSError: x" in capsys.readouterr().out


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
