"""The commands that run features: ``run``, ``acceptance``, ``shards`` and ``repeat``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from noetl_acceptance.cli.command import Command, Passing, SomeOf, for_behave, on_sandboxes
from noetl_acceptance.model.wording import counted
from noetl_acceptance.options import OWN_KINDS


class _Run(Passing):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, and what each exit code says."""
        from noetl_acceptance.verdict import exit_codes

        super().format_epilog(ctx, formatter)
        formatter.write(f"\nexit codes:\n{exit_codes.codes_table()}\n")


@click.command(
    cls=_Run,
    example="run features/smoke.feature --junit",
    options_metavar="[BEHAVE'S ARGUMENTS]",
)
@click.pass_context
def run(context: click.Context) -> int:
    """Run features once; the exit code tells whose fault it is.

    Runs behave with the arguments that follow, from any folder; `behave --help` has them.
    """
    from noetl_acceptance.bdd.entry import run_features

    given = context.args
    return run_features(given[1:] if given[:1] == ["--"] else given)


@click.command(cls=Command, example="acceptance --sandbox embedded -- --tags=@quick")
@click.option(
    "--sandbox",
    type=SomeOf(OWN_KINDS),
    metavar="KINDS",
    help=f"On these only ({','.join(OWN_KINDS)}), each of which must run.",
)
@click.option("--everywhere", is_flag=True, help="Run all features on each sandbox.")
@click.option(
    "--record",
    is_flag=True,
    help="Record each run as by `results`, green or not; implies --everywhere.",
)
@click.option(
    "--lanes",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Sandboxes of a kind at once, each with its part of the scenarios; by default as many as "
    "this machine carries.",
)
@for_behave()
def acceptance(
    sandbox: Sequence[str] | None,
    behave: Sequence[str],
    *,
    everywhere: bool,
    record: bool,
    lanes: int | None,
) -> int:
    """Run the features on every sandbox that there is.

    All features run on the first sandbox that this machine can run (compose, embedded), and the
    quick ones, tagged @quick, on the other.
    """
    from noetl_acceptance.orchestration.matrix import run_everywhere

    return run_everywhere(sandbox or (), behave, everywhere=everywhere, record=record, lanes=lanes)


@click.command(cls=Command, example="shards --count 8 -- --tags=@quick")
@click.option("--count", type=click.IntRange(1, 64), required=True, help="How many shards.")
@click.option("--list", "listed", is_flag=True, help="Tell also which scenarios each one holds.")
@for_behave()
def shards(behave: Sequence[str], *, count: int, listed: bool) -> None:
    """Show how the scenarios are cut into parts that take equally long.

    `run -D shard=3/8` runs the third of eight, wherever it is; `merge` makes one run of all.
    Scenarios that share an execution stay together. Durations are those recorded in docs/results.
    """
    from noetl_acceptance.bdd.entry import selected_by
    from noetl_acceptance.conformance.release_results import read_records, recorded_durations
    from noetl_acceptance.orchestration.shards import cut, group, seconds_of

    durations = recorded_durations(read_records())
    parts = cut(selected_by(behave), count, durations)
    for number, part in enumerate(parts, start=1):
        seconds = sum(seconds_of(each, durations) for each in group(part))
        click.echo(
            f"shard {number}/{count}: {counted(len(part), 'scenario')}, about {seconds:.0f} s"
        )
        for each in part if listed else ():
            click.echo(f"  {each.location} {each.name}")


@click.command(cls=Command, example="repeat --times 3 -- features/smoke.feature")
@on_sandboxes()
@click.option(
    "--times", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="How often."
)
@click.option(
    "--at-once",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Runs side by side.",
)
@click.option(
    "--alone", is_flag=True, help="Each scenario in a run of its own, one after the other."
)
@click.option("--random", is_flag=True, help="Each run in a random order, by a seed that is told.")
@click.option(
    "--load",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Keep N processors busy meanwhile.",
)
@for_behave()
def repeat(
    sandbox: Sequence[str],
    behave: Sequence[str],
    *,
    times: int,
    at_once: int,
    load: int,
    alone: bool,
    random: bool,
) -> int:
    """Run features again and again.

    The record of all such runs is docs/reliability.tsv.
    """
    from noetl_acceptance.measure.reliability import told
    from noetl_acceptance.measure.repeat import Way
    from noetl_acceptance.measure.repeat import repeat as repeat_features
    from noetl_acceptance.support.console import Console

    way = Way(at_once, load, random, alone)
    console = Console()
    lines = []
    for kind in sandbox:
        lines += repeat_features(kind, times, way, behave, console)
    console.say(told(lines))
    return 0 if all(line.agrees for line in lines) else 1
