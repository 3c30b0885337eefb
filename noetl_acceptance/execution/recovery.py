"""Waits until a server has looked for executions that were interrupted when it last ended."""

from __future__ import annotations

from contextlib import suppress

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from noetl_acceptance.sandbox.protocol import Capability, Sandbox
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.measuring import Reader, services_pace
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually

TAKES_WHAT_HAS_BEGUN = SpecifierSet(">=2.10.0,<=2.10.37")
"""The releases whose server, some 18 s after its start, cancels the parent execution that was
requested last and requests it anew, as one that was interrupted: ``server/auto_resume.py``, which
waits for the heart of a worker to beat, and from 2.10.38 leaves out what has had an event in the
last 180 s."""

LOOKED, NOT_YET = "[AUTO-RESUME]", "Dependencies not ready"
"""What the server logs when it has looked, and when it waits."""

LOOK_SECONDS = 60.0
"""How long to wait: every 5 s the server looks whether a worker's heart has beaten, which it does
every 15 s."""


def await_recovery(sandbox: Sandbox, console: Console) -> None:
    """Go on when the server has looked for interrupted executions, or some time has passed.

    Whoever requests an execution earlier sees it cancelled, which is told nowhere else: the claims
    are about a server that has been up for a while.
    """
    try:
        affected = Version(sandbox.noetl_version) in TAKES_WHAT_HAS_BEGUN
    except InvalidVersion:  # NoETL's Rust programs
        return
    if not affected or Capability.LOGS not in sandbox.capabilities:
        return
    waiting = console.phase("waiting for NoETL to look for interrupted executions")
    with suppress(DeadlineError, StarvedError), waiting:
        eventually(
            lambda: _has_looked(sandbox),
            bool,
            seconds=LOOK_SECONDS,
            what="a server that has looked for interrupted executions",
            every=1,
            pace=services_pace(Reader(sandbox.processes)),
        )


def _has_looked(sandbox: Sandbox) -> bool:
    lines = (line for part in sandbox.log("server") for line in part.splitlines())
    return any(LOOKED in line and NOT_YET not in line for line in lines)
