"""The suite's own command line: ``python -m noetl_acceptance``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from noetl_acceptance import acceptance, byhand, interrupts
from noetl_acceptance.console import Console
from noetl_acceptance.errors import AcceptanceError
from noetl_acceptance.settings import OWN_KINDS, options_table
from noetl_acceptance.verdict import policy

RUN = "run"
KINDS = OWN_KINDS
FIGURES = ("bring-up", "attach", "smoke", "full-scale", "default-set")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m noetl_acceptance", description=__doc__)
    parser.set_defaults(handler=_run)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("options", help="list every -D key with default, unit and meaning")
    commands.add_parser(
        RUN,
        help="run behave with the arguments that follow; the exit code tells whose fault it is",
        description="Runs behave once, with the arguments that follow (`behave --help` has them).",
        usage="%(prog)s [behave's arguments]",
        epilog=f"exit codes:\n{policy.codes_table()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
    runs.add_argument("behave", nargs="*", help="arguments for behave, after --")
    record = commands.add_parser(
        "results", help="record a full run in docs/results, for docs/contract.md"
    )
    record.add_argument("run", type=Path, metavar="RUNFOLDER", help="the run's folder below runs/")
    report = commands.add_parser("report", help="make the page of a recorded run anew")
    report.add_argument("run", type=Path, metavar="RUNFOLDER", help="the run's folder below runs/")
    pages = commands.add_parser("pages", help="docs/contract.md and docs/steps.md")
    action = pages.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="make them anew")
    action.add_argument("--check", action="store_true", help="say what is amiss; 1 if anything is")
    judged = commands.add_parser(
        "judge", help="hold a recorded run against the checks again, without a sandbox"
    )
    judged.add_argument("run", type=Path, metavar="RUNFOLDER", help="the run's folder below runs/")
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
    again.add_argument("behave", nargs="*", help="arguments for behave, after --")
    byhand.add_commands(commands)
    return parser


def _add_sandbox(command: argparse.ArgumentParser) -> None:
    which = f"which sandboxes ({','.join(KINDS)})"
    command.add_argument(
        "--sandbox", type=_some_of(KINDS), default=KINDS, metavar="KINDS", help=which
    )


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


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code (2 for wrong usage)."""
    given = sys.argv[1:] if arguments is None else arguments
    interrupts.install()
    try:
        if given[:1] == [RUN] and given[1:2] not in (["-h"], ["--help"]):
            return _run_features(given[1:])  # argparse would take behave's options for its own
        options = _parser().parse_args(given)
        return int(options.handler(options))
    except AcceptanceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: everything is taken down", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    if options.command == "acceptance":
        return acceptance.run_everywhere(
            options.sandbox, options.behave, everywhere=options.everywhere, record=options.record
        )
    if options.command == "bench":
        from noetl_acceptance.bench import bench  # noqa: PLC0415 - slow import

        bench(options.sandbox, options.runs, Console(), only=options.only, write=options.write)
        return 0
    if options.command == "repeat":
        return _repeat(options)
    if options.command in ("judge", "report", "results"):
        return _recorded(options.command, options.run)
    if options.command == "pages":
        return _pages(write=options.write)
    print(options_table())
    return 0


def _repeat(options: argparse.Namespace) -> int:
    from noetl_acceptance.reliability import told  # noqa: PLC0415 - slow import
    from noetl_acceptance.repeat import Way, repeat  # noqa: PLC0415

    way = Way(options.at_once, options.load, options.random, options.alone)
    console = Console()
    lines = []
    for kind in options.sandbox:
        lines += repeat(kind, options.times, way, options.behave, console)
    console.say(told(lines))
    return 0 if all(line.agrees for line in lines) else 1


def _recorded(command: str, run: Path) -> int:
    if command == "judge":
        from noetl_acceptance.replay import judge_folder  # noqa: PLC0415 - slow import

        return judge_folder(run, print)
    if command == "report":
        from noetl_acceptance.evidence.report import write_report  # noqa: PLC0415 - slow import

        print(write_report(run))
        return 0
    from noetl_acceptance.contract import records  # noqa: PLC0415 - slow import

    print(records.record_run(run))
    return 0


def _run_features(arguments: Sequence[str]) -> int:
    from noetl_acceptance.run_features import run_features  # noqa: PLC0415 - slow import

    return run_features(arguments[1:] if arguments[:1] == ["--"] else arguments)


def _pages(*, write: bool) -> int:
    from noetl_acceptance.contract import pages  # noqa: PLC0415 - slow import

    if write:
        pages.write(pages.generate())
        return 0
    differing = [
        f"{page} is out of date: `make pages`" for page in pages.differing(pages.generate())
    ]
    found = [*pages.faults(), *differing]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
