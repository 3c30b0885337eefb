"""What the services of a sandbox connect to: each other, or a proxy in the links between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from noetl_acceptance.generations.services import Backends, Surroundings
from noetl_acceptance.link_proxy.faults import Link

Address = tuple[str, int]

Addresses = Mapping[Link, Address]
"""Where the clients of each link find what they connect to."""

SERVICE = "links"
"""The name of the proxy among a sandbox's services."""


def direct(backends: Backends, server: Address, profile_api: Address) -> Addresses:
    """Return the addresses of the services themselves."""
    postgres = (backends.postgres_host, backends.postgres_port)
    nats = (backends.nats_host, backends.nats_port)
    return {
        "worker-server": server,
        "worker-nats": nats,
        "worker-postgres": postgres,
        "worker-profile-api": profile_api,
        "server-nats": nats,
        "server-postgres": postgres,
    }


def url(address: Address) -> str:
    """Return the URL of an HTTP service."""
    host, port = address
    return f"http://{host}:{port}"


def proxy_arguments(targets: Addresses, ports: Mapping[Link, int]) -> list[str]:
    """Return what the proxy is told of each link: the port to bind, and the target."""
    return [f"{link}={ports[link]}:{host}:{port}" for link, (host, port) in targets.items()]


@dataclass(frozen=True, slots=True)
class Views:
    """The surroundings as the server sees them, and as the workers do."""

    server: Surroundings
    workers: Surroundings


def views(surroundings: Surroundings, addresses: Addresses) -> Views:
    """Return the surroundings with what each side connects to.

    The server's URL is the workers' for both: the server hands it out with each command.
    """
    shared = replace(surroundings, server_url=url(addresses["worker-server"]))
    server = (addresses["server-postgres"], addresses["server-nats"])
    return Views(
        replace(shared, backends=_at(surroundings.backends, *server)),
        replace(shared, backends=as_workers_see(surroundings.backends, addresses)),
    )


def as_workers_see(backends: Backends, addresses: Addresses) -> Backends:
    """Return Postgres and NATS where the workers connect to them."""
    return _at(backends, addresses["worker-postgres"], addresses["worker-nats"])


def _at(backends: Backends, postgres: Address, nats: Address) -> Backends:
    (postgres_host, postgres_port), (nats_host, nats_port) = postgres, nats
    return replace(
        backends,
        postgres_host=postgres_host,
        postgres_port=postgres_port,
        nats_host=nats_host,
        nats_port=nats_port,
    )
