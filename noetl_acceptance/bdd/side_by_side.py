"""Has lanes run what behave has selected, and says what they are given."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from noetl_acceptance.bdd import behave_internals, scenario_results, shard_selection
from noetl_acceptance.bdd.first_lines import begun
from noetl_acceptance.bdd.selection import tags_but_for
from noetl_acceptance.conformance.closing import closing_lines
from noetl_acceptance.evidence.figures import process_seconds
from noetl_acceptance.evidence.rerun import defines
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.execution.pair_under_test import pair_under_test
from noetl_acceptance.options import PLACEMENT, Settings
from noetl_acceptance.orchestration.behave_processes import with_options
from noetl_acceptance.orchestration.lane_count import lanes_for, why_one_lane
from noetl_acceptance.orchestration.lanes import Work, run_in_lanes
from noetl_acceptance.orchestration.shards import Selected
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.support.console import Console


def lane_count(config: Any, settings: Settings, scenarios: Sequence[Selected]) -> int:
    """Return in how many lanes the selected scenarios run.

    Args:
        config: behave's.
        settings: of the run.
        scenarios: that are selected.
    """
    refused = why_one_lane(settings, behave_internals.files_written(config))
    if not refused and config.stop:
        refused = "--stop ends a run at its first failure, and a lane knows of no other"
    if settings.lanes is None:  # the steps of lanes are in files
        refused = refused or behave_internals.watched(config)
    with Console().phase("how many sandboxes this machine carries"):
        fit = lanes_for(settings, scenarios, refused, shard_selection.durations(settings))
    if fit.why:
        print(f"one lane: {fit.why}", file=sys.stderr)
    return fit.lanes


def run_side_by_side(
    config: Any,
    features: Sequence[Any],
    settings: Settings,
    scenarios: Sequence[Selected],
    lanes: int,
) -> tuple[list[ScenarioResult], Path]:
    """Have processes of their own run the features, and leave one run.

    Args:
        config: behave's.
        features: behave's.
        settings: of the run.
        scenarios: that are selected.
        lanes: how many, at least 2.

    Returns:
        The results, and the folder of the run.

    Raises:
        UsageError: an option cannot be used.
    """
    console, folder = Console(), RunFolder.new(settings.runs).path
    if settings.sandbox == "auto":  # one answer holds for all lanes
        problem = compose_problem()
        settings = replace(settings, sandbox="embedded" if problem else "compose")
        if problem:
            console.say(f"sandbox {settings.sandbox}, for {problem.cause}")
    work = work_of(config, features, settings, scenarios)
    found = run_in_lanes(work, lanes, folder, console)
    console.say("\n".join(closing_lines(found, folder, process_seconds()[0])))
    return found, folder


def work_of(
    config: Any, features: Sequence[Any], settings: Settings, scenarios: Sequence[Selected]
) -> Work:
    """Return what lanes have to do; the arguments are those of ``run_side_by_side``."""
    words = getattr(config, "words", sys.argv[1:])  # as they were given
    chosen = {"sandbox": settings.sandbox}
    options = {key: text for key, text in config.userdata.items() if key not in PLACEMENT}
    return Work(
        arguments=with_options(words, *defines(chosen), *tags_but_for(config, "alone")),
        options=[*defines(options | chosen), *(f"--tags={each}" for each in config.tags)],
        caller=getattr(config, "caller", Path.cwd()),
        scenarios=scenarios,
        not_run=scenario_results.collect(
            features, {}, selected=lambda scenario: bool(scenario.should_run(config))
        ),
        figures=begun(settings, pair_under_test(settings)),
    )
