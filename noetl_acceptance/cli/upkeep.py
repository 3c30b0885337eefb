"""The commands about the suite itself: ``options``, ``pages`` and ``bench``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from noetl_acceptance.cli.command import Command, SomeOf, WholeNumber, on_sandboxes
from noetl_acceptance.conformance.options_table import options_table
from noetl_acceptance.places import require_checkout

FIGURES = (
    "bring-up",
    "attach",
    "smoke",
    "full-scale",
    "releases",
    "default-set",
    "generations",
    "scale",
    "checks",
)
"""What ``bench`` can measure: the keys of ``bench.PARTS``, whose import is slow."""


@click.command(cls=Command, example="options")
def options() -> None:
    """List every -D key with its default, unit and meaning."""
    print(options_table())


@click.command(cls=Command, example="pages --check")
@click.option("--write", is_flag=True, help="Make them anew.")
@click.option("--check", is_flag=True, help="Say what is amiss; exit code 1 if anything is.")
def pages(*, write: bool, check: bool) -> int:
    """Make or check the generated pages below docs/."""
    if write == check:
        raise click.UsageError("give exactly one of --write and --check")
    require_checkout("`pages`")
    from noetl_acceptance.bdd import steps_page
    from noetl_acceptance.conformance import pages as generated

    wanted = {**generated.generate(), **steps_page.generate()}
    if write:
        generated.write(wanted)
        return 0
    differing = [f"{page} is out of date: `make pages`" for page in generated.differing(wanted)]
    found = [*generated.faults(), *steps_page.faults(), *differing]
    for each in found:
        print(each)
    return 1 if found else 0


@click.command(cls=Command, example="bench --sandbox embedded --only smoke")
@on_sandboxes()
@click.option(
    "--runs",
    type=WholeNumber(1),
    default=3,
    show_default=True,
    metavar="N",
    help="Runs for each figure.",
)
@click.option(
    "--only",
    type=SomeOf(FIGURES),
    default=",".join(FIGURES),
    metavar="FIGURES",
    help=f"Which of {', '.join(FIGURES)}; what takes long runs once, whatever --runs says.",
)
@click.option("--write", is_flag=True, help="Put the rows into the page.")
def bench(sandbox: Sequence[str], only: Sequence[str], *, runs: int, write: bool) -> None:
    """Measure the figures of docs/performance.md."""
    require_checkout("`bench`")
    from noetl_acceptance.measure import bench as measuring
    from noetl_acceptance.support.console import Console

    measuring.bench(sandbox, runs, Console(), only=only, write=write)
