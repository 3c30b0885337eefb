"""Runs cargo and rustc, and tells why they cannot do what they are asked."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from noetl_acceptance.errors import UnusableBuildError, UsageError
from noetl_acceptance.places import CACHE
from noetl_acceptance.sandbox.subprocesses import run_in_time
from noetl_acceptance.sandbox.user_environment import of_cargo, passwords
from noetl_acceptance.support.redaction import redacted

NEEDED = (1, 89)
"""The oldest compiler that the locked crates take."""

ASK_SECONDS = 60.0
"""How long the compiler may take to tell its version: rustup may fetch a toolchain first."""

BUILD_SECONDS = 7200.0
"""How long one crate may take: 5 minutes on two processors, far more where others work too."""

_GET = "get Rust from https://rustup.rs, or name a folder of built programs: -D noetl=rust:FOLDER"


def compiler() -> str:
    """Return the version of the compiler that cargo uses.

    Raises:
        UsageError: there is none, or one too old.
    """
    for program in ("cargo", "rustc"):
        if shutil.which(program) is None:
            raise UsageError(f"there is no {program} to build NoETL's Rust programs with", _GET)
    asked = run_in_time(
        ["rustc", "--version"],
        what="rustc, asked for its version,",
        remedy="see what `rustc --version` says",
        seconds=ASK_SECONDS,
        environment=of_cargo(),
    )
    found = re.search(r"(\d+)\.(\d+)\.\d+\S*", asked.stdout)
    if asked.returncode != 0 or found is None:
        raise UsageError(
            "rustc does not run here",
            "see what `rustc --version` says",
            asked.stderr.strip()[-500:],
        )
    if (int(found[1]), int(found[2])) < NEEDED:
        needed = ".".join(map(str, NEEDED))
        raise UsageError(
            f"rustc {found[0]} is too old for NoETL's Rust programs, which need {needed}",
            f"`rustup update`, or {_GET}",
        )
    return found[0]


def run_cargo(arguments: Sequence[str], what: str, folder: Path) -> None:
    """Run cargo to its end.

    Args:
        arguments: of cargo.
        what: it is to get or build, for the message.
        folder: where it runs.

    Raises:
        UsageError: it failed; names cause and remedy.
        SandboxError: it took too long.
    """
    done = run_in_time(
        ["cargo", *arguments],
        what=f"cargo, building {what},",
        remedy="try again when the machine is less busy: what is compiled already is kept",
        seconds=BUILD_SECONDS,
        environment=of_cargo(),
        folder=folder,
    )
    if done.returncode != 0:
        raise build_error(what, redacted(done.stderr, passwords()))


def downloaded(crate: str, version: str, folder: Path) -> Path:
    """Have cargo download a crate, whatever registry or mirror it uses; return its archive.

    Raises:
        UsageError: there is no such version, or the registry cannot be reached.
    """
    run_cargo(["info", "--quiet", f"{crate}@{version}"], f"{crate} {version}", folder)
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    archives = list((home / "registry" / "cache").glob(f"*/{crate}-{version}.crate"))
    if not archives:
        raise UsageError(
            f"cargo keeps no {crate} {version} in {home}/registry/cache",
            "remove a source replacement from cargo's configuration",
        )
    return max(archives, key=lambda file: file.stat().st_mtime)


def build_error(what: str, output: str) -> UsageError:
    """Turn cargo's output into an error that names cause and remedy."""
    for cause, told, remedy in _CAUSES:
        if re.search(cause, output):
            return UsageError(f"{told} {what}", remedy, _end_of(output))
    return UnusableBuildError(
        f"cargo cannot build {what}", "the end of what it said is below", _end_of(output)
    )


_CAUSES = (
    (
        "No space left|os error 28",
        "the disk filled up while building",
        f"free about 3 GB on the disk of {CACHE}",
    ),
    (
        "could not find `[^`]+` in registry|no matching package",
        "there is no such version on the crates registry:",
        "give versions that exist, such as rust:3.54.0+5.52.0",
    ),
    (
        "failed to download|Could not connect|Could not resolve|failed to query|spurious network",
        "the crates registry could not be reached for",
        "check the network, or name a mirror in cargo's configuration",
    ),
    (
        r"linker `\w+` not found|is `cc` not installed|failed to find tool",
        "there is no C compiler, which cargo needs to build",
        "install one: `apt-get install build-essential` on Debian and Ubuntu",
    ),
    (
        r"requires rustc \d|is not supported by the following package|lock file version",
        "the Rust here is too old for",
        "`rustup update`",
    ),
)
"""What in cargo's output tells why it failed, what is then told, and what helps."""


def _end_of(output: str) -> str:
    return output.strip()[-1500:]
