"""What a sandbox needs to know of a generation of NoETL to start its services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from noetl_acceptance.options import Settings

DATABASE = "noetl"
USER = "noetl"

ALL_WORKERS = 0
"""Stands for a worker's number where all workers start with the same variables."""


@dataclass(frozen=True, slots=True)
class Backends:
    """Where NoETL finds Postgres and NATS, as it sees them itself."""

    postgres_host: str
    postgres_port: int
    nats_host: str
    nats_port: int
    postgres_password: str = field(repr=False)
    nats_password: str = field(repr=False)

    @property
    def nats_url(self) -> str:
        """NATS with user and password."""
        return f"nats://{USER}:{self.nats_password}@{self.nats_host}:{self.nats_port}"

    @property
    def credential(self) -> dict[str, str]:
        """The payload of a NoETL ``postgres`` credential for the same database."""
        return {
            "db_host": self.postgres_host,
            "db_port": str(self.postgres_port),
            "db_user": USER,
            "db_password": self.postgres_password,
            "db_name": DATABASE,
        }


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the services of one sandbox share.

    Args:
        backends: Postgres and NATS.
        server_url: the server's address as the workers see it.
        listen: the server's own address, host and port.
        data_folder: where NoETL may write.
        encryption_key: what the server encrypts credentials with: base64 of 32 bytes.
    """

    backends: Backends
    server_url: str
    listen: tuple[str, int]
    data_folder: str
    encryption_key: str = field(repr=False)


class Services(Protocol):
    """How the server and the workers of one generation are started."""

    @property
    def workers_need_server(self) -> bool:
        """Whether a worker ends where no server answers when it starts."""
        ...

    def server_command(self, surroundings: Surroundings) -> Sequence[str]:
        """Return the program and arguments of the server."""
        ...

    def worker_command(self, surroundings: Surroundings) -> Sequence[str]:
        """Return the program and arguments of a worker."""
        ...

    def variables(self, surroundings: Surroundings) -> dict[str, str]:
        """Return the environment variables of the server and of the workers."""
        ...

    def server_variables(self, surroundings: Surroundings) -> dict[str, str]:
        """Return what the server has besides ``variables``, and no worker needs to know."""
        ...

    def worker_variables(self, number: int, settings: Settings) -> dict[str, str]:
        """Return what one worker has besides ``variables``.

        Args:
            number: of the worker, from 1, or ``ALL_WORKERS``.
            settings: how many commands it takes at a time, and the workers' own variables.
        """
        ...
