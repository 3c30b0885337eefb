"""Which fault is made for a request's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.faults.added_workers import AddedWorkers
from noetl_acceptance.execution.faults.database import (
    EndedSessions,
    LockedTable,
    ReadOnlyDatabase,
)
from noetl_acceptance.execution.faults.deleted_in_nats import DeletedInNats
from noetl_acceptance.execution.faults.injection import Injection
from noetl_acceptance.execution.faults.links import DisturbedLinks
from noetl_acceptance.execution.faults.refused_writes import Conflict, FullDisk, RefusedRow
from noetl_acceptance.execution.faults.service import ServiceFault
from noetl_acceptance.execution.faults.taken_connections import TakenConnections, count_refused
from noetl_acceptance.execution.faults.updated_service import ORDERLY_SECONDS, UpdatedService
from noetl_acceptance.execution.faults.victims import Hit
from noetl_acceptance.link_proxy.faults import LinkFault
from noetl_acceptance.model.fault import LINKS_OF, POSTGRES, Action, Fault, Victim
from noetl_acceptance.noetl.outcome_tables import RESULTS
from noetl_acceptance.noetl.registered_workers import registered
from noetl_acceptance.support.measuring import services_pace

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
    "silent in its answers": LinkFault("silent", direction="answers"),
}


def injection_of(
    fault: Fault,
    hit: Hit,
    connected: ConnectedSandbox,
    execution_id: str,
    ended: Callable[[], None],
) -> Injection:
    """Return what makes a fault.

    Args:
        fault: the fault.
        hit: the service that it meets.
        connected: the sandbox.
        execution_id: the execution in whose middle it is made.
        ended: is called when a service that is to be replaced has ended.
    """
    connect, control = connected.connections.connect, connected.sandbox.control
    makers: dict[Victim, Callable[[], Injection]] = {
        "free connections": lambda: TakenConnections(connect, partial(_refused, connected)),
        "NoETL's sessions": lambda: EndedSessions(connect),
        "database": lambda: ReadOnlyDatabase(connect),
        "target table": lambda: LockedTable(connect, RESULTS),
        "next row": lambda: RefusedRow(connect, execution_id, _CONFLICTS[fault.action]),
        "writes": lambda: FullDisk(connect),
        "consumers": lambda: DeletedInNats(control, "consumers"),
        "streams": lambda: DeletedInNats(control, "streams"),
    }
    if fault.victim in makers:
        return makers[fault.victim]()
    if fault.victim in LINKS_OF:
        disturbed = replace(_LINK_FAULTS[fault.action], source=hit.client)
        return DisturbedLinks(connected.sandbox.links, LINKS_OF[fault.victim], disturbed)
    if fault.action == "replaced by another release":
        return UpdatedService(connected.sandbox, hit.service, ended)
    if fault.action == "added":
        known = partial(registered, connected.connection)
        return AddedWorkers(connected.sandbox, known)
    return ServiceFault(
        connected.sandbox,
        hit.service,
        fault.action,
        life=connected.watch.life_of(hit.service),
        orderly_seconds=ORDERLY_SECONDS,
        measure=lambda: services_pace(connected.reader),
    )


def _refused(connected: ConnectedSandbox) -> int:
    """Return how many connections Postgres has refused to others than the suite."""
    everybody = count_refused(connected.sandbox.log(POSTGRES))
    return everybody - count_refused(connected.connections.refusals)
