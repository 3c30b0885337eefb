"""The commands for folders that runs have left: judge, compare, merge and more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from noetl_acceptance.cli.command import Command, NewFolder, RunFolder
from noetl_acceptance.errors import UsageError
from noetl_acceptance.places import require_checkout

RUN = "runs/20260102-030405-a1b2c3"
"""A run's folder, for the examples."""


def _of_a_run() -> Callable[[Any], Any]:
    return click.argument("run", type=RunFolder(), metavar="RUNFOLDER")


@click.command(cls=Command, example=f"judge {RUN}")
@_of_a_run()
def judge(run: Path) -> int:
    """Hold a recorded run against the checks again.

    That needs no sandbox. The exit code is 0 if every scenario ends as it is recorded and none has
    failed, 1 if one has failed or is not as recorded, and 2 if the folder cannot be read.
    """
    from noetl_acceptance.evidence.rejudge import judge_folder

    return judge_folder(run, print)


@click.command(cls=Command, example=f"report {RUN}")
@_of_a_run()
def report(run: Path) -> None:
    """Make the page of a recorded run anew."""
    from noetl_acceptance.evidence.report import write_report

    print(write_report(run))


@click.command(cls=Command, example=f"annotate {RUN}")
@_of_a_run()
def annotate(run: Path) -> None:
    """Print what did not pass in a run as annotations for GitHub.

    At most ten workflow commands with the place of the scenario in its feature; failures are
    errors, what was not judged is a warning, a recorded deviation is a notice.
    """
    from noetl_acceptance.evidence import results
    from noetl_acceptance.evidence.annotations import lines_of
    from noetl_acceptance.evidence.figures import FIGURES_FILE, read_figures
    from noetl_acceptance.evidence.run_folders import require_run
    from noetl_acceptance.evidence.run_summary import words_for_places

    require_run(run, FIGURES_FILE, results.RESULTS_FILE)
    figures, found = read_figures(run), results.read(run)
    if not found and "shard" not in figures.options:  # a shard may hold none
        raise UsageError(f"no scenario ran in {run}", "give a run that has run something")
    for line in lines_of(found, words_for_places(figures, run)):
        print(line)


@click.command(cls=Command, example=f"results {RUN}")
@_of_a_run()
@click.option(
    "--add",
    is_flag=True,
    help="Record a part of the default set, and keep the rest of the record.",
)
def results(run: Path, *, add: bool) -> None:
    """Record a full run in docs/results, for docs/contract.md.

    With `--add`, record a part of one: its scenarios replace those in the record of the same
    release and sandbox, and name their own run. Scenarios that no feature has any more are dropped.
    """
    from noetl_acceptance.conformance.added_results import add_run
    from noetl_acceptance.conformance.release_results import record_run

    require_checkout("`results`")
    print(add_run(run) if add else record_run(run))


@click.command(cls=Command, example="compare runs/before runs/after")
@click.argument("before", type=RunFolder(), metavar="EARLIER")
@click.argument("after", type=RunFolder(), metavar="LATER")
def compare(before: Path, after: Path) -> int:
    """Compare a run with an earlier one.

    Both are named by their folders. What is told: another NoETL, sandbox, pair or commit; new
    failures, those that are still there or mended, what passed and was not judged again, recorded
    deviations that came or went, and durations that moved. A failure is new as well if another
    party is to blame for it now. The exit code is 0 if no failure is new and the later run came to
    its end, 2 if the two share no scenario, else 1.
    """
    from noetl_acceptance.evidence import results
    from noetl_acceptance.evidence.comparison import compare as compare_runs
    from noetl_acceptance.evidence.comparison import lines_of
    from noetl_acceptance.evidence.conditions import differences
    from noetl_acceptance.evidence.figures import FIGURES_FILE, read_figures
    from noetl_acceptance.evidence.run_folders import require_run

    for run in (before, after):
        require_run(run, results.RESULTS_FILE)
    found = compare_runs(results.read(before), results.read(after))
    if not found.shared:
        told = f"{before} and {after} share no scenario"
        raise UsageError(told, "give two runs of the same features")
    if all((run / FIGURES_FILE).is_file() for run in (before, after)):
        for line in differences(read_figures(before), read_figures(after)):
            print(line)
    print("\n".join(lines_of(found)))
    return 0 if found.ended and not found.new else 1


@click.command(cls=Command, example="merge runs/shard-1 runs/shard-2 runs/shard-3")
@click.argument("runs", type=RunFolder(), nargs=-1, required=True, metavar="RUNFOLDER...")
@click.option(
    "--into",
    type=NewFolder(),
    metavar="FOLDER",
    help="The folder of the merged run, made here; by default a new one where runs are kept.",
)
@click.option(
    "--junit-directory",
    type=NewFolder(),
    metavar="FOLDER",
    help="Where to write JUnit reports; by default nowhere.",
)
def merge(runs: Sequence[Path], into: Path | None, junit_directory: Path | None) -> int:
    """Make one run of the shards of a run.

    The exit code is that of the merged run. A shard that is missing or there twice is told, and so
    is one of another release, sandbox, commit, pair or selection.
    """
    from noetl_acceptance.conformance.closing import closing_lines
    from noetl_acceptance.evidence import junit
    from noetl_acceptance.evidence.writable_places import require_writable
    from noetl_acceptance.orchestration.merge import merge as merge_runs
    from noetl_acceptance.verdict import exit_codes

    folder = into or _new_folder()
    if within := next((run for run in runs if _is_in(folder, run)), None):
        cause = f"--into={folder} is inside {within}"
        raise UsageError(cause, "a run stays as it is: give another")
    if junit_directory is not None and not _is_in(junit_directory, folder):  # not made yet
        require_writable(junit_directory.absolute(), "see --junit-directory")
    told = merge_runs(runs, folder)
    if junit_directory is not None:
        junit.write(told, junit_directory, folder)
    print("\n".join(closing_lines(told, folder)))
    return exit_codes.exit_code(each.verdict for each in told)


def _new_folder() -> Path:
    """Return the folder of a new run, where the options of the environment have runs kept."""
    from noetl_acceptance.evidence.writable_places import require_runs
    from noetl_acceptance.options import load_settings
    from noetl_acceptance.sandbox.protocol import RunFolder

    settings = load_settings({})
    require_runs(settings)
    return RunFolder.new(settings.runs).path


def _is_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
