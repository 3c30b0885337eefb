"""Weighs an error against what became of the services meanwhile: who is its cause?"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence

from noetl_acceptance.checks import log_findings
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.services import ServiceChange
from noetl_acceptance.sandbox.protocol import ServiceState, signal_name
from noetl_acceptance.sandbox.starting import ServiceEndedError
from noetl_acceptance.support.polling import REMEDY, StarvedError, told_starved
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict import policy

TOGETHER_SECONDS = 2.0
"""Services are looked at once a second: what is seen to go within this time went together."""

_FIRST = (
    log_findings.OWN_CHANGE,
    log_findings.CHANGE,
    log_findings.INTERFERENCE,
    log_findings.CRASH,
)
"""Of services that went together the cause: NoETL's depend on the others, and not the other way."""

_WITHOUT = "run without them to see whether they are why"

_WEIGHED = ("product", "sandbox")
"""The verdicts of errors that a service which went may have brought about."""

_SO = "; so it came to this: "


def change_of(state: ServiceState, before: ServiceState) -> ServiceChange:
    """Return what is recorded of a service that is not as it was before.

    One that runs was started anew, or goes on after it was frozen; either is somebody else's doing.
    """
    if state.running:
        anew = "resumed" if before.frozen and before.life == state.life else "restarted"
        words = "frozen" if state.frozen else anew
    elif state.signal:
        words = f"exited {state.exit_code} ({signal_name(state.signal)})"
    else:
        words = "ended" if state.exit_code is None else f"exited {state.exit_code}"
    return ServiceChange(
        at=time.time(), service=state.name, state=words, cause=state.cause or "outside"
    )


def in_order_of_cause(changes: Iterable[ServiceChange]) -> list[ServiceChange]:
    """Return the changes of services that went, the likely cause first.

    What the suite itself did to one is no cause of anything.
    """
    went = [each for each in changes if each.state != "up" and each.cause != log_findings.FAULT]
    gone = sorted(went, key=lambda each: each.at)
    together = [each for each in gone if each.at - gone[0].at <= TOGETHER_SECONDS]
    together.sort(key=lambda each: _FIRST.index(log_findings.kind_of_change(each)))
    return [*together, *gone[len(together) :]]


def weigh(error: Exception, changes: Sequence[ServiceChange]) -> Exception:
    """Return the error that a scenario ends with: the given one, or what a service's end makes it.

    Args:
        error: what a step raised.
        changes: of the services, in the scenario or in its executions.
    """
    gone = in_order_of_cause(changes)
    if not gone or policy.of_error(error) not in _WEIGHED:
        return error
    verdict = policy.of_findings(
        [
            Finding(log_findings.kind_of_change(each), f"{each.service} {each.state}")
            for each in gone
        ]
    )
    told = ", ".join(dict.fromkeys(f"{each.service} {each.state}" for each in gone))
    if str(error).startswith(told):
        return error  # it was weighed before, when the execution broke off
    who = " by somebody else" if verdict == "skipped" else ""
    return policy.failure(verdict, f"{told}{who}{_SO}{str(error).strip()}")


def tells_of_end(text: str) -> bool:
    """Whether a text is that of an error which ``weigh`` has laid to a service's end."""
    return _SO in text


def weigh_start(
    error: SandboxError, settings: Collection[str] = (), *, first: bool = True
) -> Exception:
    """Return the error of a bring-up as what became of the service that ended makes it.

    One of NoETL's that ended by itself on a starved machine may have waited for another in vain;
    one with settings of the user's own may have ended for these, and one that somebody ran in place
    of root for what that one may not do.

    Args:
        error: of the bring-up.
        settings: the names of the settings.
        first: whether no sandbox of the run has come up; where one has, neither is why.
    """
    settings = settings if first else ()
    told = _told_with(error, settings)
    if not isinstance(error, ServiceEndedError):
        return told
    change = change_of(error.state, error.state)
    verdict = policy.of_findings([Finding(log_findings.kind_of_change(change), error.cause)])
    if verdict == "product" and error.pace >= STARVED:
        return StarvedError(told_starved(error.pace), REMEDY, str(told))
    if verdict == "product" and (settings or (first and error.runner)):
        # A run that ends so leaves no folder: the log's last lines follow instead.
        remedies = (_WITHOUT if settings else "", error.advice)
        return UsageError(told.cause, "; ".join(filter(None, remedies)), told.detail)
    return policy.failure(verdict, str(told))


def _told_with(error: SandboxError, settings: Collection[str]) -> SandboxError:
    """Return an error of a bring-up that names the settings with which it was tried."""
    if not settings or isinstance(error, StarvedError):
        return error
    return SandboxError(
        f"{error.cause}, with settings of your own: {', '.join(sorted(settings))}",
        "; ".join(filter(None, (_WITHOUT, error.remedy))),
        error.detail,
    )
