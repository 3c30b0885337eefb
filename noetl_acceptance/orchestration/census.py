"""Tries many releases, one after the other or side by side, and keeps what was found of each."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from noetl_acceptance.conformance.releases.core import CORE
from noetl_acceptance.conformance.releases.release_file import (
    FOLDER,
    ReleaseFile,
    name_of,
    read_release,
    write_release,
)
from noetl_acceptance.conformance.releases.renewing import renewed
from noetl_acceptance.conformance.releases.statements import class_of
from noetl_acceptance.conformance.row_verdicts import rules_of
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence.writable_places import require_writable
from noetl_acceptance.model.wording import counted
from noetl_acceptance.orchestration.behave_processes import (
    ending_all,
    start,
    suite_command,
    without_options,
)
from noetl_acceptance.orchestration.one_release import (
    ENVIRONMENTS,
    EVIDENCE,
    last_error,
    try_release,
)
from noetl_acceptance.places import BASE
from noetl_acceptance.support.console import Console
from noetl_acceptance.verdict import exit_codes
from noetl_acceptance.verdict.known_deviations import load_deviations

MOST_BYTES = 6 * 1024**3
"""How much of the disk the environments and the evidence of releases may take together. With what
uv keeps of each wheel, 11 MB of each of 274 releases, that is less than 10 GB."""

ONE_RELEASE_BYTES = 700 * 1024**2
"""What one release may need meanwhile: its environment has 420 MB, its evidence 3 to 40."""

TRIED = (0, exit_codes.CODES["sandbox"])
"""The exit codes with which a process has left the file of its release: judged, or starved."""

AGAIN = "again"
"""The folder, beside those of releases, of what was tried again apart from the rest."""

LOOK_SECONDS = 0.5
"""Seconds between two looks at the releases that are being tried."""


def left_to_try(asked: Iterable[str], *, again: bool, folder: Path = FOLDER) -> list[str]:
    """Return the releases that are still to be tried.

    Args:
        asked: all that were asked for.
        again: also those of which something is known already.
        folder: of what is known. A release that a starved machine could not judge is tried again.
    """
    files = {each: folder / f"{name_of(each)}.json" for each in asked}
    return [
        each
        for each, file in files.items()
        if again or not file.is_file() or read_release(file).unproven
    ]


def try_releases(
    asked: Sequence[str], lanes: int, console: Console, tags: str = ""
) -> list[ReleaseFile]:
    """Try releases, and write a file for each as soon as it has been tried.

    Args:
        asked: what ``-D noetl=`` takes for each.
        lanes: how many at once, each in a process of its own where it is more than one.
        console: tells how far it is.
        tags: which of the core set are tried, where the files are to be renewed by these alone.

    Returns:
        What was found of each, those left out for which there is no file.

    Raises:
        UsageError: one cannot be tried for a reason that is not its own, what is found cannot be
            kept, or the disk is too full.
        KeyboardInterrupt: a signal has ended it; what was written stays.
    """
    require_writable(FOLDER, "what is found of a release stands there")
    if lanes > 1 and len(asked) > 1:
        return _side_by_side(asked, lanes, console, tags)
    found = []
    for number, each in enumerate(asked, start=1):
        require_disk()
        console.say(f"release {number} of {len(asked)}: {each}")
        try:
            if tags:
                found.append(_renewed(each, console, tags))
            else:
                found.append(try_release(each, console, with_pattern=True))
        except SandboxError as error:
            console.say(f"{each}: not tried: {error.cause}")
            continue
        write_release(found[-1])
        console.say(told(found[-1]))
    return found


def _renewed(asked: str, console: Console, tags: str) -> ReleaseFile:
    """Try some scenarios of a release again, and return its file with what was found of them.

    Raises:
        UsageError: it has no file yet; else as ``try_release``.
    """
    file = FOLDER / f"{name_of(asked)}.json"
    if not file.is_file():
        raise UsageError(f"nothing is known of {asked} yet", "try it as a whole, without --tags")
    now = try_release(asked, console, tags=f"@{CORE} and ({tags})", evidence=EVIDENCE / AGAIN)
    return renewed(read_release(file), now, rules_of(load_deviations()))


def _side_by_side(
    asked: Sequence[str], lanes: int, console: Console, tags: str
) -> list[ReleaseFile]:
    waiting, running = list(asked), dict[str, subprocess.Popen[bytes]]()
    console.say(f"{counted(len(asked), 'release')}, {lanes} at once")
    found: list[ReleaseFile] = []
    failed: list[str] = []
    with ending_all(running.values()):
        while waiting or running:
            while waiting and len(running) < lanes and (not running or has_disk()):
                require_disk()
                following = waiting.pop(0)
                running[following] = _start(following, tags)
            for each in [name for name, process in running.items() if process.poll() is not None]:
                code = running.pop(each).returncode
                if code == exit_codes.CODES["usage"]:  # as it would be with the next release
                    raise UsageError(last_error(_log(each)), f"see {_log(each)}")
                if code in TRIED:
                    found.append(read_release(FOLDER / f"{name_of(each)}.json"))
                    console.say(f"{told(found[-1])} ({counted(len(waiting), 'release')} to go)")
                else:
                    failed.append(each)
                    console.say(f"{each}: not tried, exit code {code}; see {_log(each)}")
            time.sleep(LOOK_SECONDS)
    if failed:
        console.say(f"not tried: {', '.join(failed)}")
    return found


def _start(asked: str, tags: str) -> subprocess.Popen[bytes]:
    words = ("--tags", tags) if tags else ("--again",)
    command = suite_command("conformance", "--releases", asked, *words, "--lanes", "1")
    log = _log(asked)
    log.parent.mkdir(parents=True, exist_ok=True)
    return start(command, BASE, log, without_options())


def _log(asked: str) -> Path:
    return EVIDENCE / f"{name_of(asked)}.log"


def told(found: ReleaseFile) -> str:
    """Return in a line what was found of a release, and how long that took."""
    seconds = found.seconds
    return (
        f"{found.release}: {class_of(found)}{f' ({found.reason})' if found.reason else ''}; "
        f"{seconds.total:.0f} s, of it {seconds.install:.0f} s installing"
    )


def has_disk() -> bool:
    """Whether the disk can hold one release more."""
    return _used() + ONE_RELEASE_BYTES <= MOST_BYTES


def require_disk() -> None:
    """Refuse to try a release where the disk would hold too much then.

    Raises:
        UsageError: it would.
    """
    if not has_disk():
        raise UsageError(
            f"environments and evidence of releases take {_used() / 1024**3:.1f} GB already",
            f"remove {EVIDENCE}, and what is not needed of {ENVIRONMENTS}",
        )


def _used() -> int:
    """Return what environments and evidence take on the disk, in bytes.

    A file of several environments counts once. Another lane may remove some meanwhile.
    """
    sizes: dict[tuple[int, int], int] = {}
    for folder in (ENVIRONMENTS, EVIDENCE):
        for place, _, names in os.walk(folder):
            for name in names:
                with suppress(OSError):
                    stat = Path(place, name).lstat()
                    sizes[stat.st_dev, stat.st_ino] = stat.st_blocks * 512
    return sum(sizes.values())
