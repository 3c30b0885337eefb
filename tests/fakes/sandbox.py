"""A sandbox whose services stand as the test says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.link_proxy.faults import Link, LinkFault, Traffic
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox.protocol import Capability, Endpoints, ServiceState
from tests.fakes.clock import FakeClock
from tests.fakes.control import FakeControl
from tests.fakes.noetl import FakeNoetl, Fate

PASSWORD = "s3cret-of-the-run"  # noqa: S105 - made up


@dataclass
class FakeLinks:
    """A proxy by whose links something comes all the time, unless they are unused.

    Args:
        given: what was set, and ``clear``.
        unused: whether nobody has connected.
    """

    given: list[tuple[str, LinkFault] | str] = field(default_factory=list)
    unused: bool = False
    _faults: dict[str, LinkFault] = field(default_factory=dict)

    def set(self, link: Link, fault: LinkFault) -> None:
        self.given.append((link, fault))
        self._faults[link] = fault

    def clear(self) -> None:
        self.given.append("clear")
        self._faults.clear()

    def faults(self, link: Link) -> list[LinkFault]:
        return [self._faults[link]] if link in self._faults else []

    def traffic(self) -> list[Traffic]:
        if self.unused:
            return []
        return [
            Traffic(
                link,
                fault.source or "worker-1",
                refused=fault.mode == "cut",
                requests_held=fault.direction != "answers",
                answers_held=fault.direction == "answers",
            )
            for link, fault in self._faults.items()
        ]


@dataclass(eq=False)
class FakeSandbox:
    """Services without processes, and the NoETL that they make up.

    Args:
        settings: what it is brought up with.
        noetl: in it.
        capabilities: what it has; none for one that somebody else has started.
    """

    settings: Settings
    noetl: FakeNoetl
    capabilities: frozenset[Capability] = frozenset(Capability)
    kind: str = "embedded"
    reason: str = ""
    noetl_version: str = "2.8.9"
    noetl_origin: str = ""
    ready_seconds: float = 1.0
    secrets: Mapping[str, str] = field(default_factory=lambda: {"postgres": PASSWORD})
    closed: bool = False
    refuses_to_close: bool = False
    engine_gone: bool = False
    logs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workers = self.settings.workers
        self.control = FakeControl(self)
        self.links = FakeLinks()
        self.stays = not self.capabilities
        self.endpoints = Endpoints(
            noetl="http://127.0.0.1:1",
            profile_api="http://127.0.0.1:2",
            profile_api_inside="http://127.0.0.1:2",
            profile_api_second="",
            profile_api_tls="",
            database="host=127.0.0.1 dbname=noetl",
            credential={"db_host": "127.0.0.1", "db_password": PASSWORD},
        )
        workers = [f"worker-{number}" for number in range(1, self.workers + 1)]
        names = ["server", *workers, "postgres", "nats", "profile-api"]
        names += ["links"] if self.settings.links else []
        self._states = {name: ServiceState(name, running=True, life="1") for name in names}

    def becomes(self, service: str, **fields: object) -> None:
        """Have a service stand otherwise from now on."""
        self._states[service] = replace(self._states[service], **fields)  # type: ignore[arg-type]

    def adds(self, service: str) -> None:
        """Have one more service from now on."""
        self._states[service] = ServiceState(service, running=True, life="1")

    def states(self) -> list[ServiceState]:
        if self.engine_gone:
            raise SandboxError("the Docker engine does not answer")
        return list(self._states.values()) if self.capabilities else []

    def processes(self) -> dict[str, list[int]]:
        return {}

    def log(self, service: str) -> Iterator[str]:
        return iter([f"Starting V2 worker {service}"])

    def new_logs(self) -> dict[str, Iterator[str]]:
        logs, self.logs = self.logs, {}
        return {service: iter([text]) for service, text in logs.items()}

    def log_tail(self, service: str, _lines: int = 20) -> list[str]:
        return [f"the last line of {service}"]

    def close(self) -> None:
        self.closed = True
        if self.refuses_to_close:
            raise SandboxError("a container could not be removed")


def fake_sandbox(settings: Settings, clock: FakeClock, fates: list[Fate]) -> FakeSandbox:
    """Return a sandbox of the suite's own."""
    return FakeSandbox(settings, FakeNoetl(clock, fates))
