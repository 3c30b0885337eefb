"""Keeps of behave's features the scenarios of one shard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from noetl_acceptance.bdd.selection import keep
from noetl_acceptance.conformance.release_results import read_records, recorded_durations
from noetl_acceptance.model.wording import counted
from noetl_acceptance.option_values import Shard
from noetl_acceptance.options import Settings
from noetl_acceptance.orchestration.shards import Durations, Selected, cut
from noetl_acceptance.sandbox import chosen_kind
from noetl_acceptance.verdict.claims import case_name

_AS_EVER = "the playbooks' default credential is registered"
"""A request without this step is the same one."""


def selected(features: Iterable[Any], config: Any) -> list[Selected]:
    """Return the scenarios that behave's arguments select, in the order of the features."""
    return [
        _selected(feature, scenario)
        for feature in features
        for scenario in feature.walk_scenarios()
        if scenario.should_run(config)
    ]


def durations(settings: Settings) -> Durations:
    """Return how long scenarios take on the NoETL and the sandbox of a run, as is recorded."""
    return recorded_durations(read_records(), settings.noetl, chosen_kind(settings))


def keep_shard(
    features: list[Any], scenarios: Sequence[Selected], shard: Shard, settings: Settings
) -> str:
    """Leave the scenarios of a shard in the features, in place, and none of the others.

    Args:
        features: behave's; one without a scenario goes.
        scenarios: that are selected.
        shard: which.
        settings: of the run.

    Returns:
        What the shard holds, in words.
    """
    kept = cut(scenarios, shard.count, durations(settings))[shard.number - 1]
    keep(features, {each.location for each in kept})
    return f"shard {shard}: {len(kept)} of {counted(len(scenarios), 'scenario')}"


def _selected(feature: Any, scenario: Any) -> Selected:
    steps = list(scenario.all_steps)
    # The first one asks for the execution; what follows it, a command or a remedy, comes to it.
    first = next((number for number, step in enumerate(steps) if step.step_type == "when"), None)
    before = steps[: first + 1] if first is not None else []
    return Selected(
        location=str(scenario.location),
        feature=Path(str(feature.filename)).stem,
        name=case_name(str(scenario.name)),
        alone="alone" in scenario.effective_tags,
        setup=tuple(
            _words(step)
            for step in before
            if step.step_type in ("given", "when") and step.name != _AS_EVER
        ),
    )


def _words(step: Any) -> str:
    table = [row.cells for row in step.table] if step.table else ""
    return f"{step.step_type} {step.name} {table} {step.text or ''}".rstrip()
