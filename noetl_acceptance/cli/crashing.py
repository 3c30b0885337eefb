"""``sweep``: a service is killed at each position of an execution."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noetl_acceptance.cli.command import Command, KeyValue, WholeNumber
from noetl_acceptance.errors import SandboxError, SuiteError, UsageError
from noetl_acceptance.options import OPTIONS, Settings, load_settings
from noetl_acceptance.places import named
from noetl_acceptance.verdict import exit_codes

if TYPE_CHECKING:
    from noetl_acceptance.conformance.faults.sweep_results import Service, Sweep
    from noetl_acceptance.crash_points.sweeping import Lane


_UNUSED = {
    "seed": "leave it out",
    "shard": "leave it out",
    "lanes": "give --lanes",
    "keep": "leave it out",
    "other-release": "leave it out",
}
"""The options of a run that mean nothing to a sweep, and what to do instead."""


class _Lane(click.ParamType["Lane"]):
    name = "k/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Lane:
        """Return the part that a text like 2/3 names."""
        from noetl_acceptance.crash_points.sweeping import Lane

        number, _, count = str(value).partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            self.fail(f"K/N, not {value!r}", param, ctx)
        return Lane(int(number), int(count))


@click.command(cls=Command, example="sweep --service worker -D sandbox=embedded --positions")
@click.option(
    "--service",
    type=click.Choice(["worker", "server"]),
    required=True,
    help="What is killed: the worker that the event is about, or NoETL's server.",
)
@click.option(
    "-D",
    "options",
    type=KeyValue(),
    multiple=True,
    metavar="KEY=VALUE",
    help="An option as behave takes it: sandbox, noetl, workers … (see `options`).",
)
@click.option(
    "--into",
    metavar="FILE",
    help="Where the results are kept; by default runs/sweep-NOETL-SANDBOX-SERVICE.jsonl.",
)
@click.option(
    "--times",
    type=WholeNumber(1),
    default=3,
    show_default=True,
    metavar="N",
    help="How often at each position.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="POSITION",
    help="At this position alone; may be given several times.",
)
@click.option(
    "--lanes",
    type=WholeNumber(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Sandboxes at once, each with its part.",
)
@click.option(
    "--positions",
    is_flag=True,
    help="List the positions, and kill nothing. Where no file has them yet, a sandbox is brought "
    "up for the execution that tells them.",
)
@click.option("--lane", type=_Lane(), hidden=True)
def sweep(  # noqa: PLR0913 - click hands over each option
    service: Service,
    options: Sequence[tuple[str, str]],
    into: str | None,
    times: int,
    only: Sequence[str],
    lanes: int,
    *,
    positions: bool,
    lane: Lane | None,
) -> int:
    """Kill a service at each position of an execution.

    A position is the first event of a step and a type. An execution that nothing disturbs tells
    which there are. At each of them the service is killed in an execution of its own, and started
    again 3 seconds later; then a new execution is asked for. Run the same command again to go on
    where it stopped; it also tries again what was not judged. `docs/faults.md` draws the results
    that stand in docs/results/sweeps/.

    The exit code is 0 if everything is judged, 5 if something is not, 2 if something that was
    asked for is wrong, 3 if the sandbox broke, and 4 if the suite did.
    """
    from noetl_acceptance.conformance.faults.sweep_results import read_sweep
    from noetl_acceptance.crash_points import sweeping
    from noetl_acceptance.crash_points.lanes import run_lanes
    from noetl_acceptance.support.console import Console

    settings = _settings(dict(options))
    if settings.sandbox == "attach":
        raise UsageError("sweep kills services of its own sandbox", "leave out sandbox=attach")
    file = named(into).absolute() if into is not None else _default_file(settings, service)
    beside = _default_file(settings, "server" if service == "worker" else "worker")
    console, code = Console(), 0
    try:
        found = sweeping.open_file(settings, service, file, beside)
        tasks = sweeping.tasks_of(found, times, only, lane or sweeping.WHOLE)
        if positions:
            print("\n".join(position_lines(found, only)))
            return 0
        if tasks and lanes > 1 and lane is None:
            again = ["--service", service, "--into", str(file), "--times", str(times)]
            again += [word for each in only for word in ("--only", each)]
            again += [word for key, value in options for word in ("-D", f"{key}={value}")]
            code = run_lanes(again, lanes, tasks, file, console)
        elif tasks:
            sweeping.carry_out(settings, service, tasks, file, console)
    except (SandboxError, SuiteError) as error:
        click.echo(f"error: {error}", err=True)
        return exit_codes.CODES["sandbox" if isinstance(error, SandboxError) else "suite"]
    if lane is not None:
        return code
    left = sweeping.tasks_of(ended := read_sweep(file), times, only)
    console.say("\n".join(closing_lines(ended, len(left), file)))
    return code or (exit_codes.CODES["skipped"] if left else 0)


def _settings(options: dict[str, str]) -> Settings:
    """Return the options of a sweep; of those that mean nothing to it no variable counts.

    Raises:
        UsageError: one of these was given, or a value is wrong.
    """
    for key, remedy in _UNUSED.items():
        if key in options:
            raise UsageError(f"-D {key} means nothing to a sweep", remedy)
    unused = {option.variable for option in OPTIONS if option.key in _UNUSED}
    environment = {name: value for name, value in os.environ.items() if name not in unused}
    return load_settings(options, environment)


def position_lines(sweep: Sweep, only: Sequence[str] = ()) -> list[str]:
    """Return a line for each position: its name, the events beside it, what was seen there.

    Args:
        sweep: as far as it has come.
        only: the names of those that are told; empty for all.
    """
    lines = [f"{len(sweep.head.positions)} positions of NoETL {sweep.head.release}"]
    for each in sweep.head.positions:
        if only and each.name not in only:
            continue
        near = f" (with {', '.join(each.near)})" if each.near else ""
        seen = [trial.word for trial in sweep.at(each.name)]
        lines.append(f"{each.name}{near}{': ' if seen else ''}{'; '.join(seen)}")
    return lines


def closing_lines(sweep: Sweep, left: int, file: Path) -> list[str]:
    """Return what is told at the end: how often which outcome was seen, and what is to do yet."""
    words = Counter(trial.word for trial in sweep.trials)
    told = ", ".join(f"{count} {word}" for word, count in words.most_common())
    lines = [f"{len(sweep.trials)} trials: {told or 'none'}", f"results: {file}"]
    if left:
        lines.insert(1, f"{left} not judged or not tried; the same command tries them again")
    return lines


def _default_file(settings: Settings, service: Service) -> Path:
    from noetl_acceptance.conformance.faults.sweep_results import file_name

    return settings.runs / f"sweep-{file_name(settings.noetl, settings.sandbox, service)}"
