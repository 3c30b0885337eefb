"""``doctor``: what this machine can run, and why not, by the suite's own probing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import click

from noetl_acceptance.cli.command import Command
from noetl_acceptance.errors import AcceptanceError, UsageError
from noetl_acceptance.options import OWN_KINDS, load_settings
from noetl_acceptance.places import WORK
from noetl_acceptance.verdict import exit_codes

LEAST_DISK = 2.0
"""Gigabytes that NoETL's environment (0.4 to 1.4) or the images (1.5) and some runs take."""

LEAST_MEMORY = 2.0
"""Gigabytes for the services, with five workers, and for behave's process beside them."""

NO_SANDBOX = exit_codes.CODES["sandbox"]
"""The exit code where no sandbox can run: the sandbox's, as in ``exit_codes.MEANINGS``."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of one thing.

    Args:
        state: ``no`` keeps a sandbox from running, ``warn`` may make it slow or fail later.
        what: the thing.
        told: how it is.
        remedy: what helps; empty where it is well.
    """

    state: Literal["ok", "warn", "no"]
    what: str
    told: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<5}{self.what:<10}{self.told}"
        return f"{line} - {self.remedy}" if self.remedy else line


@click.command(cls=Command, example="doctor")
def doctor() -> int:
    """Say what this machine can run, and why not.

    Starts nothing, fetches nothing. Each line that is not `ok` ends with a remedy. The exit code is
    0 where one sandbox can run, and 3 where none can.
    """
    lines = examine()
    print("\n".join(map(str, lines)))
    kinds = runnable(lines)
    print(f"this machine can run: {', '.join(kinds)}" if kinds else "no sandbox can run here")
    return 0 if kinds else NO_SANDBOX


def examine() -> list[Line]:
    """Return what is told of this machine, the sandboxes first.

    Raises:
        UsageError: an environment variable of the suite's is wrong.
    """
    sandboxes = [_compose(), _embedded(), _rust()]
    return [*sandboxes, _folders(), _disk(), _ports(), _memory(), _pressure()]


def runnable(lines: Sequence[Line]) -> list[str]:
    """Return the kinds of sandbox that can run, the first being the default's choice."""
    bad = {line.what for line in lines if line.state == "no"}
    return [] if bad - set(OWN_KINDS) else [kind for kind in OWN_KINDS if kind not in bad]


def _compose() -> Line:
    from noetl_acceptance.sandbox.containers import engine

    if problem := engine.compose_problem():
        return Line("no", "compose", problem.cause, problem.remedy)
    return Line("ok", "compose", _versions(engine.versions()))


def _embedded() -> Line:
    from noetl_acceptance.sandbox.local import requirements as local

    try:
        return Line("ok", "embedded", _versions(local.versions(fetch=False)))
    except AcceptanceError as error:
        return Line("no", "embedded", error.cause, error.remedy)


def _rust() -> Line:
    from noetl_acceptance.sandbox.builds import cargo

    try:
        return Line("ok", "rust", f"rustc {cargo.compiler()}")
    except AcceptanceError as error:  # needed for -D noetl=rust alone
        return Line("warn", "rust", f"{error.cause}, for -D noetl=rust", error.remedy)


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _folders() -> Line:
    from noetl_acceptance.evidence.writable_places import require_places

    settings = load_settings({})
    try:
        require_places(settings)
    except UsageError as error:
        return Line("no", "folders", error.cause, error.remedy)
    return Line("ok", "folders", f"{settings.runs} can be written")


def _disk() -> Line:
    import psutil

    place = next(each for each in WORK.parents if each.exists())
    free = psutil.disk_usage(str(place)).free / 1e9
    told = f"{free:.1f} GB free in {place}"
    if free < LEAST_DISK:
        return Line("warn", "disk", told, f"free {LEAST_DISK:g} GB there")
    return Line("ok", "disk", told)


def _ports() -> Line:
    from noetl_acceptance.sandbox.local.embedded import PORTS
    from noetl_acceptance.support.ports import HOST, ReservedPorts

    try:
        ReservedPorts(PORTS).release()
    except OSError as error:
        told = f"no {PORTS} ports to be had on {HOST}: {error.strerror}"
        return Line("no", "ports", told, "end programs that hold many: `ss -tan` lists them")
    return Line("ok", "ports", f"{PORTS} to be had on {HOST}")


def _memory() -> Line:
    import psutil

    memory = psutil.virtual_memory()
    told = f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB available"
    if memory.available / 1e9 < LEAST_MEMORY:
        return Line("warn", "memory", told, "end other programs, or give -D workers=2")
    return Line("ok", "memory", told)


def _pressure() -> Line:
    from noetl_acceptance.support.measuring import busy_already

    if busy := busy_already():
        return Line("warn", "pressure", busy, "end other programs, or give -D time-scale=2")
    return Line("ok", "pressure", "the processors are not busy")
