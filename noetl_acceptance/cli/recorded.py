"""The commands for the folder that a run has left: ``judge``, ``report`` and ``results``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from noetl_acceptance.cli.command import Command, RunFolder

RUN = "runs/20260102-030405-a1b2c3"
"""A run's folder, for the examples."""


def _of_a_run() -> Callable[[Any], Any]:
    return click.argument("run", type=RunFolder(), metavar="RUNFOLDER")


@click.command(cls=Command, example=f"judge {RUN}")
@_of_a_run()
def judge(run: Path) -> int:
    """Hold a recorded run against the checks again.

    That needs no sandbox.
    """
    from noetl_acceptance.evidence.rejudge import judge_folder

    return judge_folder(run, print)


@click.command(cls=Command, example=f"report {RUN}")
@_of_a_run()
def report(run: Path) -> None:
    """Make the page of a recorded run anew."""
    from noetl_acceptance.evidence.report import write_report

    print(write_report(run))


@click.command(cls=Command, example=f"results {RUN}")
@_of_a_run()
def results(run: Path) -> None:
    """Record a full run in docs/results, for docs/contract.md."""
    from noetl_acceptance.conformance.release_results import record_run

    print(record_run(run))
