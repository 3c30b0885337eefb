"""The format of the console: behave's ``pretty``, without the introductions of the features."""

from __future__ import annotations

from typing import Any

from behave.formatter.pretty import PrettyFormatter

from noetl_acceptance.bdd import behave_internals


class BriefFormatter(PrettyFormatter):  # type: ignore[misc] # behave has no types
    """Prints features, scenarios and steps as ``pretty`` does, and rules of which a scenario runs.

    An introduction explains the words of its feature in up to 70 lines: who watches a run waits
    for the first step, which would stand below them.
    """

    name = "brief"
    description = "As pretty, without introductions, and without rules that run no scenario"

    def feature(self, feature: Any) -> None:
        """Print a feature's name, and the file with its introduction."""
        introduction = feature.description
        feature.description = [f"Introduction: {feature.filename}"] if introduction else []
        super().feature(feature)
        feature.description = introduction
        behave_internals.print_no_statement(self)

    def rule(self, rule: Any) -> None:
        """Print a rule of which a scenario runs."""
        if any(scenario.should_run(self.config) for scenario in rule.walk_scenarios()):
            super().rule(rule)
