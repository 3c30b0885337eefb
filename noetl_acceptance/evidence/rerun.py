"""How a scenario is run again."""

from __future__ import annotations

import shlex

from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.places import INSTALLED
from noetl_acceptance.support.program import PROGRAM


def command_again(result: ScenarioResult, figures: Figures) -> str:
    """Return the command that runs a scenario again as it was run.

    In a checkout it is one for its root; else one for any folder. Its evidence goes where that of
    any run goes.

    Args:
        result: the scenario's.
        figures: of its run.
    """
    options = {"sandbox": figures.sandbox, **figures.options}
    for placement in ("runs", "shard"):
        options.pop(placement, None)
    words = [PROGRAM, "run"] if INSTALLED else [".venv/bin/behave"]
    words.append(result.location)
    if "scale" in result.tags:
        words.append("--tags=@scale")  # left out by default, also where it is named by its line
    for key, value in options.items():
        if value:
            words += ["-D", f"{key}={value}"]
    return shlex.join(words)
