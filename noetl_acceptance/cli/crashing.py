"""``sweep``: a service is killed at each position of an execution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noetl_acceptance.cli.command import Command, KeyValue, WholeNumber
from noetl_acceptance.errors import UsageError
from noetl_acceptance.options import Settings, load_settings
from noetl_acceptance.places import given
from noetl_acceptance.verdict import exit_codes

if TYPE_CHECKING:
    from noetl_acceptance.conformance.faults.sweep_results import Service, Sweep
    from noetl_acceptance.crash_points.sweeping import Lane


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
    help="Where the results stand, and where it goes on; by default in runs/.",
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
@click.option("--positions", is_flag=True, help="List the positions, and kill nothing.")
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
    again 3 seconds later; then a new execution is asked for. The same command again goes on where
    one has ended, and tries again what was not judged. `docs/faults.md` draws the results that
    stand in docs/results/sweeps/.
    """
    from noetl_acceptance.conformance.faults.sweep_results import read_sweep
    from noetl_acceptance.crash_points import sweeping
    from noetl_acceptance.crash_points.lanes import run_lanes
    from noetl_acceptance.support.console import Console

    settings = load_settings(dict(options))
    if settings.sandbox == "attach":
        raise UsageError("sweep kills services of its own sandbox", "leave out sandbox=attach")
    file = given(into) if into is not None else _default_file(settings, service)
    beside = _default_file(settings, "server" if service == "worker" else "worker")
    found = sweeping.open_file(settings, service, file, beside)
    if positions:
        print("\n".join(position_lines(found)))
        return 0
    tasks = sweeping.tasks_of(found, times, only, lane or sweeping.WHOLE)
    console, code = Console(), 0
    if tasks and lanes > 1 and lane is None:
        again = ["--service", service, "--into", str(file), "--times", str(times)]
        again += [word for each in only for word in ("--only", each)]
        again += [word for key, value in options for word in ("-D", f"{key}={value}")]
        code = run_lanes(again, lanes, tasks, file, console)
    elif tasks:
        sweeping.carry_out(settings, service, tasks, file, console)
    if lane is not None:
        return code
    left = sweeping.tasks_of(ended := read_sweep(file), times, only)
    console.say("\n".join(closing_lines(ended, len(left), file)))
    return code or (exit_codes.CODES["skipped"] if left else 0)


def position_lines(sweep: Sweep) -> list[str]:
    """Return a line for each position: its name, the events beside it, what was seen there."""
    lines = [f"{len(sweep.head.positions)} positions of NoETL {sweep.head.release}"]
    for each in sweep.head.positions:
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
