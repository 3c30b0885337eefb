"""Whom a fault meets: workers are told apart by the commands that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.fault import LINKS_OF, Fault, Victim, service_of
from noetl_acceptance.noetl.event_log import HeldCommand, held_commands
from noetl_acceptance.sandbox.protocol import Sandbox, ServiceState
from noetl_acceptance.support.database import Database

WORKER = "worker-"
"""How the names of workers begin."""

WORKERS: tuple[Victim, ...] = (
    "a worker at a call",
    "the parent's worker",
    "all workers",
    "two workers",
    "server and workers",
    "a worker's link to the server",
)
"""The victims that are workers, theirs, or among them, and are told by what they hold."""

ADDED = "workers"
"""What stands for workers that are not there yet."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A service that a fault is to meet, and the commands that it holds.

    Args:
        service: its name.
        held: the commands.
        client: whose connections are meant, where it is a link; empty for all.
    """

    service: str
    held: tuple[HeldCommand, ...] = ()
    client: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of these commands."""
        return tuple(command.step for command in self.held)

    @property
    def holds_parent(self) -> bool:
        """Whether a command of the parent's own is among them."""
        return any(command.of_parent for command in self.held)

    def also(self, held: Sequence[HeldCommand]) -> Hit:
        """Return it with the commands that it holds as well."""
        return replace(self, held=(*self.held, *(each for each in held if each not in self.held)))


class Workers:
    """Tells which service a worker is: its log names it by the id that the event log has.

    Args:
        sandbox: with the workers' logs.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._services: dict[str, str] = {}

    def names(self) -> list[str]:
        """Return the names of the workers that run."""
        return [each.name for each in self._states() if each.running]

    def learn(self, worker_ids: Iterable[str]) -> None:
        """Find out which services these workers are, so that it is known when it is urgent."""
        for each in worker_ids:
            self.service_of(each)

    def service_of(self, worker_id: str) -> str:
        """Return the name of the service that is a worker, or was; empty where no log names it."""
        if worker_id not in self._services:
            names = [each.name for each in self._states()]
            logged = (name for name in names if self._names(name, worker_id))
            if found := worker_id if worker_id in names else next(logged, ""):
                self._services[worker_id] = found
        return self._services.get(worker_id, "")

    def _states(self) -> list[ServiceState]:
        return [each for each in self._sandbox.states() if each.name.startswith(WORKER)]

    def _names(self, service: str, worker_id: str) -> bool:
        return any(worker_id in part for part in self._sandbox.log(service))


def choose(fault: Fault, workers: Workers, events: Database, execution_id: str) -> Sequence[Hit]:
    """Return the services that a fault is to meet now; none where the moment is not right.

    Args:
        fault: what is to be done, and to whom.
        workers: of the sandbox.
        events: a connection to NoETL's own database.
        execution_id: the parent's.

    Raises:
        NotJudgedError: a command is held, and no worker's log tells whose it is.
    """
    victim = fault.victim
    if fault.action == "added":
        return [Hit(ADDED)]
    if victim in WORKERS:
        by_service = by_worker(workers, held_commands(events, execution_id))
        return _workers(victim, workers.names(), by_service)
    workers_too = any(link.startswith(WORKER) for link in LINKS_OF.get(victim, ()))
    held = held_commands(events, execution_id) if workers_too else ()
    return [Hit(service_of(victim), tuple(held))]


def name_of(worker_id: str, workers: Workers) -> str:
    """Return the service that a worker is; the first worker where no one has taken part yet.

    Args:
        worker_id: by NoETL's own name; empty for no one.
        workers: of the sandbox.

    Raises:
        NotJudgedError: no worker's log tells which one it is.
    """
    name = workers.service_of(worker_id) if worker_id else workers.names()[0]
    if not name:
        raise NotJudgedError(f"no worker's log names {worker_id}: whom to meet is not known")
    return name


def holding(hit: Hit, workers: Workers, events: Database, execution_id: str) -> Hit:
    """Return a worker that is met with the commands that it holds.

    Args:
        hit: the worker.
        workers: as ``choose``, and so on.
        events: to NoETL's own database.
        execution_id: the parent's.

    Raises:
        NotJudgedError: a command is held, and no worker's log tells whose it is.
    """
    held = by_worker(workers, held_commands(events, execution_id))
    return Hit(hit.service, tuple(held.get(hit.service, ())))


def _workers(
    victim: Victim,
    names: Sequence[str],
    by_service: Mapping[str, Sequence[HeldCommand]],
) -> Sequence[Hit]:
    """Return the workers that are meant, or the link of one of them."""
    parents = [name for name, held in by_service.items() if any(one.of_parent for one in held)]
    at_calls = [name for name, held in by_service.items() if any(not one.of_parent for one in held)]
    match victim:
        case "the parent's worker":
            chosen: Sequence[str] = parents[:1]
        case "all workers":
            chosen = names
        case "server and workers":
            chosen = ["server", *names]
        case "two workers":
            others = [name for name in names if name not in parents]
            chosen = sorted(others, key=lambda name: name not in at_calls)[:2]
        case _:
            chosen = at_calls[:1]
    hits = [Hit(name, tuple(by_service.get(name, ()))) for name in chosen]
    if victim in LINKS_OF:
        return [replace(each, service=service_of(victim), client=each.service) for each in hits]
    return hits


def by_worker(workers: Workers, held: Sequence[HeldCommand]) -> Mapping[str, Sequence[HeldCommand]]:
    """Return the commands that each worker holds, by the names of their services.

    Raises:
        NotJudgedError: a command is held, and no worker's log tells whose it is.
    """
    found: dict[str, list[HeldCommand]] = {}
    for command in held:
        name = workers.service_of(command.worker_id)
        if not name:
            raise NotJudgedError(
                f"no worker's log names {command.worker_id}, which holds a command of step "
                f"{command.step}: whom to meet is not known"
            )
        found.setdefault(name, []).append(command)
    return found
