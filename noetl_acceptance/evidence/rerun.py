"""How a scenario is run again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.options import PLACEMENT
from noetl_acceptance.places import INSTALLED
from noetl_acceptance.support.program import PROGRAM

LEFT_OUT = ("scale", "wip")
"""The tags that a run leaves out by default, also in a scenario that is named by its line."""


def command_again(result: ScenarioResult, figures: Figures) -> str:
    """Return the command that runs a scenario again as it was run.

    In a checkout it is one for its root; else one for any folder. Its evidence goes where that of
    any run goes.

    Args:
        result: the scenario's.
        figures: of its run.
    """
    words = [PROGRAM, "run"] if INSTALLED else [".venv/bin/behave"]
    words.append(result.location)
    words += [f"--tags=@{tag}" for tag in LEFT_OUT if tag in result.tags]
    return shlex.join([*words, *defines(options_again(figures))])


def options_again(figures: Figures) -> dict[str, str]:
    """Return the options that repeat a run, by key, as text: among them the sandbox it was on."""
    options = {"sandbox": figures.sandbox, **figures.options}
    return {key: value for key, value in options.items() if value and key not in PLACEMENT}


def defines(options: Mapping[str, str]) -> list[str]:
    """Return options as arguments of behave."""
    return [word for key, value in options.items() for word in ("-D", f"{key}={value}")]
