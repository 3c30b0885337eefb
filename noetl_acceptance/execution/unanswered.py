"""Finds out why NoETL did not answer, refused or was late: it ended, hangs or was starved."""

from __future__ import annotations

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.service_monitor import tells_full
from noetl_acceptance.noetl.api import NoAnswerError, RefusedError, StrangeAnswerError
from noetl_acceptance.sandbox.protocol import Capability
from noetl_acceptance.support.measuring import services_pace
from noetl_acceptance.support.polling import (
    REMEDY,
    DeadlineError,
    StarvedError,
    eventually,
    told_starved,
)
from noetl_acceptance.support.starvation import STARVED

OUT_OF_SIGHT = (
    "the services are out of sight, so nobody can tell whether they ran, and had the time"
)
"""Why a missed deadline is nobody's there."""

END_SECONDS = 8.0
"""How long a service that is about to end may be told as running still; and long enough to tell
the pace."""


def why_silent(error: NoAnswerError, connected: ConnectedSandbox) -> Exception:
    """Return the error that a silent server makes of a scenario, unless a service has ended.

    Args:
        error: what was asked and not answered.
        connected: whose server it is.

    Returns:
        The product's failure where everything runs and the machine is fast enough; the error itself
        where a service went, whose end explains it, or where the services are out of sight.
    """
    if Capability.LOGS not in connected.sandbox.capabilities:
        return error
    try:
        eventually(
            connected.unfit,
            bool,
            seconds=END_SECONDS,
            what="the end of a service",
            pace=services_pace(connected.reader),
        )
    except StarvedError as starved:
        return StarvedError(starved.cause, starved.remedy, str(error))
    except DeadlineError:
        connected.pace.look()
        if connected.pace.value >= STARVED:  # while the server was silent, if no more
            return StarvedError(told_starved(connected.pace.value), REMEDY, str(error))
        hangs = AssertionError(f"the server runs, and yet {error}")
        hangs.__cause__ = error
        return hangs
    return error


def why_late(error: DeadlineError, connected: ConnectedSandbox) -> Exception:
    """Return the error that a missed deadline makes of a scenario.

    Args:
        error: what did not happen in time.
        connected: where it should have.

    Returns:
        The product's failure, unless the services are out of sight: they may have been ended, or
        starved.
    """
    if Capability.LOGS in connected.sandbox.capabilities:
        return error
    return NotJudgedError(f"{OUT_OF_SIGHT}: {error}")


def why_refused(error: RefusedError, connected: ConnectedSandbox, pace: float) -> Exception:
    """Return the error that a refusal makes of a scenario.

    Args:
        error: what was asked and refused.
        connected: whose server it is.
        pace: of the scenario.

    Returns:
        The product's failure, unless the disk was full, the machine was starved, or the answer is
        none of NoETL's where somebody else's gateway may have given it.
    """
    if tells_full(str(error)):
        return SandboxError("the disk is full", "free space on it: it is named below", str(error))
    if pace >= STARVED:
        return StarvedError(told_starved(pace), REMEDY, str(error))
    out_of_sight = Capability.LOGS not in connected.sandbox.capabilities
    if isinstance(error, StrangeAnswerError) and out_of_sight:
        return NotJudgedError(f"nobody can tell whether it was NoETL that answered: {error}")
    return error
