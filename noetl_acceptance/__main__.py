"""The suite's own command line: ``python -m noetl_acceptance``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from noetl_acceptance import acceptance, interrupts
from noetl_acceptance.arguments import RUN, make_parser
from noetl_acceptance.console import Console, spell_out
from noetl_acceptance.errors import AcceptanceError
from noetl_acceptance.settings import options_table


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code (2 for wrong usage)."""
    spell_out()
    code = 0
    try:
        try:
            code = _main(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # who reads it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _main(given: list[str]) -> int:
    interrupts.install()
    try:
        if given[:1] == [RUN] and given[1:2] not in (["-h"], ["--help"]):
            return _run_features(given[1:])  # argparse would take behave's options for its own
        options = make_parser(_run).parse_args(given)
        return int(options.handler(options))
    except AcceptanceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename is None:  # the reader of a pipe has gone, or a fault of ours
            raise
        told = f"{error.filename} cannot be used: {error.strerror}"
        print(f"error: {told} - see its rights, and the disk that it is on", file=sys.stderr)
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
