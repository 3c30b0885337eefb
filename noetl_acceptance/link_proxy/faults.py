"""What can be done to a link, and what is told of its traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Link = Literal[
    "worker-server",
    "worker-nats",
    "worker-postgres",
    "worker-profile-api",
    "server-nats",
    "server-postgres",
]
"""Who connects, and to whom."""

LINKS: tuple[Link, ...] = get_args(Link)

Mode = Literal["cut", "silent", "delayed", "throttled"]

Direction = Literal["both", "requests", "answers"]
"""Which bytes: those of who has connected are the requests."""


@dataclass(frozen=True, slots=True)
class LinkFault:
    """What is done to the connections of a link.

    Args:
        mode: ``cut`` resets those that there are, and each new one once it is taken; ``silent``
            takes new ones and closes none, and holds what arrives until the fault is cleared, also
            the news that one side has closed; ``delayed`` passes on everything ``seconds`` after
            its arrival; ``throttled`` passes on ``bytes_per_second``, for all connections together.
        source: the service whose connections are meant; empty for all.
        direction: which bytes; a cut knows both only. Silent answers alone leave their reader not
            knowing what the other side has done.
        seconds: of a delay.
        bytes_per_second: of a throttled link, in each direction.
    """

    mode: Mode
    source: str = ""
    direction: Direction = "both"
    seconds: float = 0.0
    bytes_per_second: int = 0

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise ValueError(f"unknown mode {self.mode!r}; known: {', '.join(get_args(Mode))}")
        if self.direction not in get_args(Direction):
            raise ValueError(f"unknown direction {self.direction!r}")
        if self.mode == "cut" and self.direction != "both":
            raise ValueError("a cut has no direction: use silent")
        if (self.mode == "delayed") != (self.seconds > 0):
            raise ValueError("a delay needs seconds, and nothing else takes them")
        if (self.mode == "throttled") != (self.bytes_per_second > 0):
            raise ValueError("a throttled link needs bytes_per_second, and nothing else takes them")

    def touches(self, direction: Direction) -> bool:
        """Whether bytes of this direction are meant."""
        return self.direction in ("both", direction)

    def to_json(self) -> dict[str, Any]:
        """Return the fault as JSON's types."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> LinkFault:
        """Read a fault from JSON's types.

        Raises:
            ValueError: a value that its field does not take.
            TypeError: an unknown field.
        """
        return cls(**document)


@dataclass(slots=True)
class Traffic:
    """What has come by a link from one service until now.

    What has arrived and is neither passed nor held was lost with its connection.

    Args:
        link: which.
        source: the service that has connected; ``unknown`` where that could not be told.
        opened: how many connections were taken, without those refused.
        open: how many of them are open.
        cut: how many were reset by a cut.
        refused: how many connections were reset as soon as they were taken.
        requests_arrived: bytes from who has connected.
        requests_passed: those handed on.
        answers_arrived: bytes from the other side.
        answers_passed: those handed on.
        requests_held: bytes of open connections that have arrived, and that a fault keeps or has
            kept from passing at once.
        answers_held: likewise.
    """

    link: str
    source: str
    opened: int = 0
    open: int = 0
    cut: int = 0
    refused: int = 0
    requests_arrived: int = 0
    requests_passed: int = 0
    answers_arrived: int = 0
    answers_passed: int = 0
    requests_held: int = 0
    answers_held: int = 0

    def arrived(self, direction: Direction, count: int) -> None:
        """Count bytes that have arrived."""
        if direction == "requests":
            self.requests_arrived += count
        else:
            self.answers_arrived += count

    def passed(self, direction: Direction, count: int) -> None:
        """Count bytes that were passed on."""
        if direction == "requests":
            self.requests_passed += count
        else:
            self.answers_passed += count

    def change_held(self, direction: Direction, count: int) -> None:
        """Count so many more bytes as held; fewer where the number is negative."""
        if direction == "requests":
            self.requests_held += count
        else:
            self.answers_held += count

    def held(self, direction: Direction) -> int:
        """Return how many bytes are held."""
        held = {"requests": self.requests_held, "answers": self.answers_held}
        return sum(held.values()) if direction == "both" else held[direction]
