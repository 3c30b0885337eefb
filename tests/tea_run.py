"""A small feature that the real behave runs in the test's own process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from behave.configuration import Configuration
from behave.formatter.base import Formatter, StreamOpener
from behave.parser import parse_feature
from behave.runner import Context, ModelRunner
from behave.step_registry import StepRegistry

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
