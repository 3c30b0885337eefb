"""Finds out why NoETL's server did not answer: it ended, it hangs, or the machine is too slow."""

from __future__ import annotations

from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.noetl.api import NoAnswerError
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
            pace=services_pace(connected.sandbox.processes),
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
