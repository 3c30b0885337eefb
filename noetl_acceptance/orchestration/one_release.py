"""Tries one release: installs it, carries the core set out on it, and removes it again."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.conformance.releases.core import CORE, FEATURES, PATTERN_FEATURES
from noetl_acceptance.conformance.releases.release_file import Pattern, ReleaseFile, name_of
from noetl_acceptance.conformance.releases.release_outcome import SHOWN, outcome_of, pattern_of
from noetl_acceptance.conformance.row_verdicts import rules_of
from noetl_acceptance.errors import UnusableBuildError, UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.commit import current_commit
from noetl_acceptance.evidence.figures import utc_now
from noetl_acceptance.evidence.neutral import neutral
from noetl_acceptance.generations.editions import edition_for, is_rust, pattern_for
from noetl_acceptance.option_values import STANDSTILL
from noetl_acceptance.orchestration.behave_processes import (
    end_with,
    on_sandbox,
    run_command,
    start,
    without_options,
)
from noetl_acceptance.places import BASE, WORK
from noetl_acceptance.sandbox.builds import cargo, noetl_environment
from noetl_acceptance.sandbox.builds.environment_cache import is_kept, remove
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.package_index import fetch_wheel, packages_in, wheel_of
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.builds.rust_programs import ensure_programs
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.machine import machine_words
from noetl_acceptance.verdict import exit_codes
from noetl_acceptance.verdict.known_deviations import load_deviations

ENVIRONMENTS = WORK / "noetl"
_ADDRESS = re.compile(r"https?://[^\s`'\"<>]+")
"""An index's address, which stands in no file."""

SERVER_CRATE, WORKER_CRATE = "noetl-server", "noetl-worker"

PATTERN_FOLDER = "documents-pattern"
"""The folder, in that of a release, of the run with the documents' own pattern."""

EVIDENCE = BASE / "runs" / "conformance"
"""Where the runs of releases stay, a folder for each."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A release that can be started: its wheel, what is in its environment, how long that took."""

    wheel: str = ""
    sha256: str = ""
    installed: tuple[str, ...] = ()
    seconds: float = 0.0


def options_of(asked: str) -> list[str]:
    """Return the options with which a release is tried, as arguments of behave."""
    options = {"noetl": asked, "lanes": "1", "give-up": STANDSTILL}
    return [word for key, value in options.items() for word in ("-D", f"{key}={value}")]


def try_release(
    asked: str,
    console: Console,
    *,
    tags: str = f"@{CORE}",
    evidence: Path | None = None,
    keep: bool = False,
    with_pattern: bool = False,
) -> ReleaseFile:
    """Carry the core set out on a release, on an embedded sandbox, and return what was found.

    Args:
        asked: what ``-D noetl=`` takes.
        console: for lines about what goes on.
        tags: what is carried out.
        evidence: below which folder the run stays, in place of an earlier one of the release;
            ``EVIDENCE`` when None.
        keep: whether its environment stays; else it is removed, unless it was there before.
        with_pattern: whether the documents' own pattern is tried as well.

    Raises:
        UsageError: it cannot be tried for a reason that is not the release's.
        SandboxError: an installation took too long.
        KeyboardInterrupt: a signal has ended it; nothing is left but the evidence.
    """
    began = time.monotonic()
    try:
        with _prepared(asked, console, keep=keep) as prepared:
            # Only now is it known that the run of before has a successor.
            folder = _new_folder((evidence or EVIDENCE) / name_of(asked))
            found = _carried_out(asked, tags, folder)
            if with_pattern:
                found = found.model_copy(
                    update={"pattern": _pattern(found, folder / PATTERN_FOLDER)}
                )
    except UnusableBuildError as error:
        return _not_installed(asked, error)
    total = time.monotonic() - began
    took = {"install": round(prepared.seconds, 1), "total": round(total, 1)}
    return found.model_copy(
        update={
            "wheel": prepared.wheel,
            "sha256": prepared.sha256,
            "installed": prepared.installed,
            "machine": machine_words(),
            "seconds": found.seconds.model_copy(update=took),
        }
    )


def _not_installed(asked: str, error: UnusableBuildError) -> ReleaseFile:
    """Return what is told of a release that cannot be installed, or has nothing to start."""
    detail = [line.strip() for line in error.detail.splitlines() if line.strip()]
    told = "; ".join([error.cause, *detail[-3:]])
    reason = neutral(_ADDRESS.sub("ADDRESS", told), {str(WORK): "WORK"})
    return ReleaseFile(
        release=asked,
        asked=asked,
        edition=edition_for(asked).name,
        when=utc_now(),
        commit=current_commit(),
        machine=machine_words(),
        hindrance="install",
        reason=reason[:SHOWN],
    )


def _new_folder(folder: Path) -> Path:
    """Make a folder in place of an earlier one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def _prepared(asked: str, console: Console, *, keep: bool) -> Iterator[Prepared]:
    """Install a release, and remove it at the end unless it is to stay or was there before.

    Rust programs are kept: they take minutes to build.
    """
    began = time.monotonic()
    if is_rust(asked):
        yield _rust(RustBuild.of(asked), console, began)
        return
    build = NoetlBuild.of(asked)
    there = keep or is_kept(ENVIRONMENTS, build.key)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            wheel = wheel_of(fetch_wheel(asked, Path(scratch)))
        environment = noetl_environment.ensure(build, WORK, console)
        seconds = time.monotonic() - began
        installed = tuple(packages_in(environment.python))
        yield Prepared(wheel.name, wheel.sha256, installed, seconds)
    finally:
        if not there:
            remove(ENVIRONMENTS, build.key)


def _rust(build: RustBuild, console: Console, began: float) -> Prepared:
    """Build Rust programs; the hash is that of the server's crate."""
    ensure_programs(build, console)
    if not build.server:
        return Prepared(seconds=time.monotonic() - began)
    with tempfile.TemporaryDirectory() as scratch:
        crate = wheel_of(cargo.downloaded(SERVER_CRATE, build.server, Path(scratch)))
    built = (f"{SERVER_CRATE}=={build.server}", f"{WORKER_CRATE}=={build.worker}")
    return Prepared(crate.name, crate.sha256, built, time.monotonic() - began)


def _pattern(found: ReleaseFile, folder: Path) -> Pattern | None:
    """Return what becomes of the documents' own pattern on a release.

    Args:
        found: with the edition that goes with the release, which may be in that pattern.
        folder: for the evidence, made here.
    """
    pair = pattern_for(found.asked)
    if pair is None or found.hindrance:
        return None
    if pair == edition_for(found.asked):
        return pattern_of(found, found.edition)
    folder.mkdir()
    options = ("-D", f"playbooks={pair}")
    tried = _carried_out(found.asked, f"@{CORE}", folder, *options, features=PATTERN_FEATURES)
    return pattern_of(tried, f"{pair.parent.name}/{pair.name}")


def _carried_out(
    asked: str, tags: str, folder: Path, *further: str, features: Sequence[str] = FEATURES
) -> ReleaseFile:
    """Run the core set in a process of its own, and read what it has left."""
    log = folder / "run.log"
    files = [f"features/{each}.feature" for each in features] if CORE in tags else []
    words = [*files, *options_of(asked), f"--tags={tags}", "--no-junit", *further]
    command = run_command(*on_sandbox("embedded", folder), *words)
    code = end_with(start(command, BASE, log, without_options()))
    if code == exit_codes.CODES["interrupted"]:
        raise KeyboardInterrupt
    run = next((each.parent for each in folder.glob(f"*/{results.RESULTS_FILE}")), None)
    if run is None:
        raise UsageError(f"{asked} was not tried: {last_error(log)}", f"see {log}")
    return outcome_of(run, asked, rules_of(load_deviations()))


def last_error(log: Path) -> str:
    """Return why a command of the suite has tried nothing, in its own words.

    Args:
        log: what it has printed.
    """
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (told or lines or ["it has printed nothing"])[-1]
