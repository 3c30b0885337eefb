"""``python -m tests.mutants``: shows for each seeded defect which scenario catches it."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from noetl_acceptance.checks.check_names import name_of
from noetl_acceptance.errors import AcceptanceError, UsageError
from noetl_acceptance.options import Settings, load_settings
from noetl_acceptance.orchestration.lane_count import fitting_lanes
from noetl_acceptance.support import signals
from noetl_acceptance.support.console import Console
from tests.mutants import page
from tests.mutants.defects import Defect, load_defects, named, quick_groups, together
from tests.mutants.lanes import run_in_lanes
from tests.mutants.making import fits
from tests.mutants.running import KIND, Caught
from tests.properties.used import checks_used


def main(arguments: Sequence[str]) -> int:
    """Run the defects that are asked for; return 0 when each is caught, else 1, or 2 for usage."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants",
        description="Runs the features on seeded defects, each of which must be caught by the "
        "scenarios that it names. Renews their lines in docs/mutants.md.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a defect, or a group; without any, all"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="the subset of .ci/run, several defects at once, which makes every check fail",
    )
    parser.add_argument(
        "--noetl",
        default="",
        help="another one, such as rust: with what its pair can carry",
    )
    parser.add_argument(
        "--lanes",
        type=int,
        choices=range(1, 65),
        metavar="N",
        help="how many at once; by default as many as this machine carries, and two at least",
    )
    parser.add_argument("--list", action="store_true", help="list the defects, and run none")
    options = parser.parse_args(arguments)
    console = Console()
    signals.install()
    try:
        groups = [
            group
            for group in _groups(options.names, quick=options.quick)
            if all(fits(defect, options.noetl) for defect in group)
        ]
        if options.list:
            for defect in (defect for group in groups for defect in group):
                print(f"{defect.name}: {defect.changed}; {', '.join(defect.caught)}")
            return 0
        if not groups:
            raise UsageError(f"none of these fits the pair for {options.noetl}", "see --list")
        every = not (options.names or options.noetl)
        lanes = options.lanes or max(2, fitting_lanes(_settings(options.noetl)).lanes)
        return _run(groups, console, options.noetl, lanes, all_checks=every)
    except AcceptanceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: everything is taken down", file=sys.stderr)
        return 130


def _settings(noetl: str) -> Settings:
    given = {"noetl": noetl} if noetl else {}
    return load_settings({"sandbox": KIND, **given})


def _groups(names: Sequence[str], *, quick: bool) -> list[list[Defect]]:
    """Return what is put in at once: the groups of the quick subset, else each defect alone."""
    known = quick_groups()
    if quick:
        return list(known.values())
    if not names:
        return [[defect] for defect in load_defects()]
    return [known[name] if name in known else named([name]) for name in names]


def _run(
    groups: Sequence[Sequence[Defect]],
    console: Console,
    noetl: str,
    lanes: int,
    *,
    all_checks: bool,
) -> int:
    began = time.monotonic()
    found: list[Caught] = []
    with (
        tempfile.TemporaryDirectory(prefix="noetl-acceptance-mutants-") as scratch,
        console.phase("seeded defects"),
        closing(run_in_lanes(groups, Path(scratch), console, noetl, lanes=lanes)) as runs,
    ):
        for number, (group, caught) in enumerate(runs, start=1):
            which = f"{number}/{len(groups)} {together(group).name}"
            found += caught
            for each in caught:
                if len(group) == 1:
                    page.renew(each, noetl)
                name = which if len(group) == 1 else f"{which}: {each.defect.name}"
                console.say(f"{name}: {_told(each)} ({each.seconds:.0f} s)")
    survived = [each for each in found if each.problem]
    console.say(
        f"{len(found) - len(survived)} of {len(found)} seeded defects are caught, "
        f"{lanes} at a time, in {time.monotonic() - began:.0f} s"
    )
    for each in survived:
        console.say(f"  not caught: {each.defect.name}: {each.problem}")
    blind = blind_checks(found) if all_checks else []
    if blind:
        console.say(f"checks that no defect made fail: {', '.join(blind)}")
    return 1 if survived or blind else 0


def blind_checks(found: Sequence[Caught]) -> list[str]:
    """Return the names of the checks that steps use and that had no finding in any run."""
    used = {name_of(check) for check in checks_used()}
    return sorted(used.difference(*(caught.checks for caught in found)))


def _told(caught: Caught) -> str:
    if caught.problem:
        return f"NOT CAUGHT: {caught.problem}"
    return f"caught by {'; '.join(caught.scenarios)}: {caught.message}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
