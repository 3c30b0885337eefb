"""The commands about many releases: ``conformance`` and ``bisect``."""

from __future__ import annotations

import click

from noetl_acceptance.cli.command import Command, WholeNumber
from noetl_acceptance.places import require_checkout


@click.command(cls=Command, example="conformance --releases 2.8.0..2.16.7")
@click.option(
    "--releases",
    metavar="RANGES",
    help="all, or releases and ranges with commas in between: 2.8.0..2.16.7,4.26.0; Rust programs "
    "as rust or rust:SERVER+WORKER.",
)
@click.option(
    "--lanes",
    type=WholeNumber(1, 64),
    metavar="N",
    help="How many releases at once; by default as many as this machine carries.",
)
@click.option("--again", is_flag=True, help="Also try releases that already have a file.")
@click.option(
    "--tags",
    metavar="EXPRESSION",
    help="Try only these scenarios of the core set again, such as @fault, and renew the files.",
)
@click.option(
    "--list", "listed", is_flag=True, help="List the releases that would be tried, and try none."
)
@click.option(
    "--recheck",
    type=WholeNumber(1),
    metavar="N",
    help="Instead: try one claim of each of N releases again, and compare with their files; "
    "the commit decides which.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Instead: tell where a recorded deviation is contradicted by what was found.",
)
@click.option(
    "--update-deviations",
    "update",
    is_flag=True,
    help="Instead: print the entries of deviations.yaml whose releases would be others.",
)
def conformance(  # noqa: PLR0913 - click hands over each option
    releases: str | None,
    lanes: int | None,
    recheck: int | None,
    tags: str | None,
    *,
    again: bool,
    listed: bool,
    check: bool,
    update: bool,
) -> int:
    """Try the core set on many releases, for docs/conformance.md.

    Each release is installed, tried on an embedded sandbox, and removed. What was found stands in
    docs/conformance/RELEASE.json; a release with such a file is not tried again, so a command that
    was interrupted goes on where it was. The exit code is 0 if each one was tried, and 3 if a
    sandbox broke or a busy machine kept one from being judged. With --recheck it is 1 if one is not
    as its file says, and with --check if a recorded deviation is contradicted.
    """
    require_checkout("`conformance`")
    if [releases is None, recheck is None, not check, not update].count(False) != 1:
        raise click.UsageError(
            "give exactly one of --releases, --recheck, --check and --update-deviations"
        )
    if releases is None and (again or listed or tags or lanes is not None):
        raise click.UsageError("--again, --list, --tags and --lanes go with --releases")
    if recheck is not None:
        return _recheck(recheck)
    if check:
        return _check()
    if update:
        return _update()
    return _census(str(releases), lanes, tags or "", again=again or bool(tags), listed=listed)


def _recheck(count: int) -> int:
    from noetl_acceptance.conformance.releases.release_file import read_releases
    from noetl_acceptance.conformance.releases.sampling import drawn
    from noetl_acceptance.evidence.commit import current_commit
    from noetl_acceptance.orchestration.rechecking import recheck
    from noetl_acceptance.support.console import Console

    cells = drawn(read_releases(), count, current_commit().removesuffix("+"))
    return recheck(cells, Console())


def _check() -> int:
    from noetl_acceptance.conformance.releases.recorded_ranges import contradictions
    from noetl_acceptance.conformance.releases.release_file import read_releases
    from noetl_acceptance.verdict.known_deviations import load_deviations

    found = contradictions(read_releases(), load_deviations())
    for each in found:
        click.echo(f"error: {each} - see `conformance --update-deviations`", err=True)
    return 1 if found else 0


def _update() -> int:
    from noetl_acceptance.conformance.releases.recorded_ranges import entry_text, right_entries
    from noetl_acceptance.conformance.releases.release_file import read_releases
    from noetl_acceptance.verdict.known_deviations import load_deviations

    for why, entry in right_entries(read_releases(), load_deviations()):
        click.echo(f"# {why}\n{entry_text(entry)}")
    return 0


def _census(releases: str, lanes: int | None, tags: str, *, again: bool, listed: bool) -> int:
    from noetl_acceptance.conformance.releases.release_selection import selected_releases
    from noetl_acceptance.options import load_settings
    from noetl_acceptance.orchestration.census import left_to_try, try_releases
    from noetl_acceptance.orchestration.lane_count import fitting_lanes
    from noetl_acceptance.sandbox.builds.package_index import released
    from noetl_acceptance.support.console import Console
    from noetl_acceptance.verdict import exit_codes

    named = selected_releases(releases, released)
    asked = left_to_try(named, again=again)
    if before := len(named) - len(asked):
        has = "has" if before == 1 else "have"
        click.echo(f"{before} of {len(named)} {has} been tried before", err=True)
    if listed:
        for each in asked:
            click.echo(each)
        return 0
    console = Console()
    fitting = lanes or fitting_lanes(load_settings({"sandbox": "embedded"}, {})).lanes
    found = try_releases(asked, fitting, console, tags)
    unproven = len(found) < len(asked) or any(each.unproven for each in found)
    return exit_codes.CODES["sandbox"] if unproven else 0


def _claim(row: str) -> str:
    """Return the id of a claim as the page has it: C24, or pattern-C24."""
    before, dash, claim = row.rpartition("-")
    return f"{before.lower()}{dash}{claim.upper()}"


@click.command(cls=Command, example="bisect --row C24 --good 2.8.9 --bad 2.12.8")
@click.option(
    "--row",
    required=True,
    metavar="ROW",
    help="The claim, such as C24; or a line of the page's own: pattern, pattern-C24, "
    "killed-worker, completed, after-end, logs.",
)
@click.option(
    "--good", metavar="RELEASE", help="A release on which it holds; by default the suite's own."
)
@click.option(
    "--bad",
    metavar="RELEASE",
    help="One on which it is broken, newer or older; by default the newest.",
)
def bisect(row: str, good: str | None, bad: str | None) -> None:
    """Find the release that breaks a claim, or keeps it again.

    With --bad newer than --good it is the first that breaks it; with --bad older, the first that
    keeps it.

    Both ends are tried first. Releases that cannot be judged are passed over. The two releases
    that it ends with have been tried three times, and which files of their wheels differ is told.
    """
    from noetl_acceptance.conformance.releases.own_lines import OWN_LINES
    from noetl_acceptance.conformance.releases.release_selection import end_of
    from noetl_acceptance.options import load_settings
    from noetl_acceptance.orchestration.bisecting import bisect as find
    from noetl_acceptance.orchestration.bisecting import tags_of
    from noetl_acceptance.places import BASE
    from noetl_acceptance.sandbox.builds.package_index import released
    from noetl_acceptance.sandbox.protocol import RunFolder
    from noetl_acceptance.support.console import Console

    name = row.lower() if row.lower() in OWN_LINES else _claim(row)
    tags_of(name)  # a claim that there is not is refused before the package index is asked
    releases = released()
    first = end_of(load_settings({}, {}).noetl if good is None else good, releases)
    last = releases[-1] if bad is None else end_of(bad, releases)
    evidence = RunFolder.new(BASE / "runs").path
    found = find(name, releases, first, last, evidence, Console())
    click.echo("\n".join([*found, f"evidence: {evidence}"]))
