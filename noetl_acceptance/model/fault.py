"""What is done to a service in the middle of an execution, and what was seen of it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from noetl_acceptance.link_proxy.faults import LINKS, Link

HANGS_ANYWAY = "an execution without a fault hangs as well"
"""Why nothing is said of a fault then."""

Action = Literal[
    "killed",
    "terminated",
    "frozen",
    "taken",
    "ended",
    "read-only",
    "locked",
    "refused",
    "refused for a serialization failure",
    "refused for a deadlock",
    "cut",
    "silent",
    "slow",
    "silent in its answers",
    "added",
    "deleted",
    "replaced by another release",
]
"""What is done to a service: KILL, TERM, or a stop that it does not notice itself; to what the
database or NATS has, by their own means; to a link, by the proxy that stands in it; and to the
workers as a whole, of which there are more then; and to the server and the workers together, in
whose place another release of NoETL is started, one after the other."""

Gap = Literal[
    "before the rows",
    "before the report",
    "before the answer",
    "between batches",
    "before a command",
]
"""Between two things that belong together; the suite holds it open until the fault has met it: the
profile API has answered for a batch, and no row of it is stored; they are stored, and the server
does not know it, or their writer does not; a batch has ended, and the next one has not begun; a
request is answered, and no worker has a command."""

STORING_GAPS: tuple[Gap, ...] = ("before the rows", "before the report", "before the answer")
"""Those in which it is known who stores rows."""

Victim = Literal[
    "a worker at a call",
    "the storing worker",
    "the parent's worker",
    "all workers",
    "the worker of the event",
    "two workers",
    "server and workers",
    "server",
    "nats",
    "postgres",
    "free connections",
    "NoETL's sessions",
    "database",
    "target table",
    "next row",
    "writes",
    "consumers",
    "streams",
    "a worker's link to the server",
    "the server's links",
    Link,
]
"""Whom it is done to; workers are told apart by the commands that they hold at that moment."""

STORING_WORKER: Victim = "the storing worker"
"""The worker whose rows a gap is beside."""

WORKER_OF_EVENT: Victim = "the worker of the event"
"""The worker that wrote the event at which a fault is made, or that it is about."""

SERVICE_ACTIONS: tuple[Action, ...] = ("killed", "terminated", "frozen")
DATABASE_ACTIONS: dict[Victim, tuple[Action, ...]] = {
    "free connections": ("taken",),
    "NoETL's sessions": ("ended",),
    "database": ("read-only",),
    "target table": ("locked",),
    "next row": ("refused for a serialization failure", "refused for a deadlock"),
    "writes": ("refused",),
}
"""What may be done to whom in the database."""

LINK_ACTIONS: tuple[Action, ...] = ("cut", "silent", "slow", "silent in its answers")
"""What may be done to a link; all other victims are services."""

LINKS_OF: dict[Victim, tuple[Link, ...]] = {
    **{link: (link,) for link in LINKS},
    "a worker's link to the server": ("worker-server",),
    "the server's links": ("worker-server", "server-nats", "server-postgres"),
}
"""The links that a fault of this victim disturbs, whole or for one worker."""

BROKER_PARTS: tuple[Victim, ...] = ("consumers", "streams")
"""What NATS has for NoETL; it can only be deleted."""

POSTGRES = "postgres"
"""The service of Postgres, which whatever is done to the database meets."""


PROXY = "links"
"""The service of the proxy in the links, which whatever is done to a link meets."""


def service_of(victim: Victim) -> str:
    """Return the name of the service that a fault meets; workers have none until it is made."""
    if victim in LINKS_OF:
        return PROXY
    if victim in BROKER_PARTS:
        return "nats"
    return POSTGRES if victim in DATABASE_ACTIONS else victim


class EventMoment(BaseModel):
    """The moment at which the first event of a step and a type has been written.

    Args:
        of_parent: whether the event is the parent execution's; else it is the first one of any
            worker execution.
        step: the step; ``playbook`` for the events of an execution as a whole.
        event_type: in the suite's words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of_parent: bool
    step: str
    event_type: str

    def __str__(self) -> str:
        """``parent:STEP:TYPE`` or ``worker:STEP:TYPE``, as ``named`` reads it."""
        return f"{'parent' if self.of_parent else 'worker'}:{self.step}:{self.event_type}"

    @classmethod
    def named(cls, name: str) -> EventMoment:
        """Return the moment of a name.

        Raises:
            ValueError: it is none.
        """
        whose, _, rest = name.partition(":")
        step, _, event_type = rest.rpartition(":")
        if whose not in ("parent", "worker") or not step or not event_type:
            raise ValueError(f"{name!r} is not parent:STEP:TYPE or worker:STEP:TYPE")
        return cls(of_parent=whose == "parent", step=step, event_type=event_type)


def _actions(victim: Victim) -> tuple[Action, ...]:
    if victim in LINKS_OF:
        return LINK_ACTIONS
    if victim in BROKER_PARTS:
        return ("deleted",)
    if victim == "server and workers":
        return ("replaced by another release",)
    if victim == "two workers":
        return (*SERVICE_ACTIONS, "added")
    return DATABASE_ACTIONS.get(victim, SERVICE_ACTIONS)


class Fault(BaseModel):
    """One fault in the middle of an execution.

    Args:
        action: what is done.
        victim: to whom.
        calls: how many calls must have arrived, one being in flight.
        seconds: how long it lasts until it is healed: what has ended is started again, what is
            frozen goes on.
        event: makes it at this event instead, whatever calls have arrived.
        gap: makes it in this gap instead, the first one after these calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action
    victim: Victim
    calls: int = 0
    seconds: float
    event: EventMoment | None = None
    gap: Gap | None = None

    @property
    def service(self) -> str:
        """The service that it meets; of workers it is not known before."""
        return service_of(self.victim)

    @property
    def part(self) -> str:
        """What of a service it is done to: a link, or something of the database; else empty."""
        return self.victim if self.service != self.victim else ""

    @property
    def leaves_marks(self) -> bool:
        """Whether the services are not as they were when it is healed.

        A worker may still hold a connection to Postgres that is lost, and workers that were added
        stay.
        """
        return self.service == POSTGRES or self.action == "added"

    @model_validator(mode="after")
    def _possible(self) -> Fault:
        if self.action not in _actions(self.victim):
            raise ValueError(f"{self.victim} cannot be {self.action}")
        if self.victim == WORKER_OF_EVENT and self.event is None:
            raise ValueError(f"{self.victim} needs an event")
        if self.victim == STORING_WORKER and self.gap not in STORING_GAPS:
            raise ValueError(f"{self.victim} is known in a gap beside his rows alone")
        return self


class FaultInterval(BaseModel):
    """One service under a fault, with what proves it; times in epoch seconds.

    Args:
        service: its name in the sandbox.
        action: what was done to it.
        victim: what of the service it was done to, in words; empty for the whole.
        began: when it was done.
        moment: what was seen at that time, in words.
        proof: what was seen of the effect, in words; empty where nothing was.
        healed: when it was healed; None where it was not.
        healing: what proves that; empty where nothing does.
        commands: the steps whose commands the service held when it began, by the event log.
        holds_parent: whether a command of the parent's own was among them.
        given: when all of it had been done: an order to an engine takes a while; None where that
            is not recorded.
        commands_back: the same as ``commands`` for the healing, where that ends the service anew.
        holds_parent_back: the same as ``holds_parent`` for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str
    action: Action
    victim: str = ""
    began: float
    moment: str = ""
    proof: str = ""
    healed: float | None = None
    healing: str = ""
    commands: tuple[str, ...] = ()
    holds_parent: bool = False
    given: float | None = None
    commands_back: tuple[str, ...] = ()
    holds_parent_back: bool = False

    @property
    def interrupted(self) -> int:
        """How many commands it interrupted; one may be interrupted at the healing once more."""
        return len(self.commands) + len(self.commands_back)

    @property
    def batches(self) -> int:
        """How many times it interrupted a command by which the parent waits for a batch."""
        return self.holds_parent + self.holds_parent_back

    @property
    def told(self) -> str:
        """What was done to what, in words."""
        what = f"{self.service}: {self.victim}" if self.victim else self.service
        return f"{what} {self.action}"

    @property
    def proven(self) -> bool:
        """Whether both the effect and the healing were seen."""
        return bool(self.proof and self.healed is not None and self.healing)
