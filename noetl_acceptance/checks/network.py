"""The wire: the connections and the protocol of calls, and what reaches outside of the sandbox."""

from __future__ import annotations

from collections.abc import Callable

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.wording import counted

ProbeCheck = Callable[[ProbeRecord], list[Finding]]

IDLE_SECONDS = 2.0
"""More than the shortest expiry that NoETL takes, less than its default."""


@check("protocol-and-connections")
def made_over(probe: ProbeRecord, protocol: str, connections: int) -> list[Finding]:
    """All calls are answered, over ``protocol`` and on ``connections`` connections (C38–C41)."""
    spoken = ", ".join(sorted({call.protocol for call in probe.calls}))
    used = len({call.connection for call in probe.calls})
    found = _unanswered(probe)
    if spoken != protocol:
        message = f"{protocol} expected, {spoken or 'no call'} seen"
        found.append(Finding("protocol", message, seen=spoken))
    if used != connections:
        calls = counted(probe.asked, "call")
        message = f"{counted(connections, 'connection')} for {calls} expected, {used} seen"
        found.append(Finding("connections", message, seen=used))
    return found


@check("addresses-idle-in-turn")
def idle_between(probe: ProbeRecord) -> list[Finding]:
    """Two seconds pass at each of the two addresses between its calls: time to expire (C40)."""
    found = _unanswered(probe)
    pauses = [
        later.arrived - (earlier.departed or later.arrived)
        for earlier, later in zip(probe.calls, probe.calls[2:], strict=False)
    ]
    if not pauses or min(pauses) < IDLE_SECONDS:
        shortest = f"{min(pauses):.1f} s" if pauses else "no pause"
        found.append(Finding("not-idle", f"{IDLE_SECONDS} s expected, {shortest} seen"))
    return found


@check("place-outside-reached")
def reached(probe: ProbeRecord) -> list[Finding]:
    """The calls arrive at what they name and are answered; the sink sees none of them."""
    found = _unanswered(probe)
    if probe.attempts:
        message = f"the sink refused {', '.join(probe.attempts)}"
        found.append(Finding("refused", message, seen=len(probe.attempts)))
    return found


@check("place-outside-refused")
def refused(probe: ProbeRecord) -> list[Finding]:
    """No call arrives at what it names; the sink has refused and noted what was tried (P7).

    How many are tried is the release's own affair: 2.8.x gives a loop up at the first refusal.
    """
    found = []
    if probe.calls:
        message = f"{counted(len(probe.calls), 'call')} arrived at {probe.address}"
        found.append(Finding("reached-outside", message, seen=len(probe.calls)))
    if set(probe.attempts) != {f"GET {probe.address}"}:
        noted = ", ".join(probe.attempts) or "nothing"
        message = f"the sink should have noted GET {probe.address}, it noted {noted}"
        found.append(Finding("not-noted", message, seen=len(probe.attempts)))
    return found


@check("nothing-sent-outside")
def nothing_outside(record: ExecutionRecord) -> list[Finding]:
    """No service of the sandbox has tried to reach a place outside, from its start on (P7).

    Raises:
        NotJudgedError: there is no record of it.
    """
    if record.attempts is None:
        raise NotJudgedError("there is no record of what the services send outside")
    if not record.attempts:
        return []
    places = ", ".join(sorted(set(record.attempts)))
    message = f"{counted(len(record.attempts), 'attempt')} to reach a place outside: {places}"
    return [Finding("attempt-outside", message, seen=len(record.attempts))]


def _unanswered(probe: ProbeRecord) -> list[Finding]:
    answered = sum(call.good for call in probe.calls)
    if (answered, len(probe.calls)) == (probe.asked, probe.asked):
        return []
    message = (
        f"{counted(probe.asked, 'call')} expected, {len(probe.calls)} seen, {answered} answered"
    )
    return [Finding("calls", message, seen=answered)]
