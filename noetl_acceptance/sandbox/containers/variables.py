"""The environment variables of NoETL's containers."""

from __future__ import annotations

from collections.abc import Mapping

from noetl_acceptance.generations.services import ALL_WORKERS, Services
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox.links import SERVICE, Views
from noetl_acceptance.sandbox.proxies import NO_PROXY, proxy_variables
from noetl_acceptance.sandbox.tls import TRUST_VARIABLE

_HOSTS = ("server", "postgres", "nats", "profile-api", SERVICE, "localhost", "127.0.0.1")
_SINK = "http://profile-api:3128"


def of_noetl(
    services: Services, views: Views, settings: Settings, own: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of the server and of the workers.

    Args:
        services: how they are started.
        views: what each side connects to.
        settings: of the sandbox.
        own: the settings of NoETL that are the user's own.
    """
    return {
        **services.variables(views.workers),
        **own,
        **NO_PROXY,
        **(proxy_variables(_SINK, _HOSTS) if settings.isolated else {}),
        **services.worker_variables(ALL_WORKERS, settings),
        TRUST_VARIABLE: "/etc/noetl-acceptance/ca.pem",  # as compose.yaml mounts it
    }


def of_server(services: Services, views: Views, own: Mapping[str, str]) -> dict[str, str]:
    """Return what the server has besides, or in place of that; arguments as for ``of_noetl``."""
    workers = services.variables(views.workers)
    mine = services.variables(views.server)
    differing = {name: value for name, value in mine.items() if workers.get(name) != value}
    return {**differing, **services.server_variables(views.server), **own}
