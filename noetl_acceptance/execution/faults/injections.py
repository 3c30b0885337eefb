"""Which fault is made for a request's."""

from __future__ import annotations

from collections.abc import Callable

from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.faults.database import (
    EndedSessions,
    LockedTable,
    ReadOnlyDatabase,
    TakenConnections,
)
from noetl_acceptance.execution.faults.injection import Injection
from noetl_acceptance.execution.faults.links import DisturbedLink
from noetl_acceptance.execution.faults.refused_writes import Conflict, FullDisk, RefusedRow
from noetl_acceptance.execution.faults.service import ServiceFault
from noetl_acceptance.link_proxy.faults import LINKS, LinkFault
from noetl_acceptance.model.fault import Action, Fault, Victim
from noetl_acceptance.noetl.outcome_tables import RESULTS

_CONFLICTS: dict[Action, Conflict] = {
    "refused for a serialization failure": "serialization failure",
    "refused for a deadlock": "deadlock",
}

DELAY_SECONDS = 2.0
"""How late everything arrives by a slow link."""

_LINK_FAULTS: dict[Action, LinkFault] = {
    "cut": LinkFault("cut"),
    "silent": LinkFault("silent"),
    "slow": LinkFault("delayed", seconds=DELAY_SECONDS),
}


def injection_of(
    fault: Fault, service: str, connected: ConnectedSandbox, execution_id: str
) -> Injection:
    """Return what makes a fault.

    Args:
        fault: the fault.
        service: the one that it meets.
        connected: the sandbox.
        execution_id: the execution in whose middle it is made.
    """
    connect = connected.connections.connect
    makers: dict[Victim, Callable[[], Injection]] = {
        "free connections": lambda: TakenConnections(connect),
        "NoETL's sessions": lambda: EndedSessions(connect),
        "database": lambda: ReadOnlyDatabase(connect),
        "target table": lambda: LockedTable(connect, RESULTS),
        "next row": lambda: RefusedRow(connect, execution_id, _CONFLICTS[fault.action]),
        "writes": lambda: FullDisk(connect),
    }
    if fault.victim in makers:
        return makers[fault.victim]()
    if fault.victim in LINKS:
        links = connected.sandbox.links
        return DisturbedLink(links, fault.victim, _LINK_FAULTS[fault.action])
    life = connected.watch.life_of(service)
    return ServiceFault(connected.sandbox, service, fault.action, life)
