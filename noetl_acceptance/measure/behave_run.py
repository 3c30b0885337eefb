"""Runs behave and returns what the run cost."""

from __future__ import annotations

import secrets
import time

from noetl_acceptance.errors import SuiteError
from noetl_acceptance.evidence.figures import FIGURES_FILE, Figures, read_figures
from noetl_acceptance.orchestration.behave_processes import (
    behave_command,
    end_with,
    start,
    without_options,
)
from noetl_acceptance.places import ROOT


def behave_run(kind: str, *arguments: str) -> Figures:
    """Run behave and return the figures of its run, which keeps its folder of evidence.

    Args:
        kind: of sandbox.
        arguments: of behave.

    Raises:
        SuiteError: the run was not green; has its last lines.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)
    folder = ROOT / "runs" / f"bench-{stamp}"
    folder.mkdir(parents=True)
    log = folder.with_suffix(".log")
    command = behave_command(kind, folder, "--format=progress", *arguments)
    if end_with(start(command, ROOT, log, without_options())) != 0:
        raise SuiteError(
            f"{' '.join(arguments) or 'the default set'} is not green on {kind}",
            f"the last lines of {log} are below",
            "\n".join(log.read_text().splitlines()[-20:]),
        )
    return read_figures(next(folder.glob(f"*/{FIGURES_FILE}")).parent)
