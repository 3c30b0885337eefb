"""The ports of the services in their containers, which are published on this machine."""

from __future__ import annotations

from noetl_acceptance.sandbox import links
from noetl_acceptance.sandbox.containers.links import CONTROL_PORT

PORTS = {
    "server": 8082,
    "postgres": 5432,
    "nats": 8222,
    "profile-api": 8080,
    "outside": 8080,
    links.SERVICE: CONTROL_PORT,
}

WANTED = frozenset(PORTS) - {"outside", links.SERVICE}
"""Those that every sandbox has."""
