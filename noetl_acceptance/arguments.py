"""What the suite's own command line takes: its commands, their arguments, an example of each."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from noetl_acceptance import byhand
from noetl_acceptance.errors import UsageError
from noetl_acceptance.settings import OWN_KINDS, ROOT
from noetl_acceptance.verdict import policy

PROGRAM = "python -m noetl_acceptance"
RUN = "run"
KINDS = OWN_KINDS
FIGURES = ("bring-up", "attach", "smoke", "full-scale", "default-set", "scale", "checks")

EXAMPLES = {
    "options": "options",
    RUN: f"{RUN} features/smoke.feature --junit",
    "acceptance": "acceptance --sandbox embedded -- --tags=@quick",
    "results": "results runs/20260102-030405-a1b2c3",
    "report": "report runs/20260102-030405-a1b2c3",
    "pages": "pages --check",
    "judge": "judge runs/20260102-030405-a1b2c3",
    "bench": "bench --sandbox embedded --only smoke",
    "repeat": "repeat --times 3 -- features/smoke.feature",
    "up": "up -D sandbox=embedded -D workers=2",
    "status": "status",
    "sql": 'sql "SELECT count(*) FROM noetl.event"',
    "calls": "calls",
    "down": "down --all",
}
"""One call of each command, as its ``--help`` shows it."""


def make_parser(handler: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Args:
        handler: runs a command that names no other; returns its exit code.
    """
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="The suite's own command line; `COMMAND --help` has an example."
    )
    parser.set_defaults(handler=handler)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("options", help="list every -D key with default, unit and meaning")
    commands.add_parser(
        RUN,
        help="run behave with the arguments that follow; the exit code tells whose fault it is",
        description="Runs behave once, with the arguments that follow (`behave --help` has them), "
        "from any folder.",
        usage="%(prog)s [behave's arguments]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_acceptance(commands)
    record = commands.add_parser(
        "results", help="record a full run in docs/results, for docs/contract.md"
    )
    report = commands.add_parser("report", help="make the page of a recorded run anew")
    judged = commands.add_parser(
        "judge", help="hold a recorded run against the checks again, without a sandbox"
    )
    for command in (record, report, judged):
        command.add_argument(
            "run", type=_run_folder, metavar="RUNFOLDER", help="the run's folder below runs/"
        )
    pages = commands.add_parser("pages", help="docs/contract.md and docs/steps.md")
    action = pages.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="make them anew")
    action.add_argument("--check", action="store_true", help="say what is amiss; 1 if anything is")
    _add_bench(commands)
    _add_repeat(commands)
    byhand.add_commands(commands)
    for name, command in commands.choices.items():
        command.epilog = f"example: {PROGRAM} {EXAMPLES[name]}"
    codes = f"exit codes:\n{policy.codes_table()}"
    commands.choices[RUN].epilog = f"example: {PROGRAM} {EXAMPLES[RUN]}\n\n{codes}"
    return parser


def _add_acceptance(commands: Any) -> None:
    runs = commands.add_parser(
        "acceptance",
        help="run all features on the first sandbox that this machine can run (compose, embedded), "
        "and the quick ones, tagged @quick, on the other",
    )
    runs.add_argument(
        "--sandbox",
        type=_some_of(KINDS),
        default=(),
        metavar="KINDS",
        help=f"on these only ({','.join(KINDS)}), each of which must run",
    )
    runs.add_argument("--everywhere", action="store_true", help="run all features on each sandbox")
    runs.add_argument(
        "--record",
        action="store_true",
        help="record each run as by `results`, green or not; implies --everywhere",
    )
    _add_behave(runs)


def _add_bench(commands: Any) -> None:
    bench = commands.add_parser("bench", help="measure the figures of docs/performance.md")
    _add_sandbox(bench)
    bench.add_argument("--runs", type=_number, default=3, help="of each figure (%(default)s)")
    bench.add_argument(
        "--only",
        type=_some_of(FIGURES),
        default=FIGURES,
        metavar="FIGURES",
        help=f"which of {','.join(FIGURES)}; the default set is run once, whatever --runs says",
    )
    bench.add_argument("--write", action="store_true", help="put the rows into the page")


def _add_repeat(commands: Any) -> None:
    again = commands.add_parser(
        "repeat", help="run features again and again; the record is docs/reliability.tsv"
    )
    _add_sandbox(again)
    again.add_argument("--times", type=_number, default=10, help="how often (%(default)s)")
    again.add_argument("--at-once", type=_number, default=1, help="side by side (%(default)s)")
    again.add_argument(
        "--alone",
        action="store_true",
        help="each scenario in a run of its own, one after the other",
    )
    again.add_argument(
        "--random", action="store_true", help="each run in a random order, by a seed that is told"
    )
    again.add_argument(
        "--load",
        type=_number,
        default=0,
        metavar="N",
        help="keep N processors busy meanwhile (none)",
    )
    _add_behave(again)


def _add_sandbox(command: argparse.ArgumentParser) -> None:
    which = f"which sandboxes ({','.join(KINDS)})"
    command.add_argument(
        "--sandbox", type=_some_of(KINDS), default=KINDS, metavar="KINDS", help=which
    )


def _add_behave(command: argparse.ArgumentParser) -> None:
    command.add_argument("behave", nargs="*", help="arguments for behave, after --")


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on, not {text!r}")
    return int(text)


def _some_of(known: Sequence[str]) -> Callable[[str], Sequence[str]]:
    def parse(text: str) -> Sequence[str]:
        names = text.split(",")
        if not set(names) <= set(known):
            raise argparse.ArgumentTypeError(f"one or more of {', '.join(known)}, not {text!r}")
        return names

    return parse


def _run_folder(text: str) -> Path:
    """Return the folder of a run: from the working folder, else from the checkout."""
    folder = next((each for each in (Path(text), ROOT / text) if each.is_dir()), None)
    if folder is None:
        raise UsageError(f"there is no folder {text}", "give a run's folder, below runs/")
    return folder
