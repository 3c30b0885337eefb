"""What every kind of sandbox offers; nothing here knows what a traveler is."""

from __future__ import annotations

import secrets
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal, Protocol

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox.control import ServiceControl

SIGNALLED = 128
"""What a shell and a container engine add to the signal that ended a process."""

MOST_SIGNAL = 64
"""No signal has a greater number: 255 is an ``exit(-1)``."""

CRASHES = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP}
)
"""The signals that a process brings upon itself."""


class Capability(Enum):
    """What a sandbox may lack, in the words for what is then out of reach."""

    LOGS = "the services' logs"
    FRESH_WORKERS = "workers of a scenario's own"
    SINK = "a record of what the services send outside"
    SECOND_ADDRESS = "a second address of the profile API"
    TLS = "the profile API over TLS"
    OUTSIDE = "a place outside of the sandbox"
    FAULTS = "services that may be ended, frozen and started again"
    UPDATES = "services that may be started again with the programs of another release"


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service of the sandbox as its engine or operating system sees it.

    ``exit_code`` is None while the service runs, and where nobody has seen it end. A negative one,
    and one of 129 to 192, names the signal that ended the service: -9 and 137 are both KILL.
    ``life`` is another text after a restart. ``frozen`` is a service that somebody has stopped or
    paused. ``out_of_memory`` is whose memory ran out where that ended it.
    """

    name: str
    running: bool
    exit_code: int | None = None
    life: str = ""
    frozen: bool = False
    out_of_memory: Literal["", "sandbox", "host"] = ""

    @property
    def signal(self) -> int:
        """The number of the signal that ended it; 0 where none did."""
        code = self.exit_code or 0
        number = -code if code < 0 else code - SIGNALLED
        return number if 1 <= number <= MOST_SIGNAL else 0

    @property
    def cause(self) -> Literal["", "itself", "outside", "unseen"]:
        """Why it does not run: by itself, by somebody else's doing, or with nobody who can tell."""
        if self.running:
            return "outside" if self.frozen else ""
        if self.out_of_memory:
            return "itself" if self.out_of_memory == "sandbox" else "outside"
        if not self.exit_code:  # 0 is what a service says that was asked to end, by whomever
            return "unseen"
        return "outside" if self.signal and self.signal not in CRASHES else "itself"

    @property
    def told(self) -> str:
        """The state in words, to stand after the name."""
        if self.running:
            return "is frozen (stopped or paused)" if self.frozen else "is up"
        if self.exit_code is None:
            return "has ended"
        if self.out_of_memory:
            return f"was ended for lack of the {self.out_of_memory}'s memory"
        if self.signal:
            return f"was ended by {signal_name(self.signal)} (exit code {self.exit_code})"
        return f"exited with code {self.exit_code}"


def signal_name(number: int) -> str:
    """Return a signal's name, or its number in words where it has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of the services; URLs have no trailing slash.

    ``profile_api`` is the profile API as the suite reaches it; ``…_inside`` as NoETL's workers do,
    ``…_second`` the same at another port, which makes it another origin to an HTTP client, and
    ``…_tls`` over TLS, under a certificate that the workers trust; these two are empty where the
    sandbox lacks the capability.
    ``control_token`` is what the profile API's control endpoints ask for, empty for nothing.
    ``database`` is a psycopg conninfo and ``credential`` the payload of a NoETL ``postgres``
    credential (``db_host``, ``db_port``, ``db_user``, ``db_password``, ``db_name``) for the same
    database as NoETL's workers reach it. These three are secret: they are kept out of repr.
    """

    noetl: str
    profile_api: str
    profile_api_inside: str
    profile_api_second: str
    profile_api_tls: str
    database: str = field(repr=False)
    credential: Mapping[str, str] = field(repr=False)
    control_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Outside:
    """A server outside of the sandbox, as reached from ``here``, the suite, and from ``there``.

    ``there`` is the address that NoETL's workers would use, were they not cut off. The server is
    a profile API of its own.
    """

    here: str
    there: str


class Sandbox(Protocol):
    """A NoETL server, its workers, Postgres, NATS and the profile API, up and ready."""

    reason: str
    """Why ``auto`` took this kind and not compose, or what it is attached to; empty else."""
    settings: Settings
    """What another sandbox of the same sort is brought up with."""
    capabilities: frozenset[Capability]
    stays: bool
    """Whether it outlives this run."""
    endpoints: Endpoints
    workers: int
    noetl_version: str
    """The version that is installed where the server runs, not the one asked for."""
    noetl_origin: str
    """Where a wheel's or a checkout's code comes from; empty for a release."""
    ready_seconds: float
    """From the start of the first service until all answered and every worker had subscribed."""

    @property
    def kind(self) -> str:
        """``compose``, ``embedded`` or ``attach``."""
        ...

    def states(self) -> list[ServiceState]:
        """Return the state of every service, workers one by one (``worker-1`` …)."""
        ...

    def processes(self) -> Mapping[str, Sequence[int]]:
        """Return the ids of each service's processes on this machine, children included.

        Services whose processes are out of sight are missing.
        """
        ...

    @property
    def secrets(self) -> Mapping[str, str]:
        """The passwords made for this sandbox, by what they are for."""
        ...

    def log(self, service: str) -> Iterator[str]:
        """Yield the whole log of a service as it stands, raw, in parts of whole lines."""
        ...

    def new_logs(self) -> Mapping[str, Iterator[str]]:
        """Return the whole lines that each service has logged since the last time; raw, in parts.

        What of them is not read comes again the next time.
        The first time these are all since the sandbox's start, or since this run attached to it.
        """
        ...

    def log_tail(self, service: str, lines: int = 20) -> list[str]:
        """Return the last lines of a service's log without passwords; empty when there is none."""
        ...

    def open_outside(self) -> Outside:
        """Start a server that is outside of the sandbox and yet on this machine, once.

        Raises:
            SandboxError: it did not come up.
        """
        ...

    @property
    def control(self) -> ServiceControl:
        """What can be done to the services.

        Raises:
            NotJudgedError: the suite did not start them, or they are local processes of another
                run, which alone knows how they are started.
        """
        ...

    @property
    def links(self) -> LinkProxy:
        """The proxy in the links between the services.

        Raises:
            NotJudgedError: the suite did not start them.
            SuiteError: they were started without one (``Settings.links``).
        """
        ...

    def close(self) -> None:
        """Save the logs, then stop and remove all that this sandbox started, unless it stays.

        Safe to call twice.
        """
        ...


def require(sandbox: Sandbox, capability: Capability, why: str = "") -> None:
    """Go on only where a sandbox has a capability.

    Args:
        sandbox: which.
        capability: what is needed of it.
        why: what for, where that is not plain.

    Raises:
        NotJudgedError: it lacks it.
    """
    if capability in sandbox.capabilities:
        return
    needed = f"{capability.value}, {why}" if why else capability.value
    if capability is Capability.UPDATES and sandbox.kind == "compose":
        raise NotJudgedError(f"the compose sandbox has none: {needed}; embedded has them")
    raise NotJudgedError(f"out of reach at a NoETL that this run did not start: {needed}")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where one behave run keeps what it records (``runs/RUN_ID``)."""

    run_id: str
    path: Path
    sandbox: int = 1
    """Which sandbox of the run this is, from 1."""

    @classmethod
    def new(cls, runs: Path) -> RunFolder:
        """Return the folder of a new run, not made yet.

        Args:
            runs: the folder in which each run has its own.
        """
        run_id = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)
        return cls(run_id, runs / run_id)

    @property
    def sandbox_id(self) -> str:
        """What names this sandbox on the machine, unique: processes, containers, files."""
        return self.run_id if self.sandbox == 1 else f"{self.run_id}-{self.sandbox}"

    @property
    def data(self) -> Path:
        """Where the sandbox keeps what does not outlive it."""
        return self.path / ("data" if self.sandbox == 1 else f"data-{self.sandbox}")

    @property
    def logs(self) -> Path:
        """The services' logs, one file a service (``logs/server.log``, later ``logs-2/…``)."""
        return self.path / ("logs" if self.sandbox == 1 else f"logs-{self.sandbox}")

    @property
    def command_line(self) -> Path:
        """What is recorded of NoETL's command line, and its home."""
        return self.path / ("cli" if self.sandbox == 1 else f"cli-{self.sandbox}")

    def for_next_sandbox(self) -> RunFolder:
        """Return the same folder with a place of its own for the next sandbox's logs."""
        return RunFolder(self.run_id, self.path, self.sandbox + 1)
