"""The commands that run features: ``run``, ``acceptance``, ``shards`` and ``repeat``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import click

from noetl_acceptance.cli.command import (
    Command,
    Passing,
    RunFolder,
    SomeOf,
    WholeNumber,
    for_behave,
    on_sandboxes,
)
from noetl_acceptance.errors import UsageError
from noetl_acceptance.model.wording import counted
from noetl_acceptance.options import OWN_KINDS
from noetl_acceptance.places import BASE

LAST_FAILED = "--last-failed"

EarlierRun = Path | Literal["last"]
"""The folder of a run, or the last run that there is."""


class _EarlierRun(RunFolder):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from noetl_acceptance.evidence.last_failed import REMEDY

        try:
            return value if value == "last" else super().convert(value, param, ctx)
        except UsageError as error:
            raise UsageError(error.cause, REMEDY) from None


def _with_last_failed() -> Callable[[Any], Any]:
    return click.option(
        LAST_FAILED,
        is_flag=False,
        flag_value="last",
        type=_EarlierRun(),
        metavar="[RUNFOLDER]",
        help="Run again only what failed, was not judged or was not run in a run; in the last one, "
        "if no folder follows.",
    )


class _Run(Passing):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the only option that is not behave's out of the arguments."""
        own, rest = _own_words(args)
        super().parse_args(ctx, rest)
        Command.parse_args(self, ctx, own)
        ctx.args = rest
        return rest

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
@_with_last_failed()
@click.pass_context
def run(context: click.Context, last_failed: EarlierRun | None) -> int:
    """Run features once.

    Runs behave with the arguments that follow, from any folder; the exit code says whose failure
    the run is. `run features --help` lists them,
    and `options` the keys that -D takes.
    """
    from noetl_acceptance.bdd.entry import run_features

    given = context.args
    return run_features(given[1:] if given[:1] == ["--"] else given, last_failed)


def _own_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split the option --last-failed, and its value, from behave's arguments.

    The word after it is its value unless that begins with a dash, as click has it.
    """
    for place, word in enumerate(words):
        if word == "--":
            break
        if word.partition("=")[0] == LAST_FAILED:
            end = place + 1
            if word == LAST_FAILED and end < len(words) and not words[end].startswith("-"):
                end += 1
            return list(words[place:end]), [*words[:place], *words[end:]]
    return [], list(words)


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
    type=WholeNumber(1, 64),
    metavar="N",
    help="Sandboxes of a kind at once, each with its part of the scenarios; by default as many as "
    "this machine carries.",
)
@_with_last_failed()
@for_behave()
def acceptance(
    sandbox: Sequence[str] | None,
    behave: Sequence[str],
    *,
    everywhere: bool,
    record: bool,
    lanes: int | None,
    last_failed: EarlierRun | None,
) -> int:
    """Run the features on every sandbox that there is.

    All features run on the first sandbox that this machine can run (compose, embedded), and the
    quick ones, tagged @quick, on the other. With --last-failed each sandbox runs again what did not
    pass in the last run on it.

    The exit code is 0 if nothing has failed, 2 if an argument, an option or a file is wrong, and
    else 1.
    """
    from noetl_acceptance.orchestration.matrix import run_everywhere

    if last_failed is not None:
        if record:
            raise UsageError(f"{LAST_FAILED} is for a part, --record for a full run", "give one")
        return _run_again(last_failed, sandbox or (), behave, lanes)
    return run_everywhere(sandbox or (), behave, everywhere=everywhere, record=record, lanes=lanes)


def _run_again(
    last_failed: EarlierRun, sandboxes: Sequence[str], behave: Sequence[str], lanes: int | None
) -> int:
    """Run on each sandbox what did not pass in an earlier run on it; return the exit code."""
    from noetl_acceptance.evidence.last_failed import not_passed
    from noetl_acceptance.orchestration.matrix import run_everywhere

    codes = []
    for kind, run in _earlier_runs(last_failed, sandboxes).items():
        earlier = not_passed(run)
        if earlier.keys:
            again = [LAST_FAILED, str(run), *behave]
            codes.append(run_everywhere([kind], again, lanes=lanes))
        else:
            click.echo(f"acceptance-{kind}: {earlier.nothing_to_run}")
            codes.append(1 if earlier.code else 0)
    return min(filter(None, codes), default=0)


def _earlier_runs(last_failed: EarlierRun, sandboxes: Sequence[str]) -> dict[str, Path]:
    """Return the run of which a part is run again, by the sandbox that it is run on.

    Args:
        last_failed: a run, whose own sandbox it is by default; or the last run on each sandbox.
        sandboxes: which the user has asked for.

    Raises:
        UsageError: there is no such run, or acceptance cannot bring its sandbox up.
    """
    from noetl_acceptance.evidence.last_failed import last_run, no_run, sandbox_of

    if last_failed != "last":
        run = last_failed.absolute()
        kinds = sandboxes or [sandbox_of(run)]
        if not set(kinds) <= set(OWN_KINDS):
            raise UsageError(f"{run} does not tell one of the suite's sandboxes", "give --sandbox")
        return dict.fromkeys(kinds, run)
    place = BASE / "runs"
    found = {kind: last_run(place, kind) for kind in sandboxes or OWN_KINDS}
    runs = {kind: run for kind, run in found.items() if run is not None}
    missing = [kind for kind in found if kind not in runs]
    if missing and (sandboxes or not runs):
        raise no_run(place, " or ".join(missing))
    return runs


@click.command(cls=Command, example="shards --count 8 -- --tags=@quick")
@click.option(
    "--count", type=WholeNumber(1, 64), required=True, metavar="N", help="How many shards."
)
@click.option("--list", "listed", is_flag=True, help="Tell also which scenarios each one holds.")
@for_behave()
def shards(behave: Sequence[str], *, count: int, listed: bool) -> None:
    """Show how the scenarios are cut into shards.

    A shard is a part of the scenarios; all take equally long.

    `run -D shard=3/8` runs the third of eight, wherever it is; `merge` makes one run of all.
    Scenarios that share an execution stay together. Durations are those recorded in docs/results,
    of the NoETL and the sandbox that `-D noetl=` and `-D sandbox=` name: give them after `--` as
    you give them to `run`.
    """
    from noetl_acceptance.bdd.entry import selected_by
    from noetl_acceptance.bdd.shard_selection import durations
    from noetl_acceptance.orchestration.shards import cut, group, seconds_of

    scenarios, settings = selected_by(behave)
    recorded = durations(settings)
    parts = cut(scenarios, count, recorded)
    for number, part in enumerate(parts, start=1):
        seconds = sum(seconds_of(each, recorded) for each in group(part))
        click.echo(
            f"shard {number}/{count}: {counted(len(part), 'scenario')}, about {seconds:.0f} s"
        )
        for each in part if listed else ():
            click.echo(f"  {each.location} {each.name}")


@click.command(cls=Command, example="repeat --times 3 -- features/smoke.feature")
@on_sandboxes()
@click.option(
    "--times", type=WholeNumber(1), default=10, show_default=True, metavar="N", help="How often."
)
@click.option(
    "--at-once",
    type=WholeNumber(1),
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
    type=WholeNumber(0),
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

    The record of all such runs is docs/reliability.tsv. The exit code is 0 if each run has passed
    and left nothing behind, else 1.
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
