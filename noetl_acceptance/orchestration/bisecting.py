"""Finds where a claim breaks, or is mended, by trying it on real releases."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.conformance.releases.bisection import Bisection, Probe, Search, Tried
from noetl_acceptance.conformance.releases.cells import HOLDS, NOT_JUDGED
from noetl_acceptance.conformance.releases.core import CORE, PATTERN_FEATURES, core_cases
from noetl_acceptance.conformance.releases.own_lines import OWN_LINES, PATTERN_ROW
from noetl_acceptance.conformance.releases.page_lines import claim_of, is_pattern, shown_by_of
from noetl_acceptance.conformance.releases.release_file import ReleaseFile, name_of
from noetl_acceptance.conformance.releases.statements import cell_of
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.model.wording import counted
from noetl_acceptance.orchestration.one_release import ENVIRONMENTS, PATTERN_FOLDER, try_release
from noetl_acceptance.sandbox.builds.environment_cache import is_kept, remove
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.package_index import fetch_wheel
from noetl_acceptance.sandbox.builds.wheel_difference import ChangedFile, changed_files
from noetl_acceptance.support.console import Console
from noetl_acceptance.verdict.claims import load_contract

MOST_FILES = 40
"""The most files that are told of two wheels."""


def bisect(
    row: str, releases: Sequence[str], good: str, bad: str, evidence: Path, console: Console
) -> list[str]:
    """Find the neighbours between which a claim breaks or, where ``bad`` is older, is mended.

    Args:
        row: the claim's id, or the name of a line of the page's own.
        releases: the oldest first; both ends are among them.
        good: an end on which it holds.
        bad: the other end, on which it does not.
        evidence: the folder in which the runs stay.
        console: tells of each try.

    Returns:
        What was found, in lines.

    Raises:
        UsageError: there is no such claim, or an end is wrong.
    """
    tags_of(row)  # a claim that there is not is refused before anything is tried
    shown: dict[str, Path] = {}
    with _environments(releases) as made:

        def probe(release: str) -> Probe:
            made.append(release)
            place = evidence / f"try-{len(made)}"
            told = _probed(release, row, place, console)
            if told.words == NOT_JUDGED:  # once more: the machine may have been busy for a while
                told = _probed(release, row, place, console)
            if told.verdict == "bad":
                shown[release] = place / name_of(release)
            return told

        found = Search(releases, probe, console.say).between(good, bad)
    with tempfile.TemporaryDirectory() as scratch:
        differing = _differing(found, Path(scratch))
    return lines_of(row, found, differing, bundles_in(shown[found.bad.release], row))


def _probed(release: str, row: str, evidence: Path, console: Console) -> Probe:
    """Return what one try of a release says of a claim; of one that broke, that it says nothing."""
    try:
        found = try_release(
            release,
            console,
            tags=tags_of(row),
            evidence=evidence,
            keep=True,
            with_pattern=is_pattern(row),
        )
    except SandboxError as error:
        return Probe("none", NOT_JUDGED, error.cause)
    return probe_of(found, row)


def tags_of(row: str) -> str:
    """Return the tags that select what shows a claim: of the core set where that has it.

    Raises:
        UsageError: neither the contract nor the page has such a claim, or the documents' own
            pattern is not tried with it.
    """
    shown_by = shown_by_of(row)
    if row in OWN_LINES and not shown_by:
        return f"@{CORE}"
    contract = load_contract().rows
    if shown_by not in contract:
        raise UsageError(
            f"the contract has no claim {row or repr(row)}",
            f"docs/contract.md has them all; besides there are {', '.join(OWN_LINES)} and "
            f"{PATTERN_ROW}ROW",
        )
    cases = core_cases(read_features())
    if is_pattern(row):
        cases = [(each, case) for each, case in cases if each.feature in PATTERN_FEATURES]
    if any(shown_by in case.tags for _, case in cases):
        return f"@{CORE} and @{shown_by}"
    if is_pattern(row):
        tried = [claim for claim in contract if any(claim in case.tags for _, case in cases)]
        raise UsageError(
            f"the documents' own pattern is not tried with {shown_by}",
            f"give {PATTERN_ROW}ROW with one of {', '.join(tried)}",
        )
    return f"@{shown_by} and not @scale"


def probe_of(found: ReleaseFile, row: str) -> Probe:
    """Return what a release says of a claim."""
    cell = cell_of(found, row)
    if cell.word == HOLDS:
        return Probe("good", cell.words)
    broken = cell.word in ("fails", "deviates")
    return Probe("bad" if broken else "none", cell.words, cell.said)


@contextmanager
def _environments(releases: Sequence[str]) -> Iterator[list[str]]:
    """Remove in the end the environments of noted releases, but for those of before."""
    keys = {each: NoetlBuild.of(each).key for each in releases}
    there = {each for each, key in keys.items() if is_kept(ENVIRONMENTS, key)}
    made: list[str] = []
    try:
        yield made
    finally:
        for each in set(made) - there:
            remove(ENVIRONMENTS, keys[each])


def _differing(found: Bisection, scratch: Path) -> list[ChangedFile]:
    wheels = []
    for each in (found.bad, found.good) if found.mended else (found.good, found.bad):
        folder = scratch / name_of(each.release)
        folder.mkdir()
        wheels.append(fetch_wheel(each.release, folder))
    return changed_files(*wheels)


def bundles_in(folder: Path, row: str) -> list[Path]:
    """Return the bundles for an issue tracker that show a claim.

    Args:
        folder: of a release that was tried.
        row: the claim; one about the documents' own pattern has a run of its own where the edition
            of the release is another.
    """
    of_pattern = folder / PATTERN_FOLDER
    place = of_pattern if is_pattern(row) and of_pattern.is_dir() else folder
    return sorted(place.glob("*/bundles/*.zip"))


def lines_of(
    row: str, found: Bisection, differing: Sequence[ChangedFile], bundles: Sequence[Path]
) -> list[str]:
    """Return what was found, in lines.

    Args:
        row: the claim's id.
        found: the neighbours.
        differing: the files of their wheels that are not the same.
        bundles: of the first bad release.
    """
    lines = ["", f"{row}: {claim_of(row, load_contract())}"]
    if found.mended:
        lines += [*_side("last bad", found.bad), *_side("first good", found.good)]
    else:
        lines += [*_side("last good", found.good), *_side("first bad", found.bad)]
    if found.passed_over:
        lines.append(f"between them, not judged: {', '.join(found.passed_over)}")
    lines.append(f"their wheels differ in {counted(len(differing), 'file')}:")
    lines += [f"  {each.how:<8} {each.path}" for each in differing[:MOST_FILES]]
    if len(differing) > MOST_FILES:
        lines.append(f"  … {len(differing) - MOST_FILES} more")
    lines += [f"bundle for the tracker: {each}" for each in bundles]
    tries = sum(len(each.probes) for each in found.tried)
    lines.append(f"tried: {counted(len(found.tried), 'release')}, {counted(tries, 'time')} in all")
    return lines


def _side(name: str, tried: Tried) -> Iterator[str]:
    chance = "by chance, " if tried.by_chance else ""
    yield f"{name}: {tried.release}: {tried.shown.words} ({chance}{tried.odds})"
    if tried.shown.said:
        yield f"  {tried.shown.said}"
